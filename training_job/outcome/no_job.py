"""Verdicts where an attempt has no training job of its own: the create call's error decides."""

from __future__ import annotations

from dataclasses import replace

from training_job.failure import Failure
from training_job.outcome.case import Case, Verdict
from training_job.outcome.description import Description, iso
from training_job.outcome.service_error import Kind, ServiceError
from training_job.outcome.verdicts import fail, rejection, sentence, stop, wait

MAX_CALLS = 8
"""Create calls in a row that may be throttled or lost."""
MAX_QUOTA_CALLS = 3
"""Create calls in a row that may meet the quota, for each instance type."""
MAX_LOOKS = 20
"""Looks in a row that may tell nothing: about 80 minutes."""
_MAX_NAMES = 100


def no_job(case: Case) -> Verdict:
    """Return the verdict where there is no training job: the create call's error decides."""
    error, progress = case.error, case.progress
    if error is None:  # the answer may be older than the job
        if progress.looks < MAX_LOOKS:
            return wait(case, min(15 * 2**progress.looks, 300))
        message = f"{case.job} was created, but SageMaker does not know it."
        return stop(case, Failure.TRAINING_JOB_FAILED, message)
    if error.kind is Kind.QUOTA:
        return _quota(case, error)
    if error.kind not in (Kind.TRANSIENT, Kind.NAME_TAKEN):
        return fail(case, Failure.REQUEST_REJECTED, rejection("CreateTrainingJob", error))
    if progress.calls + 1 < MAX_CALLS:
        return _call_again(case, min(5 * 2**progress.calls, 300))
    message = f"SageMaker took no request in {MAX_CALLS} calls: {sentence(error.words)}"
    return fail(case, Failure.REQUEST_REJECTED, message)


def _quota(case: Case, error: ServiceError) -> Verdict:
    """Return the verdict on a quota: back off, then the next instance type, then give up."""
    progress = case.progress
    if progress.calls + 1 < MAX_QUOTA_CALLS:
        return _call_again(case, 60 * 5**progress.calls)
    if progress.instance + 1 < len(case.plan.instance_types):
        again = _call_again(case, 1)
        following = replace(again.progress, instance=progress.instance + 1, calls=0)
        return replace(again, progress=following)
    tried = ", ".join(case.plan.instance_types[: progress.instance + 1])
    message = f"The account's quota has no room for the job on {tried}: {sentence(error.words)}"
    return fail(case, Failure.CAPACITY_UNAVAILABLE, message)


def name_taken(case: Case, job: Description) -> Verdict:
    """Return the verdict where the job of this name was there before the attempt began."""
    created = iso(job.created_at)
    if case.plan.name_chosen and case.progress.names == 0 and not case.redriven:
        message = (
            f"The job name {case.attempt.job_name} belongs to a training job created {created}; "
            "names are never free again. Choose another job_name, or leave it out."
        )
        return fail(case, Failure.REQUEST_REJECTED, message)
    if case.progress.names >= _MAX_NAMES:
        message = f"No free job name was found up to {case.attempt.job_name}."
        return fail(case, Failure.REQUEST_REJECTED, message)
    following = replace(
        case.progress, names=case.progress.names + 1, calls=0, called_at="", looks=0
    )
    return Verdict("retry", following, wait_seconds=1)


def _call_again(case: Case, backoff: int) -> Verdict:
    """Return the verdict to create the same job again.

    The time of the first call is kept: should one of these calls have made the job after all, it
    is known for ours and adopted.
    """
    progress = case.progress
    called_at = progress.called_at or case.attempt.started_at
    following = replace(progress, calls=progress.calls + 1, called_at=called_at, looks=0)
    return Verdict("retry", following, wait_seconds=backoff)
