"""Find processes by a mark in their environment, and kill them.

Children inherit the environment, so a mark finds what has left the process group too: daemons,
sessions of their own. It needs `/proc`; elsewhere nothing is found and process groups must do.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

SERVER_MARK = "LOCAL_AWS_SERVER"
"""Environment variable that every process below one server carries; its value is the server's."""

JOB_MARK = "LOCAL_AWS_JOB"
"""Environment variable that every process of one host of a training job carries."""


def marked_processes(mark: str, value: str) -> Iterator[int]:
    """Yield the ids of the processes whose environment has this mark, without the caller's own."""
    wanted = f"{mark}={value}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found = wanted in (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile, or another user's
            continue
        if found and int(entry.name) != os.getpid():
            yield int(entry.name)


def kill_marked(mark: str, value: str, *, rounds: int = 5) -> None:
    """SIGKILL every process with this mark; again for those born meanwhile, a few rounds long."""
    for _ in range(rounds):
        found = list(marked_processes(mark, value))
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if not found:
            return
