"""The SageMaker integrations of Step Functions, which ministack lacks.

`sagemaker:createTrainingJob` starts a training job; with `.sync` the state waits for its end and
stops it when the execution or the task ends first. `aws-sdk:sagemaker:*` makes any other call.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import json
import logging
from datetime import datetime
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import Ended, Run, TaskTimedOut
from local_aws.corrections.states.integrations import permissions as states_permissions
from local_aws.corrections.states.integrations.sdk_errors import SAGEMAKER
from local_aws.corrections.states.integrations.task import Task
from local_aws.faults.plan import DropSync
from local_aws.sagemaker.api import faults
from local_aws.sagemaker.api import operations as api
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.job.training_job import TrainingJob

_logger = logging.getLogger("states")
SDK = "arn:aws:states:::aws-sdk:sagemaker:"
CREATE_TRAINING_JOB = "arn:aws:states:::sagemaker:createTrainingJob"


def create_training_job(run: Run, task: Task) -> Any:
    """Start a training job and, with `.sync`, wait for it.

    Returns:
        The answer of CreateTrainingJob; with `.sync`, the job's description.

    Raises:
        _ExecutionError: SageMaker.* when the job is refused, States.TaskFailed when it does not
            complete. Whether AWS raises for a job that was stopped is not documented: assumed.
    """
    request = task.arguments
    if not task.resource.endswith(".sync"):
        return {"TrainingJobArn": _create(task.role_arn, request).arn}
    tags = [*request.get("Tags", []), *_own_tags(run.execution)]
    job = _create(task.role_arn, {**request, "Tags": tags})
    sync = faults.sync(job)
    try:
        run.check()
        answer = history.text({"TrainingJobArn": job.arn})
        history.task_event(run.execution, task.resource, "TaskSubmitted", output=answer)
        run.wait_for(sync.over, task.deadline)
    except (Ended, TaskTimedOut):
        _stop(task.role_arn, job.name)
        raise
    document = sync_document(job.describe(), job.tags)
    if sync.dropped:
        return _dropped(sync.dropped, document)
    if document["TrainingJobStatus"] != "Completed":
        raise states._ExecutionError("States.TaskFailed", history.text(document))
    return document


def check_fields(arguments: Any, ctx: dict[str, Any]) -> None:
    """Refuse a request with a field that CreateTrainingJob does not have.

    Raises:
        _ExecutionError: States.Runtime, which nothing catches.
    """
    unknown = unknown_fields(arguments, api.input_shape("CreateTrainingJob"))
    if unknown:
        raise states_errors.parameters_error(arguments, unknown, ctx)


def unknown_fields(value: Any, shape: Any) -> list[str]:
    """Return what is wrong with the field names of a request.

    An optimized integration knows the fields of its request and ends the execution on any other:
    https://github.com/aws/aws-step-functions-data-science-sdk-python/issues/15
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        found = [
            f'The field "{name}" is not supported by Step Functions'
            for name in value
            if name not in known
        ]
        nested = [unknown_fields(value[name], known[name]) for name in value if name in known]
        return found + [problem for problems in nested for problem in problems]
    if shape.type_name == "list" and isinstance(value, list):
        return [problem for item in value for problem in unknown_fields(item, shape.member)]
    if shape.type_name == "map" and isinstance(value, dict):
        return [problem for item in value.values() for problem in unknown_fields(item, shape.value)]
    return []


def sync_document(description: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Return a job's description as `.sync` does: epoch milliseconds, and the tags as a map."""
    document = json.loads(json.dumps(description, default=_milliseconds))
    return {**document, "Tags": dict(tags)}


def call_sdk(role_arn: str, resource: str, arguments: Any) -> dict[str, Any]:
    """Call any SageMaker operation as `aws-sdk:sagemaker:<operation>`; times are ISO 8601."""
    operation = resource.rpartition(":")[2]
    name = operation[0].upper() + operation[1:]
    try:
        states_permissions.check_sagemaker(role_arn, name, arguments)
        answer = api.handle(name, arguments)
    except SageMakerError as error:
        raise SAGEMAKER.sdk_error(error.code, error.message, error.http_status) from None
    return dict(json.loads(json.dumps(answer, default=_iso)))


def _create(role_arn: str, request: dict[str, Any]) -> TrainingJob:
    try:
        states_permissions.check_sagemaker(role_arn, "CreateTrainingJob", request)
        return api.create_training_job(request)
    except SageMakerError as error:
        raise SAGEMAKER.optimized_error(error.code, error.message, error.http_status) from None


def _dropped(fault: DropSync, document: dict[str, Any]) -> dict[str, Any]:
    """End the wait for a job that runs on, as a fault plan says."""
    if fault.error is not None:
        raise states._ExecutionError(fault.error, fault.cause)
    return document


def _stop(role_arn: str, name: str) -> None:
    """Stop the job of a task that nobody awaits any more: a best effort, as on AWS.

    It fails when the role may not, or when the job has ended by itself meanwhile.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
    """
    try:
        states_permissions.check_sagemaker(role_arn, "StopTrainingJob", {"TrainingJobName": name})
        api.stop_training_job(name)
    except SageMakerError as error:
        _logger.warning("The training job %s was not stopped: %s", name, error)


def _own_tags(execution: dict[str, Any]) -> list[dict[str, str]]:
    """Return the tags that `.sync` adds to a job: https://github.com/aws/aws-cdk/issues/32294."""
    return [
        {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"},
        {"Key": "AWS_STEP_FUNCTIONS_EXECUTION_ARN", "Value": execution["executionArn"]},
    ]


def _milliseconds(value: Any) -> int:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    raise TypeError(f"no JSON form for {value!r}")


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(f"no JSON form for {value!r}")
