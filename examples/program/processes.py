"""Child processes that never outlive this one: started, watched, and ended with all they started.

Each child is the leader of a session of its own, so a Ctrl-C in the terminal reaches only this
process, which then ends the children in order: the last first, each with whatever it started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

PATIENCE_SECONDS = 15.0
"""How long a child has, and whatever it started, between SIGTERM and SIGKILL."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked this process to end.

    Attributes:
        exit_code: What a shell expects of a process that ended so: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class Children:
    """The child processes; leaving the context ends those that still run.

    From its creation on, SIGINT, SIGTERM and SIGHUP raise `Interrupted` in the main thread; once
    the context is being left, they are ignored.
    """

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []
        self._deferring = False
        self._pending: int | None = None
        for number in _SIGNALS:
            signal.signal(number, self._interrupt)

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._deferring = True
        for process in reversed(self._running.copy()):
            _end(process)
            self._forget(process)

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        directory: Path,
        output: IO[str] | int,
    ) -> subprocess.Popen[str]:
        """Start a child.

        Args:
            command: The program and its arguments.
            environment: All of its environment variables.
            directory: Where it runs.
            output: Where its standard output and its standard error go together: an open file, or
                `subprocess.PIPE`.
        """
        # A signal between the start and the list would leave a child that nobody ends.
        self._deferring = True
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._running.append(process)
        self._deferring = False
        if self._pending is not None:
            raise Interrupted(self._pending)
        return process

    def wait(self, process: subprocess.Popen[str]) -> int:
        """Wait for a child, end what it left running, and return its exit code."""
        code = process.wait()
        if _group_exists(process):
            _signal(process, signal.SIGKILL)
        self._forget(process)
        return code

    def _forget(self, process: subprocess.Popen[str]) -> None:
        # Its id may soon be another process's.
        self._running.remove(process)
        if process.stdout is not None:
            process.stdout.close()

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        if self._deferring:
            self._pending = number
        else:
            raise Interrupted(number)


def _end(process: subprocess.Popen[str]) -> None:
    """End a child and its process group: politely, then with SIGKILL."""
    if _group_exists(process):
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _group_exists(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    if _group_exists(process):
        _signal(process, signal.SIGKILL)
    process.wait()


def _group_exists(process: subprocess.Popen[str]) -> bool:
    process.poll()  # a child that has ended counts until it was waited for
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):  # macOS: only ended processes are left
        return False
    return True


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
