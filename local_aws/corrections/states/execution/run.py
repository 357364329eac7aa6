"""One walk of an execution: what can end it early, and how it waits.

ministack walks each execution in a thread that nothing can interrupt: StopExecution and timeouts
do not reach it. Here every walk is a `Run`, and whatever waits, waits through it.
"""

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ministack.services import stepfunctions as states

_POLL_SECONDS = 0.05  # how late a wait for a task notices that its execution was ended


class Ended(states._ExecutionError):  # type: ignore[misc]
    """The execution was stopped or timed out: unwinds the walk and is never caught or retried.

    A subclass of ministack's own error so that its Parallel and Map let it through unchanged.
    """

    def __init__(self) -> None:
        super().__init__("Execution.Ended", "")


class TaskTimedOut(states._ExecutionError):  # type: ignore[misc]
    """A task ran longer than its TimeoutSeconds: States.Timeout, without a cause as on AWS."""

    def __init__(self) -> None:
        super().__init__("States.Timeout", "")


@dataclass(eq=False)
class Run:
    """One walk through a state machine; a redriven execution has one walk per redrive.

    Each iteration of a Map state is a walk of its own too, which ends with the walk it belongs to.

    Attributes:
        execution: The execution's record in ministack's store.
        definition: The states to walk: of the version this execution is pinned to, or of the item
            processor.
        role_arn: The state machine role.
        time_out: Ends the execution with TIMED_OUT.
        position: The state the walk is in (`state`), its `input`, the `variables`, and of a Map
            state the positions or outputs of its `iterations`: where a redrive goes on.
        deadline: When the execution times out, in seconds of `clock`; None when it never does.
        clock: A monotonic clock, in seconds.
        ended: Set once the walk must stop.
        claimed: Whether a thread has begun to walk.
        iterations: The walks within this one.
    """

    execution: dict[str, Any]
    definition: dict[str, Any]
    role_arn: str
    time_out: Callable[[], None]
    position: dict[str, Any] = field(default_factory=dict)
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic
    ended: threading.Event = field(default_factory=threading.Event)
    claimed: bool = False
    iterations: set["Run"] = field(default_factory=set)

    @contextlib.contextmanager
    def iteration(self, definition: dict[str, Any], position: dict[str, Any]) -> Iterator["Run"]:
        """Open a walk within this one, current on this thread, which ends when this one ends."""
        part = replace(
            self,
            definition=definition,
            position=position,
            ended=threading.Event(),
            iterations=set(),
        )
        with _lock:
            self.iterations.add(part)
            if self.ended.is_set():
                part.ended.set()
        token = CURRENT.set(part)
        try:
            yield part
        finally:
            CURRENT.reset(token)
            with _lock:
                self.iterations.discard(part)

    def end(self) -> None:
        """Stop the walk, and every iteration in it."""
        with _lock:
            walks = [self]
            for walk in walks:
                walk.ended.set()
                walks.extend(walk.iterations)

    def check(self) -> None:
        """Go on, or raise Ended: the execution was stopped, or its time is over."""
        if self.ended.is_set():
            raise Ended
        if self.deadline is not None and self.clock() >= self.deadline:
            self.time_out()
            raise Ended

    def pause(self, seconds: float) -> None:
        """Wait for `seconds`, or raise Ended as soon as the execution ends."""
        until = self.clock() + seconds
        while (remaining := self._remaining(until)) > 0 and not self.ended.wait(remaining):
            self.check()
        self.check()

    def wait_for(self, done: threading.Event, deadline: float | None) -> None:
        """Wait until `done` is set.

        Raises:
            Ended: The execution was stopped or timed out first.
            TaskTimedOut: `deadline`, in seconds of the clock, passed first.
        """
        while not done.wait(_POLL_SECONDS):
            self.check()
            if deadline is not None and self.clock() >= deadline:
                raise TaskTimedOut
        self.check()

    def call(self, function: Callable[[], Any], deadline: float | None) -> Any:
        """Return the result of `function`, run on a thread of its own that may be abandoned.

        Raises:
            Ended: The execution was stopped or timed out first.
            TaskTimedOut: `deadline` passed first.
        """
        outcome: list[Callable[[], Any]] = []
        done = threading.Event()

        def work() -> None:
            try:
                result = function()
                outcome.append(lambda: result)
            except Exception as error:
                outcome.append(_raiser(error))
            finally:
                done.set()

        context = contextvars.copy_context()  # the account and region are context variables
        threading.Thread(target=context.run, args=(work,), daemon=True).start()
        self.wait_for(done, deadline)
        return outcome[0]()

    def _remaining(self, until: float) -> float:
        """Return the seconds to `until`, or to the execution's own deadline if that is sooner."""
        end = until if self.deadline is None else min(until, self.deadline)
        return end - self.clock()


CURRENT: contextvars.ContextVar[Run | None] = contextvars.ContextVar("run", default=None)
"""The walk that this thread belongs to; Parallel and Map hand it on with the context."""

_runs: dict[str, Run] = {}
_awaited: dict[str, list[threading.Event]] = {}
_lock = threading.Lock()


def begin(run: Run) -> None:
    """Make `run` the walk that an end of its execution reaches."""
    _runs[run.execution["executionArn"]] = run


def claim(execution_arn: str) -> Run | None:
    """Return the walk that a new thread is to do; None when it was ended before that.

    A walk is known from the request that starts it, not from its thread: a StopExecution in between
    must find it.
    """
    run = _runs.get(execution_arn)
    if run is None or run.claimed:
        return None
    run.claimed = True
    return run


def end(execution_arn: str) -> None:
    """Tell the walk of this execution, if there is one, to stop."""
    run = _runs.pop(execution_arn, None)
    if run is not None:
        run.end()


def with_end_of_all(original: Callable[[], None]) -> Callable[[], None]:
    """Wrap the reset of the service: ministack forgets its executions and lets them run on."""

    def reset() -> None:
        for execution_arn in list(_runs):
            end(execution_arn)
        original()

    return reset


@contextlib.contextmanager
def end_of(execution_arn: str) -> Iterator[threading.Event]:
    """Open an event that is set when this execution ends; look whether it has ended before."""
    over = threading.Event()
    with _lock:
        _awaited.setdefault(execution_arn, []).append(over)
    try:
        yield over
    finally:
        with _lock:
            _awaited[execution_arn].remove(over)
            if not _awaited[execution_arn]:
                del _awaited[execution_arn]


def tell_end(execution_arn: str) -> None:
    """Tell whoever awaits this execution that it has ended."""
    with _lock:
        for over in _awaited.get(execution_arn, ()):
            over.set()


def forget(run: Run) -> None:
    """Forget a walk that is over; a later one of its execution, after a redrive, stays known."""
    if _runs.get(run.execution["executionArn"]) is run:
        del _runs[run.execution["executionArn"]]


def scaled_sleep(seconds: float) -> None:
    """Wait as Wait states and retries do: interruptibly, and scaled by SFN_WAIT_SCALE.

    On AWS StopExecution ends a Wait state at once; ministack sleeps on.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
    """
    scaled = seconds * states._SFN_WAIT_SCALE
    run = CURRENT.get()
    if run is not None:
        run.pause(scaled)
    elif scaled > 0:  # TestState has no execution
        time.sleep(scaled)


def _raiser(error: Exception) -> Callable[[], Any]:
    def throw() -> Any:
        raise error

    return throw
