"""What happened to an attempt -> what the execution does: succeed, retry, wait, stop or fail.

`judge` is pure and total: whatever SageMaker and Step Functions report, it returns a verdict.
docs/outcomes.md tabulates it. What DescribeTrainingJob says decides; a task's error only counts
where there is no training job to describe.
"""

from __future__ import annotations

from training_job.failure import Failure
from training_job.outcome.case import Case, Verdict
from training_job.outcome.description import RUNNING, Description
from training_job.outcome.no_job import MAX_LOOKS, name_taken, no_job
from training_job.outcome.service_error import Kind
from training_job.outcome.verdicts import (
    fail,
    next_attempt,
    rejection,
    sentence,
    stop,
    succeed,
    wait,
)
from training_job.timeouts import next_look

INFRASTRUCTURE = ("CapacityError", "InternalServerError", "InternalError", "InternalFailure")
"""Beginnings of failure reasons that are nobody's bug. SageMaker names the first two; the others
are assumed. AlgorithmError and ClientError are the script's and the caller's."""

TIME_IS_UP = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})

MAX_DENIED_LOOKS = 4
"""Looks in a row that may be denied: about 4 minutes, for permissions that change take a while."""
MAX_RULE_LOOKS = 120
"""Looks for rule evaluations that still run once training has ended: an hour."""
RULE_LOOK = 30
"""Seconds between them."""


def judge(case: Case) -> Verdict:
    """Return what to do about an attempt that has ended, or has not."""
    if case.description is None:
        return _undescribed(case)
    if case.may_be_somebody_elses:
        return Verdict("identify", case.progress)
    if case.somebody_elses:
        return name_taken(case, case.description)
    if case.description.status in RUNNING:
        return wait(case, next_look(case.elapsed_s), looked=False)
    return _ended(case, case.description)


def _ended(case: Case, job: Description) -> Verdict:
    endings = {"Completed": _completed, "Failed": _failed, "Stopped": _stopped}
    verdict = endings.get(job.status, _unknown)(case, job)
    if verdict.decision == "fail" and case.redriven:
        return next_attempt(case, job, backoff=1)
    return verdict


def _completed(case: Case, job: Description) -> Verdict:
    if job.model_artifact_url:
        return _trained(case, job, [])
    return fail(case, Failure.TRAINING_JOB_FAILED, f"{case.job} completed without a model.")


def _unknown(case: Case, job: Description) -> Verdict:
    if case.progress.looks < MAX_LOOKS:
        return wait(case, next_look(case.elapsed_s))
    message = f"{case.job} is in the state {job.status or 'unknown'}, which tells no outcome."
    return stop(case, Failure.TRAINING_JOB_FAILED, message)


def _failed(case: Case, job: Description) -> Verdict:
    reason = job.failure_reason or "SageMaker gave no reason"
    capacity = reason.startswith("CapacityError")
    if not reason.startswith(INFRASTRUCTURE):
        message = f"{case.job} failed: {sentence(reason)}"
        return fail(case, Failure.TRAINING_JOB_FAILED, message, log=True)
    if case.progress.spent + 1 < case.plan.max_attempts:
        backoff = min(30 * 2**case.progress.spent, 600)
        return next_attempt(case, job, backoff, next_instance=capacity)
    failure = Failure.CAPACITY_UNAVAILABLE if capacity else Failure.TRAINING_JOB_FAILED
    tried = "once" if case.plan.max_attempts == 1 else f"{case.plan.max_attempts} times"
    return fail(case, failure, f"{case.job} failed, tried {tried}: {sentence(reason)}")


def _stopped(case: Case, job: Description) -> Verdict:
    limit = {"MaxRuntimeExceeded": "max_run", "MaxWaitTimeExceeded": "max_wait_time"}
    if job.secondary_status not in TIME_IS_UP:
        message = f"{case.job} was stopped before it had completed."
        return fail(case, Failure.TRAINING_JOB_STOPPED, message)
    argument = limit[job.secondary_status]
    if not job.model_artifact_url:
        message = f"{case.job} reached {argument} and was stopped without having saved a model."
        return fail(case, Failure.TRAINING_JOB_STOPPED, message)
    return _trained(case, job, [f"Training ended because {argument} was reached."])


def _trained(case: Case, job: Description, notes: list[str]) -> Verdict:
    """Return the verdict on a job that left a model: the debugger rules have the last word."""
    waited = case.progress.looks >= MAX_RULE_LOOKS
    if job.rules_running and not waited:
        return wait(case, RULE_LOOK)
    broken = job.rules_that("Error")
    issues = job.rules_that("IssuesFound")
    running = job.rules_that("InProgress") + job.rules_that("Stopping")
    unsettled = issues + running if case.plan.fail_on_rule_issues else []
    if broken or unsettled:
        message = f"{case.job} was trained, but debugger rules ended badly: {_rules(job)}."
        return fail(case, Failure.RULE_EVALUATION_FAILED, message)
    if issues:
        notes = [*notes, f"Debugger rules found issues: {', '.join(issues)}."]
    if running:
        notes = [*notes, f"Debugger rules still ran an hour after training: {', '.join(running)}."]
    if stopped := job.rules_that("Stopped"):
        notes = [*notes, f"Debugger rules were stopped: {', '.join(stopped)}."]
    return succeed(case, job, notes)


def _undescribed(case: Case) -> Verdict:
    """Return the verdict where DescribeTrainingJob told nothing."""
    call, look = case.error, case.describe_error
    if look is not None and look.kind is Kind.NO_SUCH_JOB:
        return no_job(case)
    rejected = call is not None and call.kind is Kind.REJECTED and (call.of_call or call.denied)
    if look and call and rejected and look.kind is Kind.REJECTED:
        return fail(case, Failure.REQUEST_REJECTED, rejection("CreateTrainingJob", call))
    if case.progress.looks < (MAX_DENIED_LOOKS if look and look.denied else MAX_LOOKS):
        return wait(case, min(15 * 2**case.progress.looks, 300))
    if look and look.denied:
        return stop(case, Failure.REQUEST_REJECTED, rejection("DescribeTrainingJob", look))
    words = look.words if look else "no answer"
    message = (
        f"What became of training job {case.attempt.job_name} cannot be learnt: {sentence(words)}"
    )
    return stop(case, Failure.TRAINING_JOB_FAILED, message)


def _rules(job: Description) -> str:
    return ", ".join(f"{rule['name']} ({rule['status']})" for rule in job.rules)
