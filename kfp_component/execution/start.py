"""Starting the execution of a task, or joining the one an earlier pod of the task started."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import NoCredentialsError

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.clients import Aws, service_time
from kfp_component.aws.errors import CallErrorKind, error_code, in_short, kind_of
from kfp_component.aws.step_errors import cannot
from kfp_component.errors import StepError
from kfp_component.execution.latest import (
    MOST_GENERATIONS,
    execution_arn,
    latest_execution,
    leads_to_a_model,
)
from kfp_component.stopping.request import STOPPED_WITH_POD
from kfp_component.stopping.stopper import Stopper
from kfp_component.task_input.executor_input import ExecutorInput
from training_job.failure import Failure

# How long a start is tried that the network, or missing credentials, stand in the way of. Nothing
# is lost by ending then: the task's retry uses the same name. Throttling is waited for without end.
_PATIENCE_SECONDS = 300.0
_PATIENCE_WITHOUT_CREDENTIALS_SECONDS = 5.0
_SURELY_JOINED_SECONDS = 3.0
# DescribeExecution is eventually consistent: before an automatic retry reports a failure again, it
# looks once more for an execution that came after it.
_SECOND_LOOK_SECONDS = 2.0
# So often for a redrive that was accepted, and for one by somebody else where this was refused.
_LOOKS, _SECOND_LOOKS = 150, 2
# How an execution ends that another try of the same may end otherwise.
_WORTH_REPEATING = (STOPPED_WITH_POD, "CapacityUnavailable")


@dataclass(frozen=True)
class Execution:
    """The execution of a task.

    Attributes:
        arn: Its ARN.
        joined: Whether an earlier pod of this task started it.
    """

    arn: str
    joined: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]


class Starter:
    """Finds or starts the one execution of a task.

    Args:
        aws: Where to start it.
        stopper: Is told what is about to be started, and what was found.
        say: Takes a line for the person who waits.
        is_automatic_retry: Whether Argo repeats the task by itself, as it does for any reason. A
            training that failed of itself is then reported again: repeating it costs money and
            changes nothing. A person who retries a run always trains anew.
        sleep: Waits for a number of seconds.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        aws: Aws,
        stopper: Stopper,
        say: Callable[[str], None],
        *,
        is_automatic_retry: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws = aws
        self._stopper = stopper
        self._say = say
        self._is_automatic_retry = is_automatic_retry
        self._sleep = sleep
        self._clock = clock

    def start_or_join(self, task: ExecutorInput) -> Execution:
        """Join the task's latest execution if it runs or has succeeded; else start the next.

        One that failed, timed out or was stopped is followed by another: a retried task trains
        anew. A sweep is redriven instead, which trains what has no result and nothing else. An
        automatic retry does either only where another try may end otherwise.

        Raises:
            StepError: It cannot be started, and time would not change that.

        Example:
            >>> Starter(aws, stopper, print).start_or_join(task).joined  # doctest: +SKIP
            False
        """
        generation = 1
        while generation <= MOST_GENERATIONS:
            started = self._start(task, generation)
            if started:
                return started
            generation, description = self._latest(task, generation)
            arn = execution_arn(task, generation)
            if not self._is_to_be_repeated(description):
                return Execution(arn, joined=True)
            if task.is_sweep and self._redriven(arn, description):
                return Execution(arn, joined=True)
            self._say(
                f"An earlier execution of this task ended {description['status']}; training anew."
            )
            generation += 1
        raise StepError(
            f"This task has {MOST_GENERATIONS} executions that ended without a model; the last is "
            f"{execution_arn(task, MOST_GENERATIONS)}. Run the pipeline anew instead of retrying "
            "this run."
        )

    def _start(self, task: ExecutorInput, generation: int) -> Execution | None:
        """Return the execution if it was started or runs already; None if it has ended."""
        arn = execution_arn(task, generation)
        self._stopper.aim(arn, starting=True)
        answer = self._answer(
            f"start an execution of {task.state_machine.arn}",
            lambda: self._aws.states.start_execution(
                stateMachineArn=task.state_machine.arn,
                name=arn.rpartition(":")[2],
                input=task.execution_input,
            ),
            none_for="ExecutionAlreadyExists",
        )
        self._stopper.started()
        if answer is None:
            return None
        # A pod is never replaced as fast as this.
        age: float = service_time(answer) - answer["startDate"].timestamp()
        return Execution(arn, joined=age > _SURELY_JOINED_SECONDS)

    def _latest(self, task: ExecutorInput, known: int) -> tuple[int, dict[str, Any]]:
        """Return the latest execution of a task, of which the one of `known` has ended."""
        first = known, self._describe_known(execution_arn(task, known))
        if leads_to_a_model(first[1]):
            return first
        found = latest_execution(task, self._describe, known + 1) or first
        self._stopper.aim(execution_arn(task, found[0]))
        return found

    def _is_to_be_repeated(self, description: dict[str, Any]) -> bool:
        if leads_to_a_model(description):
            return False
        if self._is_automatic_retry and description.get("error") not in _WORTH_REPEATING:
            self._say("The training of this task has ended; an automatic retry does not repeat it.")
            return False
        return True

    def _redriven(self, arn: str, description: dict[str, Any]) -> bool:
        """Return whether an execution that ended runs again, by this pod's redrive or another's.

        One whose arguments were wrong has trained nothing, and a redrive would check them by the
        rules of the deployment that it began with.
        """
        if description.get("error") == Failure.INVALID_ARGUMENTS:
            return False
        known = description.get("redriveCount", 0)
        # The same for whatever is tried again, here or in another pod: it is redriven once.
        token = hashlib.sha256(f"{arn} {known}".encode()).hexdigest()
        answer = self._answer(
            f"redrive {arn}",
            lambda: self._aws.states.redrive_execution(executionArn=arn, clientToken=token),
            none_for="ExecutionNotRedrivable",
        )
        for _ in range(_SECOND_LOOKS if answer is None else _LOOKS):
            now = self._describe_known(arn)
            if leads_to_a_model(now) or now.get("redriveCount", 0) > known:
                self._say(
                    f"An earlier execution of this task ended {description['status']} and is "
                    "redriven: what has no result is trained, and nothing else."
                )
                return True
            self._sleep(_SECOND_LOOK_SECONDS)
        return False

    def _describe(self, arn: str) -> dict[str, Any] | None:
        self._stopper.aim(arn)

        def describe() -> dict[str, Any] | None:
            return self._answer(
                f"describe {arn}",
                lambda: self._aws.states.describe_execution(executionArn=arn),
                none_for="ExecutionDoesNotExist",
            )

        found = describe()
        if found is None and self._is_automatic_retry:
            self._sleep(_SECOND_LOOK_SECONDS)
            found = describe()
        return found

    def _describe_known(self, arn: str) -> dict[str, Any]:
        """Describe an execution that exists, whether or not DescribeExecution sees it yet."""
        answer = self._answer(
            f"describe {arn}",
            lambda: self._aws.states.describe_execution(executionArn=arn),
            not_yet="ExecutionDoesNotExist",
        )
        assert answer is not None
        return answer

    def _answer(
        self,
        doing: str,
        call: Callable[[], dict[str, Any]],
        none_for: str = "",
        not_yet: str = "",
    ) -> dict[str, Any] | None:
        backoff = Backoff()
        began = self._clock()
        while True:
            try:
                return call()
            except Exception as error:
                if none_for and error_code(error) == none_for:
                    return None
                heals = bool(not_yet) and error_code(error) == not_yet
                if not self._worth_waiting(error, heals, self._clock() - began):
                    raise cannot(doing, error) from error
                delay = backoff.next_delay()
                self._say(f"Could not {doing} yet ({in_short(error)}); again in {delay:.1f} s.")
                if kind_of(error) is CallErrorKind.EXPIRED:
                    self._aws.renew()
                self._sleep(delay)

    def _worth_waiting(self, error: Exception, heals: bool, waited: float) -> bool:
        if isinstance(error, NoCredentialsError):
            return waited < _PATIENCE_WITHOUT_CREDENTIALS_SECONDS
        kind = kind_of(error)
        if kind is CallErrorKind.THROTTLED:
            return True
        return (heals or kind is not CallErrorKind.PERMANENT) and waited < _PATIENCE_SECONDS
