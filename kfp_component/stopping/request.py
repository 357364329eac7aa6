"""Asking Step Functions to stop an execution, until it answers."""

import threading
import time
from collections.abc import Callable

from kfp_component.aws.clients import Aws
from kfp_component.aws.errors import CallErrorKind, error_code, kind_of

# The error of an execution that was stopped because its pod had to go, and for a person's wish.
STOPPED_WITH_POD = "StoppedWithPod"
STOPPED_BY_USER = "StoppedByUser"

_NOT_THERE = "ExecutionDoesNotExist"
# A second request is sent while the first is unanswered: its connection may be dead.
_HEDGE_SECONDS = 0.5
_PATIENCE_SECONDS = 25.0
_TRIES = 20
_PAUSE_SECONDS = 0.05


class StopRequest:
    """One execution that is to be stopped, as fast as the network allows.

    Args:
        aws: Where it runs.
        execution_arn: Which one.
        error: The error that it is to end with.
        cause: Why, for a person.
        starting: Whether it may be about to be started: then one that does not exist is asked for
            again, while else nothing is left to stop.

    Example:
        >>> StopRequest(aws, arn, STOPPED_BY_USER, "The run was terminated.").send()
        ... # doctest: +SKIP
        True
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        error: str,
        cause: str,
        starting: Callable[[], bool] = lambda: False,
    ) -> None:
        self._aws = aws
        self._stop = {"executionArn": execution_arn, "error": error, "cause": cause}
        self._starting = starting
        self._answered = threading.Event()
        self._stopped = False

    def send(self) -> bool:
        """Return whether the execution runs no more; False if it could not be stopped."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and not self._answered.is_set():
            threading.Thread(target=self._try, daemon=True).start()
            self._answered.wait(_HEDGE_SECONDS)
        return self._stopped

    def _try(self) -> None:
        for _ in range(_TRIES):
            try:
                self._aws.states.stop_execution(**self._stop)
            except Exception as error:
                not_there = error_code(error) == _NOT_THERE
                if not_there and not self._starting():
                    return self._end(stopped=True)
                if kind_of(error) is CallErrorKind.PERMANENT and not not_there:
                    return self._end(stopped=False)
                time.sleep(_PAUSE_SECONDS)
            else:
                return self._end(stopped=True)
        return None

    def _end(self, *, stopped: bool) -> None:
        self._stopped = self._stopped or stopped
        self._answered.set()
