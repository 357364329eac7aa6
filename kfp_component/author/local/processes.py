"""The processes of a pipeline's steps, none of which outlives the run.

Each step leads a session of its own, so that whatever it starts can be ended with it; therefore the
terminal's Ctrl-C reaches this process only, which hands it on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType

PATIENCE_SECONDS = 15.0
"""How long a step has between a signal and SIGKILL. The launcher needs a second to stop its job."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StepProcesses:
    """Starts steps, and ends those that still run when a signal ends this program."""

    def __init__(self) -> None:
        # Signal handlers run in the main thread only: they never see a step half started.
        self._starter = ThreadPoolExecutor(1)
        self._running: set[Future[subprocess.Popen[str]]] = set()
        self._signal = 0

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        read: Callable[[Iterable[str]], None],
    ) -> int:
        """Run a command, have the lines read that it prints, and return its exit code."""
        started = self._starter.submit(_start, command, environment)
        self._running.add(started)
        process = started.result()
        try:
            if self._signal:
                _signal(process, self._signal)
            assert process.stdout is not None
            with process.stdout:
                read(process.stdout)
            return process.wait()
        finally:
            _end(process)
            self._running.discard(started)

    @contextlib.contextmanager
    def ended_by_signals(self) -> Iterator[None]:
        """Hand a signal on to the steps, and end this program by it when they have ended.

        A second one ends them at once. Signals are a matter of the main thread: in another thread
        nothing changes.
        """
        before = {}
        if threading.current_thread() is threading.main_thread():
            handlers = {int(number): signal.getsignal(number) for number in _SIGNALS}
            ignored = (signal.SIG_IGN, None)  # None: not set by Python, and cannot be set back
            before = {n: handler for n, handler in handlers.items() if handler not in ignored}
        try:
            for number in before:
                signal.signal(number, self._hand_on)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._signal:
                signal.raise_signal(self._signal)

    def _hand_on(self, number: int, _frame: FrameType | None) -> None:
        if self._signal:
            self._send(signal.SIGKILL)
            return
        self._signal = number
        self._send(number)
        killer = threading.Timer(PATIENCE_SECONDS, self._send, [signal.SIGKILL])
        killer.daemon = True
        killer.start()

    def _send(self, number: int) -> None:
        for started in list(self._running):
            _signal(started.result(), number)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """End a step and whatever it has started: politely, then with SIGKILL."""
    try:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only ended ones left
        os.killpg(process.pid, number)
