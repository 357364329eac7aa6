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


class Snapshot(Protocol):
    """How a run is at a moment."""

    @property
    def status(self) -> str:
        """What it does, in a few words."""

    @property
    def words(self) -> str:
        """What else there is to say."""

    @property
    def share(self) -> float | None:
        """What part of it is done, from 0 to 1; None if that is not known."""

    @property
    def line(self) -> str:
        """All of it on a line."""


@dataclass(frozen=True)
class TrainingSnapshot:
    """How a training is at a moment.

    Attributes:
        status: SageMaker's secondary status.
        age: How long the execution has been running, in seconds.
        lines: How many log lines there were.
        metrics: The newest value of each metric.
        progress: The script's own count of its steps; '' if it tells none.
        share: What part of them is done, from 0 to 1; None if it tells none.
    """

    status: str
    age: float
    lines: int
    metrics: Mapping[str, float]
    progress: str = ""
    share: float | None = None

    @property
    def words(self) -> str:
        """How long it has been running, and what its log has told."""
        values = list(self.metrics.items())[:_SHOWN_METRICS]
        return "; ".join(
            filter(
                None,
                (
                    f"{duration(self.age)} so far, {self.lines} log lines",
                    self.progress,
                    ", ".join(f"{name} {number(value)}" for name, value in values),
                ),
            )
        )

    @property
    def line(self) -> str:
        """All of it on a line."""
        return f"{self.status}, {self.words}"


class View(Protocol):
    """Shows a run to a person."""

    @property
    def heartbeat_seconds(self) -> float:
        """How often to call `still`."""

    def say(self, text: str) -> None:
        """Show a line of the launcher's own."""

    def log(self, host: str, line: str) -> None:
        """Show a line of the training job's log; `host` is '' if there is only one."""

    def status(self, name: str, detail: str) -> None:
        """Show that the training job entered a status."""

    def still(self, snapshot: Snapshot) -> None:
        """Show that the run goes on."""

    def flush(self) -> None:
        """Hand the log lines shown so far to whoever reads."""

    def close(self) -> None:
        """End the view."""


class PlainView:
    """Print lines; standard output may be closed at any time, which changes nothing else.

    Args:
        stream: Where to print; standard output unless a test says otherwise.
    """

    heartbeat_seconds = 60.0

    def __init__(self, stream: TextIO | None = None) -> None:
        # None if the process was started with standard output closed.
        self._stream: TextIO | None = stream or sys.stdout

    def say(self, text: str) -> None:
        """Print a line of the launcher's own."""
        self._print(f"[rl] {text}")

    def log(self, host: str, line: str) -> None:
        """Print a line of the training job's log, with its host if it is one of several."""
        self._print(f"{host} | {line}" if host else line, flush=False)

    def status(self, name: str, detail: str) -> None:
        """Print the status that begins."""
        self.say(f"{name} {detail}")

    def still(self, snapshot: Snapshot) -> None:
        """Print a heartbeat with the newest metrics."""
        self.say(snapshot.line)

    def flush(self) -> None:
        """Hand what was printed to whoever reads: a thousand lines are one write."""
        if self._stream is not None:
            self._guarded(self._stream.flush)

    def close(self) -> None:
        """Print what is left."""
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
