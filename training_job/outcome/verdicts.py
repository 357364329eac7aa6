"""The verdicts there are, each with what the execution carries on or ends with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from training_job.attempt import Progress
from training_job.failure import Failure, cause, sentence
from training_job.outcome.description import Description, iso, moment, results
from training_job.outcome.evidence import Evidence
from training_job.outcome.service_error import ServiceError


@dataclass(frozen=True)
class Verdict:
    """What the execution does next.

    Attributes:
        decision: `succeed`, `retry`, `wait`, `stop` (the job, then fail) or `fail`.
        progress: Carried on; after a failure by a redrive.
        wait_seconds: Until the next look, with `wait`; the longest backoff, with `retry`.
        output: Of a success.
        error: Name of a failure.
        cause: Its cause, as JSON.
    """

    decision: str
    progress: Progress
    wait_seconds: int = 0
    output: dict[str, Any] | None = None
    error: str = ""
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the states carry it."""
        return vars(self) | {"progress": asdict(self.progress), "output": self.output or {}}


def wait(evidence: Evidence, seconds: int, *, looked: bool = True) -> Verdict:
    """Return the verdict to look again; `looked` counts the looks that settled nothing."""
    looks = evidence.progress.looks + 1 if looked else 0
    return Verdict("wait", replace(evidence.progress, looks=looks), wait_seconds=seconds)


def next_attempt(
    evidence: Evidence, job: Description, backoff: int, *, next_instance: bool = False
) -> Verdict:
    """Return the verdict to follow a job that ended with another, under the next name."""
    instance = evidence.progress.instance + (next_instance and not evidence.on_last_instance)
    following = evidence.progress.with_job(
        record(evidence, job), instance=instance, redriven=evidence.redriven
    )
    following = replace(following, waits=evidence.waits)
    return Verdict("retry", following, wait_seconds=backoff)


def fail(evidence: Evidence, failure: Failure, message: str, *, log: bool = False) -> Verdict:
    """Return the failure with all that is known; `log` points at the end of the job's log.

    Its progress is what a redrive of the execution goes on with.
    """
    job, jobs = evidence.description, _attempts(evidence)
    if log:
        message = f"{message} The end of its log: {evidence.links['logs']}"
    text = cause(
        message,
        job_name=evidence.attempt.job_name,
        failure_reason=job.failure_reason if job else "",
        attempts=jobs,
        rule_evaluations=job.rules if job else [],
        links=evidence.links,
    )
    following = Progress.after_failure(jobs, names=evidence.progress.names)
    return Verdict("fail", following, error=failure, cause=text)


def stop(evidence: Evidence, failure: Failure, message: str) -> Verdict:
    """Return the failure that leaves no job behind, and stops nobody else's job of that name."""
    if evidence.in_doubt and evidence.description is None:
        more = "Whose job that is, if there is one, is not known, so it was not stopped."
        return fail(evidence, failure, f"{message} {more}")
    return replace(fail(evidence, failure, message), decision="stop")


def succeed(evidence: Evidence, job: Description, notes: list[str]) -> Verdict:
    """Return the success with the execution's output."""
    return Verdict("succeed", evidence.progress, output=_output(evidence, job, notes))


def _output(evidence: Evidence, job: Description, notes: list[str]) -> dict[str, Any]:
    return {
        "job_name": evidence.attempt.job_name,
        "model_artifact_url": job.model_artifact_url,
        "status": job.status,
        "secondary_status": job.secondary_status,
        **results(job),
        "rule_evaluations": job.rules,
        "attempts": _attempts(evidence),
        "links": evidence.links,
        "notes": [*evidence.plan.notes, *notes, *filter(None, [str(evidence.waits)])],
        "defaults_applied": evidence.plan.defaults_applied,
    }


def _attempts(evidence: Evidence) -> list[dict[str, str]]:
    if evidence.description is None or evidence.somebody_elses:
        return evidence.progress.jobs
    return [*evidence.progress.jobs, record(evidence, evidence.description)]


def record(evidence: Evidence, job: Description) -> dict[str, str]:
    """Return what the execution keeps of a job that ended."""
    ended_at = moment(job.document.get("TrainingEndTime")) or evidence.now
    facts = {
        "job_name": evidence.attempt.job_name,
        "instance_type": evidence.attempt.instance_type,
        "status": job.status,
        "secondary_status": job.secondary_status,
        "started_at": iso(job.created_at) or evidence.attempt.started_at,
        "ended_at": iso(ended_at),
    }
    return facts | ({"failure_reason": job.failure_reason[:500]} if job.failure_reason else {})


def rejection(call: str, error: ServiceError) -> str:
    """Return the message that SageMaker rejected a call, in the service's words."""
    denied = f" (denied: {error.denied})" if error.denied else ""
    return f"SageMaker rejected {call}{denied}: {sentence(error.words)}"
