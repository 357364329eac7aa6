"""What the execution does about an attempt: succeed, retry, wait, stop or fail.

`judge` is pure and total: whatever SageMaker and Step Functions report, it returns a verdict.
docs/outcomes.md tabulates it. What DescribeTrainingJob says decides; a task's error only counts
where there is no training job to describe.
"""

from __future__ import annotations

from training_job.failure import Failure, sentence
from training_job.outcome.capacity import NO_CAPACITY, no_capacity
from training_job.outcome.create_call import MAX_LOOKS, name_taken, no_job
from training_job.outcome.denied_data import denied_data
from training_job.outcome.description import RUNNING, Description
from training_job.outcome.evidence import Evidence
from training_job.outcome.service_error import ServiceErrorKind
from training_job.outcome.verdicts import (
    Verdict,
    fail,
    next_attempt,
    rejection,
    stop,
    succeed,
    wait,
)
from training_job.timeouts import next_look

INFRASTRUCTURE = (NO_CAPACITY, "InternalServerError", "InternalError", "InternalFailure")
"""Beginnings of failure reasons that are nobody's bug. SageMaker names the first two; the others
are assumed. AlgorithmError and ClientError are the script's and the caller's."""

TIME_IS_UP = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})

MAX_DENIED_LOOKS = 4
"""Looks in a row that may be denied: about 4 minutes, for permissions that change take a while."""
MAX_RULE_LOOKS = 120
"""Looks for rule evaluations that still run once training has ended: an hour."""
RULE_LOOK = 30
"""Seconds between them."""


def judge(evidence: Evidence) -> Verdict:
    """Return what to do about an attempt that has ended, or has not.

    Example:
        >>> from datetime import UTC, datetime
        >>> from training_job.attempt import Attempt, ExecutionContext, Plan, Progress
        >>> from training_job.outcome.description import describe
        >>> evidence = Evidence(
        ...     execution=ExecutionContext("arn:aws:states:eu-west-1:1:execution:m:a", ""),
        ...     plan=Plan(1, ["ml.m5.large"], False, False, [], {}),
        ...     attempt=Attempt("agent", "ml.m5.large", "2026-01-31T10:00:00Z", 0),
        ...     progress=Progress(),
        ...     error=None,
        ...     description=describe({"TrainingJobStatus": "InProgress"}),
        ...     describe_error=None,
        ...     now=datetime(2026, 1, 31, 10, 10, tzinfo=UTC),
        ... )
        >>> verdict = judge(evidence)
        >>> verdict.decision, verdict.wait_seconds
        ('wait', 30)
    """
    if evidence.description is None:
        return _undescribed(evidence)
    if evidence.somebody_elses:
        return name_taken(evidence, evidence.description)
    if evidence.description.status in RUNNING:
        return wait(evidence, next_look(evidence.elapsed_s), looked=False)
    return _ended(evidence, evidence.description)


def _ended(evidence: Evidence, job: Description) -> Verdict:
    endings = {"Completed": _completed, "Failed": _failed, "Stopped": _stopped}
    verdict = endings.get(job.status, _unknown)(evidence, job)
    if verdict.decision == "fail" and evidence.redriven:
        return next_attempt(evidence, job, backoff=1)
    return verdict


def _completed(evidence: Evidence, job: Description) -> Verdict:
    if job.model_artifact_url:
        return _trained(evidence, job, [])
    return fail(evidence, Failure.TRAINING_JOB_FAILED, f"{evidence.job} completed without a model.")


def _unknown(evidence: Evidence, job: Description) -> Verdict:
    if evidence.progress.looks < MAX_LOOKS:
        return wait(evidence, next_look(evidence.elapsed_s))
    message = f"{evidence.job} is in the state {job.status or 'unknown'}, which tells no outcome."
    return stop(evidence, Failure.TRAINING_JOB_FAILED, message)


