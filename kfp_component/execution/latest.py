"""The latest execution of a task: the one that a new pod joins and a terminated run stops."""

from collections.abc import Callable
from typing import Any

from kfp_component.execution.name import execution_name
from kfp_component.task_input.executor_input import ExecutorInput

MOST_GENERATIONS = 200


def latest_execution(
    task: ExecutorInput,
    describe: Callable[[str], dict[str, Any] | None],
    begin: int = 1,
) -> tuple[int, dict[str, Any]] | None:
    """Return the latest execution of a task.

    Another is started only once the one before it has ended without a model: so the first that runs
    or has succeeded is the latest, and a failure never stands for what came after it.

    Args:
        task: The task.
        describe: Returns the DescribeExecution answer for an ARN; None if there is none.
        begin: The generation to begin with, counted from 1.

    Returns:
        Its generation and its description; None if there is none from `begin` on.

    Example:
        >>> latest_execution(task, describe)  # doctest: +SKIP
        (2, {'status': 'RUNNING', ...})
    """
    latest = None
    for generation in range(begin, MOST_GENERATIONS + 1):
        description = describe(execution_arn(task, generation))
        if description is None:
            break
        latest = generation, description
        if leads_to_a_model(description):
            break
    return latest


def leads_to_a_model(description: dict[str, Any]) -> bool:
    """Whether an execution runs or has succeeded, so that none is to follow it."""
    return description["status"] in ("RUNNING", "SUCCEEDED")


def execution_arn(task: ExecutorInput, generation: int) -> str:
    """Return the ARN of the n-th execution of a task, whether or not it exists."""
    name = execution_name(task.seed, task.execution_input, generation)
    return task.state_machine.execution_arn(name)
