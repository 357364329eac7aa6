"""What the person who waits sees: plain lines, one per event.

Kubeflow's log view paints a line red that contains "error" or "fail" and yellow one that contains
"warn", so a line about a healthy run has none of these words in it.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TextIO

from kfp_component.durations import duration, number


class View(Protocol):
    """Shows a run to a person."""

    def say(self, text: str) -> None:
        """Shows a line of the launcher's own."""

    def log(self, host: str, line: str) -> None:
        """Shows a line of the training job's log."""

    def status(self, name: str, since: float, note: str) -> None:
        """Shows that the training job entered a status, ``since`` seconds after the start."""

    def still(self, name: str, age: float, lines: int, metrics: Mapping[str, float]) -> None:
        """Shows that the run goes on."""

    def close(self) -> None:
        """Ends the view."""


class PlainView:
    """Prints lines; standard output may be closed at any time, which changes nothing else.

    Args:
        stream: Where to print; standard output unless a test says otherwise.

    Attributes:
        name_hosts: Whether each log line begins with its host; for jobs of several hosts.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.name_hosts = False

    def say(self, text: str) -> None:
        """Prints a line of the launcher's own."""
        self._print(f"[rl] {text}")

    def log(self, host: str, line: str) -> None:
        """Prints a line of the training job's log, with its host if there are several."""
        self._print(f"{host} | {line}" if self.name_hosts else line, flush=False)

    def status(self, name: str, since: float, note: str) -> None:
        """Prints the status that begins."""
        self.say(f"{name} ({duration(since)} after the start){': ' + note if note else ''}")

    def still(self, name: str, age: float, lines: int, metrics: Mapping[str, float]) -> None:
        """Prints a heartbeat with the newest metrics."""
        values = ", ".join(f"{key} {number(value)}" for key, value in list(metrics.items())[:4])
        self.say(
            f"{name}, {duration(age)} so far, {lines} log lines" + (f"; {values}" if values else "")
        )

    def flush(self) -> None:
        """Hands what was printed to whoever reads."""
        self._guarded(self._stream.flush)

    def close(self) -> None:
        """Prints what is left."""
        self.flush()

    def _print(self, text: str, flush: bool = True) -> None:
        self._guarded(lambda: print(text, file=self._stream, flush=flush))

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except (OSError, ValueError):
            # The reader is gone. Training is not: go on in silence.
            with contextlib.suppress(OSError):
                self._stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
