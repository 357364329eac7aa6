"""What happened to an attempt -> what the execution does: succeed, retry, wait, stop or fail.

`judge` is pure and total: whatever SageMaker and Step Functions report, it returns a verdict.
docs/outcomes.md tabulates it. What DescribeTrainingJob says decides; a task's error only counts
where there is no training job to describe.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from training_job.attempt import Attempt, Execution, Plan, Progress
from training_job.description import RUNNING, Description, iso, moment, results
from training_job.links import links
from training_job.outcome import Failure, cause
from training_job.service_error import Kind, ServiceError
from training_job.timeouts import next_look

INFRASTRUCTURE = ("CapacityError", "InternalServerError", "InternalError", "InternalFailure")
"""Beginnings of failure reasons that are nobody's bug. SageMaker names the first two; the others
are assumed. AlgorithmError and ClientError are the script's and the caller's."""

TIME_IS_UP = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})

MAX_CALLS = 8
"""Create calls in a row that may be throttled or lost."""
MAX_QUOTA_CALLS = 3
"""Create calls in a row that may meet the quota, for each instance type."""
MAX_LOOKS = 20
"""Looks in a row that may fail: about 80 minutes."""
MAX_DENIED_LOOKS = 4
"""Looks in a row that may be denied: about 4 minutes, for permissions that change take a while."""
MAX_RULE_LOOKS = 120
"""Looks for rule evaluations that still run once training has ended: an hour."""
RULE_LOOK = 30
"""Seconds between them."""

_CLOCKS_DIFFER = timedelta(seconds=1)
_MAX_NAMES = 100


@dataclass(frozen=True)
class Case:
    """All that is known when an attempt is judged.

    Attributes:
        execution: the execution.
        plan: what the arguments say about attempts.
        attempt: the training job that was tried.
        progress: what came before.
        error: the error of the task that creates the job and awaits it; None for none.
        description: what DescribeTrainingJob told; None when it told nothing.
        describe_error: the error of that call; None for none.
        owner: ARN of the execution that created the job, by its tag; empty when the tag does not
            tell, None when nobody looked.
        now: the time.
    """

    execution: Execution
    plan: Plan
    attempt: Attempt
    progress: Progress
    error: ServiceError | None
    description: Description | None
    describe_error: ServiceError | None
    owner: str | None
    now: datetime

    @property
    def redriven(self) -> bool:
        """Tell whether the execution was redriven since the attempt began."""
        return self.execution.redrives != self.attempt.redrives

    @property
    def links(self) -> dict[str, str]:
        """Return the console pages."""
        return links(self.execution.arn, self.attempt.job_name)


@dataclass(frozen=True)
class Verdict:
    """What the execution does next.

    Attributes:
        decision: `succeed`, `retry`, `wait`, `identify` (the job's owner, then judge again),
            `stop` (the job, then fail) or `fail`.
        progress: carried on.
        wait_seconds: until the next look, with `wait`; the longest backoff, with `retry`.
        output: of a success.
        error: name of a failure.
        cause: its cause, as JSON.
    """

    decision: str
    progress: Progress
    wait_seconds: int = 0
    output: dict[str, Any] | None = None
    error: str = ""
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the states carry it."""
        return asdict(self) | {"output": self.output or {}}


def judge(case: Case) -> Verdict:
    """Return what to do about an attempt that has ended, or has not."""
    if case.description is None:
        return _undescribed(case)
    if case.owner is None and _may_be_somebody_elses(case, case.description):
        return Verdict("identify", case.progress)
    if _somebody_elses(case, case.description):
        return _name_taken(case, case.description)
    if case.description.status in RUNNING:
        return _wait(case, next_look(_elapsed_s(case)), looked=False)
    return _ended(case, case.description)


def _ended(case: Case, job: Description) -> Verdict:
    endings = {"Completed": _completed, "Failed": _failed, "Stopped": _stopped}
    verdict = endings.get(job.status, _unknown)(case, job)
    if verdict.decision == "fail" and case.redriven:
        return _next_attempt(case, job, backoff=1)
    return verdict


def _completed(case: Case, job: Description) -> Verdict:
    if job.model_artifact_url:
        return _trained(case, job, [])
    return _fail(case, Failure.TRAINING_JOB_FAILED, f"{_job(case)} completed without a model.")


def _unknown(case: Case, job: Description) -> Verdict:
    if case.progress.looks < MAX_LOOKS:
        return _wait(case, next_look(_elapsed_s(case)))
    message = f"{_job(case)} is in the state {job.status or 'unknown'}, which tells no outcome."
    return _stop(case, Failure.TRAINING_JOB_FAILED, message)


def _failed(case: Case, job: Description) -> Verdict:
    reason = job.failure_reason or "SageMaker gave no reason"
    capacity = reason.startswith("CapacityError")
    if not reason.startswith(INFRASTRUCTURE):
        message = f"{_job(case)} failed: {_sentence(reason)}"
        return _fail(case, Failure.TRAINING_JOB_FAILED, message, log=True)
    if case.progress.spent + 1 < case.plan.max_attempts:
        backoff = min(30 * 2**case.progress.spent, 600)
        return _next_attempt(case, job, backoff, next_instance=capacity)
    failure = Failure.CAPACITY_UNAVAILABLE if capacity else Failure.TRAINING_JOB_FAILED
    tried = "once" if case.plan.max_attempts == 1 else f"{case.plan.max_attempts} times"
    return _fail(case, failure, f"{_job(case)} failed, tried {tried}: {_sentence(reason)}")


def _stopped(case: Case, job: Description) -> Verdict:
    limit = {"MaxRuntimeExceeded": "max_run", "MaxWaitTimeExceeded": "max_wait_time"}
    if job.secondary_status not in TIME_IS_UP:
        message = f"{_job(case)} was stopped before it had completed."
        return _fail(case, Failure.TRAINING_JOB_STOPPED, message)
    argument = limit[job.secondary_status]
    if not job.model_artifact_url:
        message = f"{_job(case)} reached {argument} and was stopped without having saved a model."
        return _fail(case, Failure.TRAINING_JOB_STOPPED, message)
    return _trained(case, job, [f"Training ended because {argument} was reached."])


def _trained(case: Case, job: Description, notes: list[str]) -> Verdict:
    """Return the verdict on a job that left a model: the debugger rules have the last word."""
    waited = case.progress.looks >= MAX_RULE_LOOKS
    if job.rules_running and not waited:
        return _wait(case, RULE_LOOK)
    broken = job.rules_that("Error")
    issues = job.rules_that("IssuesFound")
    running = job.rules_that("InProgress") + job.rules_that("Stopping")
    unsettled = issues + running if case.plan.fail_on_rule_issues else []
    if broken or unsettled:
        message = f"{_job(case)} was trained, but debugger rules ended badly: {_rules(job)}."
        return _fail(case, Failure.RULE_EVALUATION_FAILED, message)
    if issues:
        notes = [*notes, f"Debugger rules found issues: {', '.join(issues)}."]
    if running:
        notes = [*notes, f"Debugger rules still ran an hour after training: {', '.join(running)}."]
    if stopped := job.rules_that("Stopped"):
        notes = [*notes, f"Debugger rules were stopped: {', '.join(stopped)}."]
    return Verdict("succeed", case.progress, output=_output(case, job, notes))


def _undescribed(case: Case) -> Verdict:
    """Return the verdict where DescribeTrainingJob told nothing."""
    call, look = case.error, case.describe_error
    if look is not None and look.kind is Kind.NO_SUCH_JOB:
        return _no_job(case)
    rejected = call is not None and call.kind is Kind.REJECTED and (call.of_call or call.denied)
    if look and call and rejected and look.kind is Kind.REJECTED:
        return _fail(case, Failure.REQUEST_REJECTED, _rejection("CreateTrainingJob", call))
    if case.progress.looks < (MAX_DENIED_LOOKS if look and look.denied else MAX_LOOKS):
        return _wait(case, min(15 * 2**case.progress.looks, 300))
    if look and look.denied:
        return _stop(case, Failure.REQUEST_REJECTED, _rejection("DescribeTrainingJob", look))
    words = look.words if look else "no answer"
    message = f"What became of {_job(case, start=False)} cannot be learnt: {_sentence(words)}"
    return _stop(case, Failure.TRAINING_JOB_FAILED, message)


def _no_job(case: Case) -> Verdict:
    """Return the verdict where there is no training job: the create call's error decides."""
    error, progress = case.error, case.progress
    if error is None:  # the answer may be older than the job
        if progress.looks < MAX_LOOKS:
            return _wait(case, min(15 * 2**progress.looks, 300))
        message = f"{_job(case)} was created, but SageMaker does not know it."
        return _stop(case, Failure.TRAINING_JOB_FAILED, message)
    if error.kind is Kind.QUOTA:
        return _quota(case, error)
    if error.kind not in (Kind.TRANSIENT, Kind.NAME_TAKEN):
        return _fail(case, Failure.REQUEST_REJECTED, _rejection("CreateTrainingJob", error))
    if progress.calls + 1 < MAX_CALLS:
        return _call_again(case, min(5 * 2**progress.calls, 300))
    message = f"SageMaker took no request in {MAX_CALLS} calls: {_sentence(error.words)}"
    return _fail(case, Failure.REQUEST_REJECTED, message)


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
    message = f"The account's quota has no room for the job on {tried}: {_sentence(error.words)}"
    return _fail(case, Failure.CAPACITY_UNAVAILABLE, message)


def _name_taken(case: Case, job: Description) -> Verdict:
    """Return the verdict where the job of this name was there before the attempt began."""
    created = iso(job.created_at)
    if case.plan.name_chosen and case.progress.names == 0 and not case.redriven:
        message = (
            f"The job name {case.attempt.job_name} belongs to a training job created {created}; "
            "names are never free again. Choose another job_name, or leave it out."
        )
        return _fail(case, Failure.REQUEST_REJECTED, message)
    if case.progress.names >= _MAX_NAMES:
        message = f"No free job name was found up to {case.attempt.job_name}."
        return _fail(case, Failure.REQUEST_REJECTED, message)
    following = replace(
        case.progress, names=case.progress.names + 1, calls=0, called_at="", looks=0
    )
    return Verdict("retry", following, wait_seconds=1)


def _rejection(call: str, error: ServiceError) -> str:
    denied = f" (denied: {error.denied})" if error.denied else ""
    return f"SageMaker rejected {call}{denied}: {_sentence(error.words)}"


def _wait(case: Case, seconds: int, *, looked: bool = True) -> Verdict:
    looks = case.progress.looks + 1 if looked else 0
    return Verdict("wait", replace(case.progress, looks=looks), wait_seconds=seconds)


def _call_again(case: Case, backoff: int) -> Verdict:
    """Return the verdict to create the same job again.

    The time of the first call is kept: should one of these calls have made the job after all, it
    is known for ours and adopted.
    """
    progress = case.progress
    called_at = progress.called_at or case.attempt.started_at
    following = replace(progress, calls=progress.calls + 1, called_at=called_at, looks=0)
    return Verdict("retry", following, wait_seconds=backoff)


def _next_attempt(
    case: Case, job: Description, backoff: int, *, next_instance: bool = False
) -> Verdict:
    more = case.progress.instance + 1 < len(case.plan.instance_types)
    following = case.progress.with_job(
        _record(case, job), next_instance=next_instance and more, redriven=case.redriven
    )
    return Verdict("retry", following, wait_seconds=backoff)


def _fail(case: Case, failure: Failure, message: str, *, log: bool = False) -> Verdict:
    job = case.description
    if log:
        message = f"{message} The end of its log: {case.links['logs']}"
    text = cause(
        message,
        job_name=case.attempt.job_name,
        failure_reason=job.failure_reason if job else "",
        attempts=_attempts(case),
        rule_evaluations=job.rules if job else [],
        links=case.links,
    )
    return Verdict("fail", case.progress, error=failure, cause=text)


def _stop(case: Case, failure: Failure, message: str) -> Verdict:
    """Return the failure that leaves no job behind, and stops nobody else's job of that name."""
    if case.plan.name_chosen and case.error is not None and case.error.of_call:
        more = "Whose job that is, if there is one, is not known, so it was not stopped."
        return _fail(case, failure, f"{message} {more}")
    return replace(_fail(case, failure, message), decision="stop")


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
    if case.description is None or _somebody_elses(case, case.description):
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


def _may_be_somebody_elses(case: Case, job: Description) -> bool:
    """Tell whether only the job's tag shows whether this execution made it: the call failed."""
    called = case.error is not None and case.error.of_call
    return called and not _older(job, case.attempt)


def _somebody_elses(case: Case, job: Description) -> bool:
    owner = case.owner or case.execution.arn
    return owner != case.execution.arn or _older(job, case.attempt)


def _older(job: Description, attempt: Attempt) -> bool:
    began = moment(attempt.started_at)
    if job.created_at is None or began is None:
        return False
    return job.created_at < began - _CLOCKS_DIFFER


def _elapsed_s(case: Case) -> float:
    began = moment(case.attempt.started_at) or case.now
    return max((case.now - began).total_seconds(), 0.0)


def _job(case: Case, *, start: bool = True) -> str:
    return f"{'Training' if start else 'training'} job {case.attempt.job_name}"


def _rules(job: Description) -> str:
    return ", ".join(f"{rule['name']} ({rule['status']})" for rule in job.rules)


def _sentence(words: str) -> str:
    """Return the words with a full stop, so that another sentence may follow."""
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
