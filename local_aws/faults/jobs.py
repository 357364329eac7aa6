"""What the faults of a plan do to the calls and jobs they are meant for."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

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
from local_aws.sagemaker.job.training_job import TrainingJob

_PAUSE_SECONDS = 0.05


def before_create(job_name: str) -> SageMakerError | None:
    """Return the error to answer with once the job is created; None for an ordinary answer.

    Raises:
        SageMakerError: the call is rejected.
    """
    fault = FAULTS.take(job_name, CreateFault)
    if fault is None:
        return None
    error = SageMakerError(fault.error, fault.message, fault.status)
    if isinstance(fault, LoseAnswer):
        return error
    raise error


def follow(job: TrainingJob) -> None:
    """Do to a job that has not started yet, now or in its time, what its faults say."""
    ending = FAULTS.take(job.name, Ending)
    if ending is not None and not ending.after_seconds:
        _end(job, ending)  # before it starts: no script is run
    elif ending is not None:
        _later(job, ending.after_seconds, lambda: _end(job, ending))
    interruption = FAULTS.take(job.name, InterruptSpot)
    if interruption is not None:
        _later(job, interruption.after_seconds, lambda: _interrupt(job))


def before_describe(job_name: str) -> None:
    """Delay or refuse a DescribeTrainingJob call.

    Raises:
        SageMakerError: the call is refused.
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
        over: set when the job has ended, or a fault ends the wait.
        dropped: the fault that ended it; None otherwise.
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


def _end(job: TrainingJob, fault: Ending) -> None:
    if isinstance(fault, FailJob):
        job.end_as("Failed", fault.reason)
    elif isinstance(fault, ExceedTime):
        job.end_as(fault.limit)
    else:
        _if_it_can(job.stop)


def _interrupt(job: TrainingJob) -> None:
    """Take the instances away as soon as the job trains."""
    while not _if_it_can(job.interrupt):
        if not job.spot or job.done.wait(_PAUSE_SECONDS):
            return


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
