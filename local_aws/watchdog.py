"""Outlives the server for a moment, so that nothing else does, not even after `kill -9`.

Run by the server as a process of its own; it waits for the end of its standard input, which only
the server holds open, and then cleans up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import local_aws
from local_aws.process_cleanup import clean_up

_WAIT = "import os, sys; os.waitpid(int(sys.argv[1]), 0)"


class Watchdog:
    """Starts the watching process.

    Args:
        server: The server's mark.
        state_dir: The server's directory.
    """

    def __init__(self, server: str, state_dir: Path) -> None:
        packages = str(Path(local_aws.__file__).parents[1])
        self._process = subprocess.Popen(
            # -S: it needs nothing but this package, and starts in half the time without site.
            [sys.executable, "-S", "-m", __name__, server, str(state_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": packages, "PATH": os.defpath},
            start_new_session=True,  # Ctrl-C is for the server alone
        )

    def dismiss(self) -> None:
        """Let it clean up after a server that never served, and wait for that."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def take_over(self) -> NoReturn:
        """Let it clean up, and end this process with exit code 0 once it has.

        Another program takes this process's place, for only that ends every thread at once: one
        that unpacks a function would write to the directory again after it has been removed.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        sys.stdout.flush()
        wait = [sys.executable, "-S", "-c", _WAIT, str(self._process.pid)]
        os.execve(sys.executable, wait, {"PATH": os.defpath})  # without the mark of what is killed


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean_up(sys.argv[1], Path(sys.argv[2]))
