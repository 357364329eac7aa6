"""The verdict on a create call that made no training job, or met another's of the same name."""

from __future__ import annotations

from dataclasses import replace

from training_job.failure import Failure, sentence
from training_job.outcome.capacity import no_room
from training_job.outcome.description import Description, iso
from training_job.outcome.evidence import Evidence
from training_job.outcome.service_error import ServiceError, ServiceErrorKind
from training_job.outcome.verdicts import Verdict, fail, rejection, stop, wait

MAX_CALLS = 8
"""Create calls in a row that may be throttled or lost."""
MAX_QUOTA_CALLS = 3
"""Create calls in a row that may meet the quota, for each instance type, before any wait."""
MAX_LOOKS = 20
"""Looks in a row that may tell nothing: about 80 minutes."""
_MAX_NAMES = 100

CHOOSE_ANOTHER = "Choose another job_name, or leave it out."
"""For whoever starts a training; the redrive of a sweep chooses other names by itself."""


def no_job(evidence: Evidence) -> Verdict:
    """Return the verdict where SageMaker knows no job of this name."""
    error, progress = evidence.error, evidence.progress
    if error is None or not error.of_call:
        # The call may have made a job: SageMaker's answer may be older than that.
        if progress.looks < MAX_LOOKS:
            return wait(evidence, min(15 * 2**progress.looks, 300))
        words = f": {sentence(error.words)}" if error else "."
        message = f"{evidence.job} was created, but SageMaker does not know it{words}"
        return stop(evidence, Failure.TRAINING_JOB_FAILED, message)
    if error.kind is ServiceErrorKind.QUOTA:
        return _quota(evidence, error)
    if error.kind not in (ServiceErrorKind.TRANSIENT, ServiceErrorKind.NAME_TAKEN):
        return fail(evidence, Failure.REQUEST_REJECTED, rejection("CreateTrainingJob", error))
    if progress.calls + 1 < MAX_CALLS:
        return _call_again(evidence, min(5 * 2**progress.calls, 300))
    message = f"SageMaker took no request in {MAX_CALLS} calls: {sentence(error.words)}"
    # A name that is taken is that of a job, although SageMaker does not describe it.
    end = stop if error.kind is ServiceErrorKind.NAME_TAKEN else fail
    return end(evidence, Failure.REQUEST_REJECTED, message)


def _quota(evidence: Evidence, error: ServiceError) -> Verdict:
    """Return the verdict on a quota: back off, then the next instance type, then no room.

    An execution that waits for capacity backs off once: afterwards the waits are its backoff.
    """
    progress = evidence.progress
    if progress.calls + 1 < MAX_QUOTA_CALLS and not evidence.waits.times:
        return _call_again(evidence, 60 * 5**progress.calls)
    if not evidence.on_last_instance:
        again = _call_again(evidence, 1)
        following = replace(again.progress, instance=progress.instance + 1, calls=0)
        return replace(again, progress=following)
    tried = ", ".join(evidence.plan.instance_types[: progress.instance + 1])
    message = f"The account's quota has no room for the job on {tried}: {sentence(error.words)}"
    return no_room(evidence, message)


def name_taken(evidence: Evidence, job: Description) -> Verdict:
    """Return the verdict where the job of this name is another's."""
    name, created = evidence.attempt.job_name, iso(job.created_at)
    if evidence.plan.name_chosen and evidence.progress.names == 0 and not evidence.redriven:
        message = (
            f"The job name {name} belongs to a training job created {created}; "
            f"names are never free again. {CHOOSE_ANOTHER}"
        )
        return fail(evidence, Failure.REQUEST_REJECTED, message)
    if evidence.progress.names >= _MAX_NAMES:
        message = f"No free job name was found up to {name}."
        return fail(evidence, Failure.REQUEST_REJECTED, message)
    following = replace(evidence.progress, names=evidence.progress.names + 1, calls=0, looks=0)
    return Verdict("retry", following, wait_seconds=1)


def _call_again(evidence: Evidence, backoff: int) -> Verdict:
    """Return the verdict to create the same job again: a call that had made it is found out."""
    following = replace(evidence.progress, calls=evidence.progress.calls + 1, looks=0)
    return Verdict("retry", following, wait_seconds=backoff)
