"""The verdicts there are, each with what the execution carries on or ends with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from training_job.attempt import Progress
from training_job.failure import Failure, cause
from training_job.outcome.case import Case, Verdict
from training_job.outcome.description import Description, iso, moment, results
from training_job.outcome.service_error import ServiceError


def wait(case: Case, seconds: int, *, looked: bool = True) -> Verdict:
    """Return the verdict to look again; `looked` counts the looks that settled nothing."""
    looks = case.progress.looks + 1 if looked else 0
    return Verdict("wait", replace(case.progress, looks=looks), wait_seconds=seconds)


def next_attempt(
    case: Case, job: Description, backoff: int, *, next_instance: bool = False
) -> Verdict:
    """Return the verdict to follow a job that ended with another, under the next name."""
    more = case.progress.instance + 1 < len(case.plan.instance_types)
    following = case.progress.with_job(
        _record(case, job), next_instance=next_instance and more, redriven=case.redriven
    )
    return Verdict("retry", following, wait_seconds=backoff)


def fail(case: Case, failure: Failure, message: str, *, log: bool = False) -> Verdict:
    """Return the failure with all that is known; `log` points at the end of the job's log.

    Its progress is what a redrive of the execution goes on with.
    """
    job, jobs = case.description, _attempts(case)
    if log:
        message = f"{message} The end of its log: {case.links['logs']}"
    text = cause(
        message,
        job_name=case.attempt.job_name,
        failure_reason=job.failure_reason if job else "",
        attempts=jobs,
        rule_evaluations=job.rules if job else [],
        links=case.links,
    )
    following = Progress.after_failure(jobs, names=case.progress.names)
    return Verdict("fail", following, error=failure, cause=text)


def stop(case: Case, failure: Failure, message: str) -> Verdict:
    """Return the failure that leaves no job behind, and stops nobody else's job of that name."""
    ours = case.owner == case.execution.arn or not case.plan.name_chosen
    if not ours and case.error is not None and case.error.of_call:
        more = "Whose job that is, if there is one, is not known, so it was not stopped."
        return fail(case, failure, f"{message} {more}")
    return replace(fail(case, failure, message), decision="stop")


def succeed(case: Case, job: Description, notes: list[str]) -> Verdict:
    """Return the success with the execution's output."""
    return Verdict("succeed", case.progress, output=_output(case, job, notes))


def _output(case: Case, job: Description, notes: list[str]) -> dict[str, Any]:
    return {
        "job_name": case.attempt.job_name,
        "model_artifact_url": job.model_artifact_url,
        "status": job.status,
        "secondary_status": job.secondary_status,
        **results(job),
        "rule_evaluations": job.rules,
        "attempts": _attempts(case),
        "links": case.links,
        "notes": [*case.plan.notes, *notes],
        "defaults_applied": case.plan.defaults_applied,
    }


def _attempts(case: Case) -> list[dict[str, str]]:
    if case.description is None or case.somebody_elses:
        return case.progress.jobs
    return [*case.progress.jobs, _record(case, case.description)]


def _record(case: Case, job: Description) -> dict[str, str]:
    ended_at = moment(job.document.get("TrainingEndTime")) or case.now
    record = {
        "job_name": case.attempt.job_name,
        "instance_type": case.attempt.instance_type,
        "status": job.status,
        "secondary_status": job.secondary_status,
        "started_at": iso(job.created_at) or case.attempt.started_at,
        "ended_at": iso(ended_at),
    }
    return record | ({"failure_reason": job.failure_reason[:500]} if job.failure_reason else {})


def rejection(call: str, error: ServiceError) -> str:
    """Return the message that SageMaker rejected a call, in the service's words."""
    denied = f" (denied: {error.denied})" if error.denied else ""
    return f"SageMaker rejected {call}{denied}: {sentence(error.words)}"


def sentence(words: str) -> str:
    """Return the words with a full stop, so that another sentence may follow."""
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
