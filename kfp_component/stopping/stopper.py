"""Stopping the execution the moment the step is told to end.

A pod's process lives for at most a second after SIGTERM, whatever the grace period: KFP's launcher,
its parent, dies of the signal at once, and Argo's emissary ends the container soon after. So
StopExecution is called before anything is printed, on the connection that polling keeps warm, from
a thread that no blocking call of the main thread can hold up.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable

from kfp_component.aws.clients import Aws
from kfp_component.errors import ExitCode
from kfp_component.stopping.request import STOPPED_BY_USER, STOPPED_WITH_POD, StopRequest

# What `python -m kfp_component.stop` sends: a person ended the run, so the training ends too.
STOP_SIGNAL = signal.SIGUSR1

_SIGNALS = (signal.SIGTERM, signal.SIGINT, STOP_SIGNAL)
_LAST_WORDS_SECONDS = 0.3


class Stopper:
    """Ends the execution and the process when a signal comes.

    Args:
        aws: Where to stop the execution.
        stop_on_sigterm: False if SIGTERM is to end the process only: the training goes on, and the
            task's retry joins it. SIGINT and STOP_SIGNAL always stop the execution.
        last_words: Called with what was done, once it was done.
        leave: Ends the process.
    """

    def __init__(
        self,
        aws: Aws,
        stop_on_sigterm: bool,
        last_words: Callable[[str], None],
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._aws = aws
        self._stop_on_sigterm = stop_on_sigterm
        self._last_words = last_words
        self._leave = leave
        self._target: str | None = None
        self._starting = False
        self._requested = threading.Event()

    def install(self) -> None:
        """Take over SIGTERM, SIGINT and STOP_SIGNAL; call once, from the main thread."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        # The interpreter's C handler writes the signal's number at once, even while the main thread
        # is deep in a call; Python handlers would wait for it to return to bytecode.
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: None)
        threading.Thread(target=self._wait_for_signal, args=(reader,), daemon=True).start()

    def aim(self, execution_arn: str, *, starting: bool = False) -> None:
        """Say which execution a signal is to stop, if it exists.

        Does not return once a signal has come: nothing may be started any more.

        Args:
            execution_arn: Which one.
            starting: Whether it is about to be started, so that it may exist at any moment until
                `started` is called.
        """
        self._starting = starting
        self._target = execution_arn
        self.give_way()

    def give_way(self) -> None:
        """Let a signal that has come end the process; return at once where none has."""
        while self._requested.is_set():
            time.sleep(1)

    def started(self) -> None:
        """Say that StartExecution has answered."""
        self._starting = False

    def handle(self, number: int) -> None:
        """Do what the signal asks for and end the process with 143."""
        self._requested.set()
        if self._target is None:
            said = "Stopped before an execution was started."
        elif number == signal.SIGTERM and not self._stop_on_sigterm:
            said = (
                "This pod was told to end (SIGTERM). stop_on_sigterm is false, so the training "
                f"goes on; a retry of this task joins it: {self._target}"
            )
        elif self._stop(self._target, signal.Signals(number)):
            said = f"Stopped on {signal.Signals(number).name}: {self._target}"
        else:
            said = f"Could not stop {self._target}; stop it in the Step Functions console."
        self._say_within(said, _LAST_WORDS_SECONDS)
        self._leave(ExitCode.STOPPED)

    def _wait_for_signal(self, reader: int) -> None:
        while True:
            for number in os.read(reader, 16):
                if number in _SIGNALS:
                    self.handle(number)

    def _stop(self, execution_arn: str, reason: signal.Signals) -> bool:
        return StopRequest(
            self._aws,
            execution_arn,
            STOPPED_WITH_POD if reason == signal.SIGTERM else STOPPED_BY_USER,
            f"The Kubeflow Pipelines step was told to end ({reason.name}).",
            starting=lambda: self._starting,
        ).send()

    def _say_within(self, text: str, seconds: float) -> None:
        """Speak in a thread: standard output may be closed, or full with nobody reading it."""

        def speak() -> None:
            with contextlib.suppress(OSError, ValueError):
                self._last_words(text)

        speaker = threading.Thread(target=speak, daemon=True)
        speaker.start()
        speaker.join(seconds)
