"""What the faults of a plan do to the calls and jobs they are meant for."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local_aws.faults.plan import (
    CreateFault,
    DropSync,
    Ending,
    ExceedTime,
    FailDescribe,
    FailJob,
    InterruptSpot,
    LoseAnswer,
    RuleStatus,
    SlowDescribe,
)
from local_aws.faults.store import FAULTS
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.files.cluster import cluster
from local_aws.sagemaker.job.training_job import TrainingJob

_PAUSE_SECONDS = 0.05


def before_create(job_name: str) -> SageMakerError | None:
    """Return the error to answer with once the job is created; None for an ordinary answer.

    Raises:
        SageMakerError: The call is rejected.
    """
    fault = FAULTS.take(job_name, CreateFault)
    if fault is None:
        return None
    error = SageMakerError(fault.error, fault.message, fault.status)
    if isinstance(fault, LoseAnswer):
        return error
    raise error


def check_limits(request: Mapping[str, Any], jobs: Iterable[TrainingJob]) -> None:
    """Refuse a request that needs more instances of its type than the account's jobs leave.

    Args:
        request: A checked CreateTrainingJob request.
        jobs: The account's jobs in this region; one that has ended uses nothing.

    Raises:
        SageMakerError: `ResourceLimitExceeded`.
    """
    limits = FAULTS.limits(request["TrainingJobName"])
    if not limits:
        return
    spot = _spot(request)
    in_use: Counter[str] = Counter()
    for job in jobs:
        if not job.done.is_set() and _spot(job.request) == spot:
            in_use += _instances(job.request)
    for instance_type, wanted in _instances(request).items():
        matching = [
            limit.instances for limit in limits if fnmatchcase(instance_type, limit.instance_type)
        ]
        used = in_use[instance_type]
        if not matching or used + wanted <= min(matching):
            continue
        usage = "spot training job usage" if spot else "training job usage"
        raise SageMakerError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{instance_type} for {usage}' is {min(matching)} "
            f"Instances, with current utilization of {used} Instances and a request delta of "
            f"{wanted} Instances. Please use AWS Service Quotas to request an increase for this "
            "quota. If AWS Service Quotas is not available, contact AWS support to request an "
            "increase for this quota.",
        )


def follow(job: TrainingJob) -> None:
    """Do to a job that has not started yet, now or in its time, what its faults say.

    One that ends before it starts, or is no managed spot job, leaves interruptions to others.
    """
    ending = FAULTS.take(job.name, Ending)
    if ending is not None and not ending.after_seconds:
        _end(job, ending)  # before it starts: no script is run
        return
    if ending is not None:
        _later(job, ending.after_seconds, lambda: _end(job, ending))
    interruption = FAULTS.take(job.name, InterruptSpot) if job.spot else None
    if interruption is not None:
        _later(job, interruption.after_seconds, lambda: _interrupt(job))


def before_describe(job_name: str) -> None:
    """Delay or refuse a DescribeTrainingJob call.

    Raises:
        SageMakerError: The call is refused.
    """
    slow = FAULTS.take(job_name, SlowDescribe)
    if slow is not None:
        time.sleep(slow.seconds)
    fault = FAULTS.take(job_name, FailDescribe)
    if fault is not None:
        raise SageMakerError(fault.error, fault.message, fault.status)


def look_at_rules(job: TrainingJob) -> None:
    """Let the debugger rules of a job that has ended go on to the next status of the plan."""
    fault = FAULTS.take(job.name, RuleStatus) if job.done.is_set() else None
    if fault is not None:
        job.rules.tell(
            lambda name: fnmatchcase(name, fault.rule), fault.status, "As a fault plan says."
        )


@dataclass
class Sync:
    """What a state that awaits a job waits for.

    Attributes:
        over: Set when the job has ended, or a fault ends the wait.
        dropped: The fault that ended it; None otherwise.
    """

    over: threading.Event
    dropped: DropSync | None = None


def sync(job: TrainingJob) -> Sync:
    """Return what the state that created this job has to wait for."""
    fault = FAULTS.take(job.name, DropSync)
    if fault is None:
        return Sync(job.done)
    wait = Sync(threading.Event())

    def drop() -> None:
        wait.dropped = fault if not job.done.wait(fault.after_seconds) else None
        wait.over.set()

    _in_thread(job, drop)
    return wait


def _spot(request: Mapping[str, Any]) -> bool:
    return bool(request.get("EnableManagedSpotTraining"))


def _instances(request: Mapping[str, Any]) -> Counter[str]:
    """Return how many instances of each type a request asks for."""
    return Counter(host.instance_type for host in cluster(request))


def _end(job: TrainingJob, fault: Ending) -> None:
    if isinstance(fault, FailJob):
        job.end_as("Failed", fault.reason)
    elif isinstance(fault, ExceedTime):
        job.end_as(fault.limit)
    else:
        _if_it_can(job.stop)


def _interrupt(job: TrainingJob) -> None:
    """Take the instances away as soon as the job trains."""
    while not _if_it_can(job.interrupt) and not job.done.wait(_PAUSE_SECONDS):
        pass


def _if_it_can(act: Callable[[], None]) -> bool:
    try:
        act()
    except SageMakerError:  # the job has ended, or is not there yet
        return False
    return True


def _later(job: TrainingJob, seconds: float, act: Callable[[], None]) -> None:
    def wait_and_act() -> None:
        if not job.done.wait(seconds):
            act()

    _in_thread(job, wait_and_act)


def _in_thread(job: TrainingJob, target: Callable[[], None]) -> None:
    context = contextvars.copy_context()  # the account and region are context variables
    threading.Thread(
        target=context.run, args=(target,), name=f"fault-{job.name}", daemon=True
    ).start()
