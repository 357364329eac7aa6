"""Outlives the server for a moment, so that nothing else does, not even after ``kill -9``.

Run by the server as a process of its own; it waits for the end of its standard input, which only
the server holds open, and then cleans up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import local_aws
from local_aws.process_cleanup import clean_up

_EXIT_SECONDS = 2.0


class Watchdog:
    """Starts the watching process.

    Args:
        server: the server's mark.
        state_dir: the server's directory.
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
        """Let it finish, and wait for that."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean_up(sys.argv[1], Path(sys.argv[2]))
