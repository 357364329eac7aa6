"""Starting the execution of a task, or joining the one an earlier pod of the task started."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import NoCredentialsError

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.clients import Aws, service_time
from kfp_component.aws.errors import Kind, error_code, kind_of
from kfp_component.aws.remedies import cannot
from kfp_component.errors import StepError
from kfp_component.execution.name import execution_name
from kfp_component.stopping.stopper import STOPPED_WITH_POD, Stopper
from kfp_component.task_input.executor_input import ExecutorInput

# How long a start is tried that the network, or missing credentials, stand in the way of. Nothing
# is lost by ending then: the task's retry uses the same name. Throttling is waited for without end.
_PATIENCE_SECONDS = 300.0
_PATIENCE_WITHOUT_CREDENTIALS_SECONDS = 5.0
_MOST_GENERATIONS = 200
_SURELY_JOINED_SECONDS = 3.0
# How an execution ends that another try of the same may end otherwise.
_WORTH_REPEATING = (STOPPED_WITH_POD, "CapacityUnavailable")


@dataclass(frozen=True)
class Execution:
    """The execution that trains for this task.

    Attributes:
        arn: Its ARN.
        name: Its name.
        joined: Whether an earlier pod of this task started it.
    """

    arn: str
    name: str
    joined: bool


class Starter:
    """Finds or starts the one execution of a task.

    Args:
        aws: Where to start it.
        stopper: Is told what is about to be started.
        is_automatic_retry: Whether Argo repeats the task by itself, as it does for any reason. A
            training that failed of itself is then reported again: repeating it costs money and
            changes nothing. A person who retries a run always trains anew.
        say: Takes a line for the person who waits.
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
        """Starts the task's execution unless one runs or has succeeded already.

        One that failed, timed out or was stopped is passed over: a retried task trains anew.

        Raises:
            StepError: It cannot be started, and time would not change that.
        """
        for generation in range(1, _MOST_GENERATIONS + 1):
            name = execution_name(task.seed, task.execution_input, generation)
            arn = task.state_machine.execution_arn(name)
            self._stopper.aim(arn)
            joined = self._start(task, name)
            self._stopper.started()
            if joined is None and self._is_to_be_repeated(self._describe(arn)):
                continue
            return Execution(arn, name, joined is not False)
        raise StepError(
            f"This task has {_MOST_GENERATIONS} executions that ended without a model; the last is "
            f"{arn}. Run the pipeline anew instead of retrying this run."
        )

    def _start(self, task: ExecutorInput, name: str) -> bool | None:
        """Returns False if it was started, True if it ran already, None if the name is taken."""
        try:
            answer = self._answer(
                f"start an execution of {task.state_machine.arn}",
                lambda: self._aws.states.start_execution(
                    stateMachineArn=task.state_machine.arn,
                    name=name,
                    input=task.execution_input,
                ),
                taken="ExecutionAlreadyExists",
            )
        except _Taken:
            return None
        # A pod is never replaced as fast as this.
        age: float = service_time(answer) - answer["startDate"].timestamp()
        return age > _SURELY_JOINED_SECONDS

    def _is_to_be_repeated(self, description: dict[str, Any]) -> bool:
        status, error = description["status"], description.get("error")
        if status in ("RUNNING", "SUCCEEDED"):
            return False
        if self._is_automatic_retry and error not in _WORTH_REPEATING:
            self._say("The training of this task has ended; an automatic retry does not repeat it.")
            return False
        self._say(f"An earlier execution of this task ended {status}; training anew.")
        return True

    def _describe(self, arn: str) -> dict[str, Any]:
        return self._answer(
            f"describe {arn}",
            lambda: self._aws.states.describe_execution(executionArn=arn),
            # DescribeExecution is eventually consistent.
            not_yet="ExecutionDoesNotExist",
        )

    def _answer(
        self,
        doing: str,
        call: Callable[[], dict[str, Any]],
        taken: str = "",
        not_yet: str = "",
    ) -> dict[str, Any]:
        backoff = Backoff()
        began = self._clock()
        while True:
            try:
                return call()
            except Exception as error:
                if taken and error_code(error) == taken:
                    raise _Taken from None
                heals = bool(not_yet) and error_code(error) == not_yet
                if not self._worth_waiting(error, heals, self._clock() - began):
                    raise cannot(doing, error) from error
                delay = backoff.next_delay()
                self._say(f"Could not {doing} yet ({_short(error)}); again in {delay:.1f} s.")
                if kind_of(error) is Kind.EXPIRED:
                    self._aws.renew()
                self._sleep(delay)

    def _worth_waiting(self, error: Exception, heals: bool, waited: float) -> bool:
        if isinstance(error, NoCredentialsError):
            return waited < _PATIENCE_WITHOUT_CREDENTIALS_SECONDS
        kind = kind_of(error)
        if kind is Kind.THROTTLED:
            return True
        return (heals or kind is not Kind.PERMANENT) and waited < _PATIENCE_SECONDS


class _Taken(Exception):
    """An execution of that name exists, and it has ended or has another input."""


def _short(error: Exception) -> str:
    return error_code(error) or type(error).__name__
