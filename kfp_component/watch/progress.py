"""What the person who waits sees: plain lines, one per event.

Kubeflow's log view paints a line red that contains "error" or "fail" and yellow one that contains
"warn", so a line about a healthy run has none of these words in it.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TextIO

from kfp_component.durations import duration, number

_SHOWN_METRICS = 4


@dataclass(frozen=True)
class Snapshot:
    """How a run is at a moment.

    Attributes:
        status: SageMaker's secondary status.
        age: How long the execution has been running, in seconds.
        limit: How long the training job may run, in seconds; 0 if that is not known.
        lines: How many log lines there were.
        metrics: The newest value of each metric.
    """

    status: str
    age: float
    limit: int
    lines: int
    metrics: Mapping[str, float]


class View(Protocol):
    """Shows a run to a person."""

    @property
    def heartbeat_seconds(self) -> float:
        """How often to call ``still``."""

    def say(self, text: str) -> None:
        """Shows a line of the launcher's own."""

    def log(self, host: str, line: str) -> None:
        """Shows a line of the training job's log; ``host`` is '' if there is only one."""

    def status(self, name: str, detail: str) -> None:
        """Shows that the training job entered a status."""

    def still(self, snapshot: Snapshot) -> None:
        """Shows that the run goes on."""

    def flush(self) -> None:
        """Hands the log lines shown so far to whoever reads."""

    def close(self) -> None:
        """Ends the view."""


def newest(metrics: Mapping[str, float]) -> str:
    """Writes the first metrics, to follow something else; '' if there are none."""
    values = [f"{name} {number(value)}" for name, value in list(metrics.items())[:_SHOWN_METRICS]]
    return "; " + ", ".join(values) if values else ""


class PlainView:
    """Prints lines; standard output may be closed at any time, which changes nothing else.

    Args:
        stream: Where to print; standard output unless a test says otherwise.
    """

    heartbeat_seconds = 60.0

    def __init__(self, stream: TextIO | None = None) -> None:
        # None if the process was started with standard output closed.
        self._stream: TextIO | None = stream or sys.stdout

    def say(self, text: str) -> None:
        """Prints a line of the launcher's own."""
        self._print(f"[rl] {text}")

    def log(self, host: str, line: str) -> None:
        """Prints a line of the training job's log, with its host if it is one of several."""
        self._print(f"{host} | {line}" if host else line, flush=False)

    def status(self, name: str, detail: str) -> None:
        """Prints the status that begins."""
        self.say(f"{name} {detail}")

    def still(self, snapshot: Snapshot) -> None:
        """Prints a heartbeat with the newest metrics."""
        self.say(
            f"{snapshot.status}, {duration(snapshot.age)} so far, {snapshot.lines} log lines"
            f"{newest(snapshot.metrics)}"
        )

    def flush(self) -> None:
        """Hands what was printed to whoever reads: a thousand lines are one write."""
        if self._stream is not None:
            self._guarded(self._stream.flush)

    def close(self) -> None:
        """Prints what is left."""
        self.flush()

    def _print(self, text: str, flush: bool = True) -> None:
        self._guarded(lambda: print(text, file=self._stream, flush=flush))

    def _guarded(self, action: Callable[[], object]) -> None:
        if self._stream is None:
            return
        try:
            action()
        except (OSError, ValueError):
            # The reader is gone. Training is not: go on in silence. What is still buffered has to
            # go somewhere, or the interpreter ends with 120 when it cannot be written.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._stream = None
