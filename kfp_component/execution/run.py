"""One execution of a task from its start, or the joining of it, to its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kfp_component.aws.clients import Aws
from kfp_component.execution.start import Execution, Starter
from kfp_component.stopping.stopper import Stopper
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.task_input.retry_index import retry_index
from kfp_component.watch.execution import ExecutionWatch
from kfp_component.watch.progress import View
from training_job.links import links


@dataclass(frozen=True)
class EndedExecution:
    """An execution that has ended.

    Attributes:
        arn: Its ARN.
        description: The DescribeExecution answer that says how.
    """

    arn: str
    description: dict[str, Any]


def run_execution(
    task: ExecutorInput,
    aws: Aws,
    view: View,
    *,
    watch: Callable[[str], ExecutionWatch],
    last_words: Callable[[str], None],
    environment: Mapping[str, str],
) -> EndedExecution:
    """Start or join the execution of a task and await its end; a signal stops it meanwhile.

    Args:
        task: What KFP asks for.
        aws: Where to run it.
        view: Shows it.
        watch: Returns what awaits an execution, by its ARN.
        last_words: Takes what was done about a signal.
        environment: The pod's environment variables.

    Raises:
        StepError: It cannot be started or observed, and time would not change that.

    Example:
        >>> ended = run_execution(  # doctest: +SKIP
        ...     task, aws, view, watch=watch, last_words=view.say, environment=os.environ
        ... )
        >>> ended.description["status"]  # doctest: +SKIP
        'SUCCEEDED'
    """
    stopper = Stopper(aws, task.stop_on_sigterm, last_words)
    stopper.install()
    is_automatic_retry = retry_index(environment) > 0
    starter = Starter(aws, stopper, view.say, is_automatic_retry=is_automatic_retry)
    execution = starter.start_or_join(task)
    _introduce(execution, view)
    description = watch(execution.arn).run()
    if description["status"] != "SUCCEEDED":
        stopper.give_way()  # it may be a signal that has ended it, whose end of the process is 143
    return EndedExecution(execution.arn, description)


def _introduce(execution: Execution, view: View) -> None:
    verb = "Joined the execution of this task" if execution.joined else "Started execution"
    view.say(f"{verb} {execution.name}")
    view.say(f"Execution: {links(execution.arn, None)['execution']}")
