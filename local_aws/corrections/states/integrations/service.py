"""A task's call: which service it goes to, with which role, and what it waits for.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution.run import Run
from local_aws.corrections.states.integrations import (
    callback,
    credentials,
    nested,
    permissions,
    sagemaker,
)
from local_aws.corrections.states.integrations.task import Task


def call(run: Run, task: Task) -> Any:
    """Make the call of a task and wait for what its integration pattern waits for.

    Returns:
        The task's result.

    Raises:
        _ExecutionError: The call was refused, or what it started failed.
        Ended: The execution ended first.
        TaskTimedOut: The task took too long.
    """
    credentials.assume(task.role_arn, run.role_arn, run.execution["stateMachineArn"])
    if task.resource.startswith(sagemaker.CREATE_TRAINING_JOB):
        return sagemaker.create_training_job(run, task)
    if task.resource.startswith(sagemaker.SDK):
        return run.call(
            lambda: sagemaker.call_sdk(task.role_arn, task.resource, task.arguments),
            task.deadline,
        )
    _check_permission(task)
    if task.resource.endswith(callback.SUFFIX):
        return callback.call_and_wait(run, task)
    if task.resource.startswith(nested.SYNC):
        return nested.execute(run, task)
    return run.call(lambda: states._invoke_resource(task.resource, task.arguments), task.deadline)


def check_fields(resource: str, arguments: Any, ctx: dict[str, Any]) -> None:
    """Refuse a request with a field that an optimized integration does not have.

    Raises:
        _ExecutionError: States.Runtime, which nothing catches.
    """
    if resource.startswith(sagemaker.CREATE_TRAINING_JOB):
        sagemaker.check_fields(arguments, ctx)
    elif resource.startswith(nested.START_EXECUTION):
        nested.check_fields(arguments, ctx)


def _check_permission(task: Task) -> None:
    if "lambda:" in task.resource:
        permissions.check_lambda(task.role_arn, task.resource, task.arguments)
    elif task.resource.startswith(nested.START_EXECUTION):
        permissions.check_start_execution(task.role_arn, task.arguments["StateMachineArn"])
    elif task.resource.startswith(permissions.SDK_STATES):
        permissions.check_states_sdk(task.role_arn, task.resource, task.arguments)
