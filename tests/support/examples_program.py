"""A program of the examples as a process: what it prints, and that nothing of it stays."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300  # generous: 25 s on an idle machine with two cores
MARK = "RL_PROGRAM_TEST"


class Program:
    """A program that runs, with everything that it starts marked by a variable."""

    def __init__(self, temporary: Path, module: str, *arguments: str, **variables: str) -> None:
        self.temporary = temporary
        temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, MARK: str(temporary), "TMPDIR": str(temporary), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, text: str) -> None:
        """Read what it prints until a line holds the text."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        pytest.fail(f"{text!r} was never printed:\n{self.output}")

    def finish(self) -> int:
        """Read the rest and return the exit code."""
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.output += rest
        return self.process.returncode

    def assert_nothing_is_left(self) -> None:
        """No process, no listening socket, no temporary file."""
        deadline = time.monotonic() + 10
        while (left := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == [], left  # pytest does not rewrite this module
        kept = sorted(str(path) for path in self.temporary.rglob("*"))
        assert kept == [], kept
        for port in re.findall(r"ready at http://127\.0\.0\.1:(\d+)", self.output):
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", int(port))) != 0

    def _processes(self) -> list[str]:
        mark = f"{MARK}={self.temporary}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has ended, or is not ours to look at
        return found
