"""The operations of the embedded SageMaker, as Python calls.

Every function acts for the account and region of the caller's context (ministack keeps both in
context variables): start threads that call them with `contextvars.copy_context().run`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import responses
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local_aws.faults.store import FAULTS
from local_aws.sagemaker.api import faults
from local_aws.sagemaker.api.account_check import check_account
from local_aws.sagemaker.api.job_listing import list_training_jobs
from local_aws.sagemaker.api.request_check import check_request
from local_aws.sagemaker.api.request_rules import check_rules, check_tags
from local_aws.sagemaker.arns import training_job_arn
from local_aws.sagemaker.errors import SageMakerError, not_found, validation_error
from local_aws.sagemaker.job.runner import JobRunner
from local_aws.sagemaker.job.training_job import TrainingJob
from local_aws.sagemaker.platform import Platform
from local_aws.sagemaker.reporting.state_events import StateEvents
from local_aws.sagemaker.wire import without_nulls

MAX_TAGS = 50
"""Most tags a training job may carry."""

LOCAL_INTERRUPT = "InterruptTrainingJob"
"""Operation that AWS does not have: it reclaims the Spot instances of a job."""

_jobs = AccountRegionScopedDict()
_runners: dict[str, JobRunner] = {}
_lock = threading.Lock()
_model_lock = threading.Lock()
_server: tuple[Platform, StateEvents] | None = None


def configure(platform: Platform) -> None:
    """Tell the service about its server; must be called once, before any job is created."""
    global _server  # noqa: PLW0603 -- one server a process, as in every ministack service
    _server = (platform, StateEvents())


def create_training_job(request: Mapping[str, Any]) -> TrainingJob:
    """Check a CreateTrainingJob request and start its job.

    Raises:
        SageMakerError: `SerializationException`, `ValidationException` or `ResourceInUse`,
            or what a fault plan says.
    """
    assert _server is not None, "configure() comes first"
    platform, events = _server
    request = without_nulls(request)
    check_request(input_shape("CreateTrainingJob"), request)
    check_rules(request)
    check_account(request)
    name = request["TrainingJobName"]
    arn = training_job_arn(name, region=get_region(), account=get_account_id())
    with _lock:
        taken = name in _jobs
        if not taken:
            faults.check_limits(request, _jobs.values())
        lost = faults.before_create(name)
        if taken:
            raise SageMakerError(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({arn})",
            )
        # Only now: it is created at the moment from which it counts to the quota.
        job = TrainingJob(
            request, arn, on_change=lambda job: events.publish(job.describe(), job.tags)
        )
        runner = JobRunner(job, platform)
        _jobs[name] = job
        _runners[arn] = runner
    faults.follow(job)
    runner.start()
    if lost:
        raise lost
    return job


def training_job(name: str) -> TrainingJob:
    """Return the training job of this name.

    Raises:
        SageMakerError: `ValidationException` when there is none.
    """
    job: TrainingJob | None = _jobs.get(name)
    if job is None:
        raise not_found()
    return job


def describe_training_job(name: str) -> dict[str, Any]:
    """Return the DescribeTrainingJob document, with aware datetimes."""
    return training_job(name).describe()


def stop_training_job(name: str) -> None:
    """Begin to stop a training job; stopping it again changes nothing.

    Raises:
        SageMakerError: `ValidationException` when it has ended or does not exist.
    """
    training_job(name).stop()


def interrupt_training_job(name: str) -> None:
    """Take a running job's instances away, as a reclaimed Spot instance: it starts again.

    Raises:
        SageMakerError: `ValidationException` when it does not exist or is not in Training.
    """
    training_job(name).interrupt()


def handle(operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one operation by its name, for example `DescribeTrainingJob`.

    Raises:
        SageMakerError: As SageMaker would answer; `UnknownOperationException` for an operation
            that the local AWS does not have.
    """
    if operation == LOCAL_INTERRUPT:
        return _interrupt(params)
    handler = _OPERATIONS.get(operation)
    if handler is None:
        raise SageMakerError(
            "UnknownOperationException",
            f"The local AWS does not have SageMaker's {operation}; "
            f"it has {', '.join(sorted(_OPERATIONS))}.",
        )
    if operation != "CreateTrainingJob":
        check_request(input_shape(operation), params)
    return handler(params)


def input_shape(operation: str) -> Any:
    """Return botocore's input shape of an operation."""
    with _model_lock:  # the cache behind it would parse the model once per waiting thread
        model = responses._service_model("sagemaker")
    return model.operation_model(operation).input_shape


def reset() -> None:
    """Kill and forget every job of every account and region, and every fault plan."""
    FAULTS.clear()
    with _lock:
        runners = list(_runners.values())
        _runners.clear()
        _jobs.clear()
    for runner in runners:
        runner.kill()


def _interrupt(params: Mapping[str, Any]) -> dict[str, Any]:
    interrupt_training_job(str(params.get("TrainingJobName")))
    return {}


def _create(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"TrainingJobArn": create_training_job(params).arn}


def _describe(params: Mapping[str, Any]) -> dict[str, Any]:
    name = params["TrainingJobName"]
    faults.before_describe(name)
    faults.look_at_rules(training_job(name))
    return describe_training_job(name)


def _stop(params: Mapping[str, Any]) -> dict[str, Any]:
    stop_training_job(params["TrainingJobName"])
    return {}


def _list(params: Mapping[str, Any]) -> dict[str, Any]:
    return list_training_jobs(_jobs.values(), params)


def _tagged(arn: str) -> TrainingJob:
    for job in _jobs.values():
        if job.arn == arn:
            found: TrainingJob = job
            return found
    raise validation_error(f"Could not find resource {arn}.")


def _add_tags(params: Mapping[str, Any]) -> dict[str, Any]:
    job = _tagged(params["ResourceArn"])
    check_tags(params["Tags"])
    tags = {**job.tags, **{tag["Key"]: tag["Value"] for tag in params["Tags"]}}
    if len(tags) > MAX_TAGS:
        raise validation_error(f"A resource has at most {MAX_TAGS} tags; this makes {len(tags)}.")
    job.tags = tags
    return _list_tags(params)


def _list_tags(params: Mapping[str, Any]) -> dict[str, Any]:
    tags = _tagged(params["ResourceArn"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _delete_tags(params: Mapping[str, Any]) -> dict[str, Any]:
    job = _tagged(params["ResourceArn"])
    job.tags = {key: value for key, value in job.tags.items() if key not in params["TagKeys"]}
    return {}


_OPERATIONS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "CreateTrainingJob": _create,
    "DescribeTrainingJob": _describe,
    "StopTrainingJob": _stop,
    "ListTrainingJobs": _list,
    "AddTags": _add_tags,
    "ListTags": _list_tags,
    "DeleteTags": _delete_tags,
}
