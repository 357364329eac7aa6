"""Awaiting an execution, whatever it does, however long that takes.

Everything is one thread and one loop: each kind of call is a `Poll` with a due time of its own,
and only the execution's own poll decides when and how the waiting ends. The others show the run;
whatever happens to them, they never end the step.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from kfp_component.aws.clients import Aws, service_time
from kfp_component.aws.errors import error_code, in_short
from kfp_component.aws.step_errors import cannot
from kfp_component.watch.progress import Snapshot, View
from kfp_component.watch.schedule import Poll, spacing

# A permission may be a moment late; a role that lacks one says so this many times in a row.
_MOST_REFUSALS = 4
_NOT_YET_SECONDS = 300.0
_REFUSED_SECONDS = 300.0


class Age:
    """How long an execution has been running, in seconds, by the service's clock.

    The pod's own clock may be wrong; it only counts on from the last answer.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()

    def learn(self, answer: dict[str, Any]) -> None:
        """Take the age from a DescribeExecution answer; that of one that has ended is its last."""
        ended = answer.get("stopDate")
        until = ended.timestamp() if ended else service_time(answer)
        age = max(0.0, until - answer["startDate"].timestamp())
        self._began = min(self._began, self._clock() - age)

    def __call__(self) -> float:
        """Return the age."""
        return self._clock() - self._began


class Shown(Protocol):
    """What is shown of an execution beside its own state."""

    @property
    def polls(self) -> Sequence[Poll]:
        """The calls that it takes, in the order in which to make those that are due."""

    def snapshot(self) -> Snapshot:
        """Return how the run is."""

    def finish(self, final: dict[str, Any], sleep: Callable[[float], None]) -> None:
        """Show what came after the last polls."""


def shown_poll(what: str, call: Callable[[], float], aws: Aws, view: View) -> Poll:
    """Return a poll that shows something of a run and never ends the step.

    A refusal is said once, and asked again after minutes; other trouble once it lasts.

    Args:
        what: What it shows, for instance `log lines`.
        call: Makes the call and returns the seconds until the next one.
        aws: Whose credentials to renew once they have expired.
        view: Is told of trouble.
    """
    said: set[str] = set()

    def refused(error: Exception) -> float:
        code = error_code(error) or type(error).__name__
        if code not in said:
            view.say(f"The {what} cannot be shown here ({code}); the run is not affected.")
        said.add(code)
        return _REFUSED_SECONDS

    def in_trouble(error: Exception) -> None:
        view.say(
            f"The {what} cannot be asked for at the moment ({in_short(error)}). They are asked for "
            "again; the run is not affected."
        )

    return Poll(call, refused, aws.renew, in_trouble)


class ExecutionWatch:
    """Follows one execution until it ends.

    Args:
        aws: Where it runs.
        execution_arn: Which one.
        view: Shows it.
        shown: What is shown of it beside its own state.
        age: Its age.
        clock: A monotonic clock, in seconds.

    Attributes:
        final: The DescribeExecution answer that says how it ended; None until then.

    Example:
        >>> ExecutionWatch(aws, arn, view, shown, age).run()["status"]  # doctest: +SKIP
        'SUCCEEDED'
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        view: View,
        shown: Shown,
        age: Age,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws = aws
        self._arn = execution_arn
        self._view = view
        self._shown = shown
        self._age = age
        self._clock = clock
        self._began = clock()
        self._next_heartbeat = self._began + view.heartbeat_seconds
        self._refusals = 0
        self.final: dict[str, Any] | None = None
        own = Poll(self._describe, self._refused, aws.renew, self._in_trouble)
        # Logs before the state: the lines up to the end are shown before the end.
        self._polls = (*shown.polls, own)

    def step(self) -> float:
        """Make the calls that are due; return the seconds until the next one is."""
        now = self._clock()
        for poll in self._polls:
            poll.run(now)
        if self.final is not None:
            return 0.0
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + self._view.heartbeat_seconds
            self._view.still(self._shown.snapshot())
        due = min(poll.due for poll in self._polls)
        return max(0.05, min(due, self._next_heartbeat) - self._clock())

    def run(self, sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
        """Wait for the end of the execution, however long that takes.

        Returns:
            The DescribeExecution answer that says so.

        Raises:
            StepError: The execution cannot be observed, and time would not change that.
        """
        while self.final is None:
            sleep(self.step())
        self._shown.finish(self.final, sleep)
        return self.final

    def _describe(self) -> float:
        answer = self._aws.states.describe_execution(executionArn=self._arn)
        self._refusals = 0
        self._age.learn(answer)
        if answer["status"] != "RUNNING":
            self.final = answer
        return spacing(self._age())

    def _refused(self, error: Exception) -> float:
        if error_code(error) == "ExecutionDoesNotExist":
            # DescribeExecution is eventually consistent.
            if self._clock() - self._began < _NOT_YET_SECONDS:
                return 0.0
        else:
            self._refusals += 1
            if self._refusals < _MOST_REFUSALS:
                return 0.0
        raise cannot(
            f"await {self._arn}, which goes on without this step (a retry joins it)", error
        ) from error

    def _in_trouble(self, error: Exception) -> None:
        self._view.say(f"Step Functions has not answered lately ({in_short(error)}); asked again.")