def _failed(evidence: Evidence, job: Description) -> Verdict:
    reason = job.failure_reason or "SageMaker gave no reason"
    capacity = reason.startswith(NO_CAPACITY)
    if not reason.startswith(INFRASTRUCTURE):
        hint = denied_data(reason)
        message = " ".join(
            [f"{evidence.job} failed: {sentence(reason)}", *([hint] if hint else [])]
        )
        return fail(evidence, Failure.TRAINING_JOB_FAILED, message, log=True)
    if capacity and evidence.plan.capacity_wait:
        return no_capacity(evidence, job, f"{evidence.job} failed: {sentence(reason)}")
    if evidence.progress.spent + 1 < evidence.plan.max_attempts:
        backoff = min(30 * 2**evidence.progress.spent, 600)
        return next_attempt(evidence, job, backoff, next_instance=capacity)
    failure = Failure.CAPACITY_UNAVAILABLE if capacity else Failure.TRAINING_JOB_FAILED
    tried = "once" if evidence.plan.max_attempts == 1 else f"{evidence.plan.max_attempts} times"
    return fail(evidence, failure, f"{evidence.job} failed, tried {tried}: {sentence(reason)}")


def _stopped(evidence: Evidence, job: Description) -> Verdict:
    limit = {"MaxRuntimeExceeded": "max_run", "MaxWaitTimeExceeded": "max_wait_time"}
    if job.secondary_status not in TIME_IS_UP:
        message = f"{evidence.job} was stopped before it had completed."
        return fail(evidence, Failure.TRAINING_JOB_STOPPED, message)
    argument = limit[job.secondary_status]
    if not job.model_artifact_url:
        message = f"{evidence.job} reached {argument} and was stopped without having saved a model."
        return fail(evidence, Failure.TRAINING_JOB_STOPPED, message)
    return _trained(evidence, job, [f"Training ended because {argument} was reached."])


def _trained(evidence: Evidence, job: Description, notes: list[str]) -> Verdict:
    """Return the verdict on a job that left a model: the debugger rules have the last word."""
    waited = evidence.progress.looks >= MAX_RULE_LOOKS
    if job.rules_running and not waited:
        return wait(evidence, RULE_LOOK)
    broken = job.rules_that("Error")
    issues = job.rules_that("IssuesFound")
    running = job.rules_that("InProgress") + job.rules_that("Stopping")
    unsettled = issues + running if evidence.plan.fail_on_rule_issues else []
    if broken or unsettled:
        message = f"{evidence.job} was trained, but debugger rules ended badly: {_rules(job)}."
        return fail(evidence, Failure.RULE_EVALUATION_FAILED, message)
    if issues:
        notes = [*notes, f"Debugger rules found issues: {', '.join(issues)}."]
    if running:
        notes = [*notes, f"Debugger rules still ran an hour after training: {', '.join(running)}."]
    if stopped := job.rules_that("Stopped"):
        notes = [*notes, f"Debugger rules were stopped: {', '.join(stopped)}."]
    return succeed(evidence, job, notes)


def _undescribed(evidence: Evidence) -> Verdict:
    """Return the verdict where DescribeTrainingJob told nothing."""
    call, look = evidence.error, evidence.describe_error
    if look is not None and look.kind is ServiceErrorKind.NO_SUCH_JOB:
        return no_job(evidence)
    rejected = ServiceErrorKind.REJECTED
    if look and call and call.of_call and look.kind is call.kind is rejected:
        return fail(evidence, Failure.REQUEST_REJECTED, rejection("CreateTrainingJob", call))
    if evidence.progress.looks < (MAX_DENIED_LOOKS if look and look.denied else MAX_LOOKS):
        return wait(evidence, min(15 * 2**evidence.progress.looks, 300))
    if look and look.denied:
        return stop(evidence, Failure.REQUEST_REJECTED, rejection("DescribeTrainingJob", look))
    words = look.words if look else "no answer"
    name = evidence.attempt.job_name
    message = f"What became of training job {name} cannot be learnt: {sentence(words)}"
    return stop(evidence, Failure.TRAINING_JOB_FAILED, message)


def _rules(job: Description) -> str:
    return ", ".join(f"{rule['name']} ({rule['status']})" for rule in job.rules)
