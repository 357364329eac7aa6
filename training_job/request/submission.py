"""The next CreateTrainingJob request of an execution, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training_job.arguments.guard_rails import GuardRails
from training_job.arguments.model import TrainingArguments
from training_job.arguments.parsing import parse_arguments
from training_job.arguments.problems import InvalidArguments, Problem
from training_job.attempt import Attempt, ExecutionContext, Plan, Progress
from training_job.failure import Failure, invalid_arguments
from training_job.job_name import OWNER_VARIABLE, attempt_name, default_job_name
from training_job.request.build import build_request
from training_job.request.remarks import remarks
from training_job.timeouts import attempt_timeout

STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""Key that a state machine adds to the input of one that it starts; not an argument.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-nested-workflows.html"""

LARGEST_REQUEST = 200_000
"""Bytes of a request as JSON. Step Functions carries 262,144 from state to state, and the request
travels with what is known of the attempts.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


@dataclass(frozen=True)
class Submission:
    """What the execution does next; every field is always there, since JSONata needs each.

    Attributes:
        decision: `create`, `create_as_role`, `succeed` (a dry run) or `fail`.
        request: The CreateTrainingJob request.
        timeout_seconds: Of the task that creates the job and awaits it.
        assume_role: Role to assume for it; empty for the state machine's own.
        plan, attempt: Carried on (attempt.py).
        output: Of a dry run.
        error, cause: Of a failure.
    """

    decision: str
    request: dict[str, Any] | None = None
    timeout_seconds: int = 0
    assume_role: str = ""
    plan: Plan | None = None
    attempt: Attempt | None = None
    output: dict[str, Any] | None = None
    error: str = ""
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the states carry it: no null, for JSONata would drop the field."""
        return {name: {} if value is None else value for name, value in asdict(self).items()}


def submission(
    given: Mapping[str, Any],
    *,
    guard_rails: GuardRails,
    execution: ExecutionContext,
    progress: Progress,
    now: str,
) -> Submission:
    """Return the next request of an execution.

    Args:
        given: The execution's input, whatever it is.
        guard_rails: Defaults and limits of the deployment.
        execution: The execution.
        progress: What the attempts so far came to.
        now: ISO 8601 time.

    Example:
        >>> execution = ExecutionContext(
        ...     "arn:aws:states:eu-west-1:123456789012:execution:RlTraining:a",
        ...     "2026-01-31T10:00:00.123Z",
        ... )
        >>> none = submission(
        ...     {}, guard_rails=GuardRails(), execution=execution, progress=Progress(), now=""
        ... )
        >>> none.decision, str(none.error)
        ('fail', 'InvalidArguments')
    """
    if isinstance(given, Mapping):
        given = {name: value for name, value in given.items() if name != STARTED_BY}
    try:
        arguments = parse_arguments(given, guard_rails)
        return _submission(
            arguments, _plan(arguments, given, guard_rails), execution, progress, now
        )
    except InvalidArguments as error:
        text = invalid_arguments(error.problems)
        return Submission("fail", error=Failure.INVALID_ARGUMENTS, cause=text)


def _submission(
    arguments: TrainingArguments,
    plan: Plan,
    execution: ExecutionContext,
    progress: Progress,
    now: str,
) -> Submission:
    base = arguments.job_name or default_job_name(execution.arn, execution.started_at)
    job_name = attempt_name(base, progress.names + 1)
    instance_type = plan.instance_types[progress.instance]
    chosen: dict[str, Any] = {} if arguments.instance_groups else {"instance_type": instance_type}
    if plan.name_chosen:
        chosen["environment"] = {**arguments.environment, OWNER_VARIABLE: execution.arn}
    request = build_request(
        arguments.model_copy(update=chosen), job_name=job_name, region=execution.region
    )
    _check_size(request)
    if arguments.dry_run:
        return Submission("succeed", output=_dry_run(request, plan))
    return Submission(
        "create_as_role" if arguments.assume_role else "create",
        request=request,
        timeout_seconds=attempt_timeout(arguments),
        assume_role=arguments.assume_role or "",
        plan=plan,
        attempt=Attempt(job_name, instance_type, now, execution.redrives),
    )


def _plan(arguments: TrainingArguments, given: Mapping[str, Any], guard_rails: GuardRails) -> Plan:
    types = [arguments.instance_type, *arguments.fallback_instance_types]
    if arguments.instance_groups:
        groups = arguments.instance_groups
        types = [" + ".join(f"{each.InstanceCount} x {each.InstanceType}" for each in groups)]
    return Plan(
        max_attempts=arguments.max_attempts,
        instance_types=types,
        fail_on_rule_issues=arguments.fail_on_rule_issues,
        name_chosen=arguments.job_name is not None,
        notes=remarks(arguments),
        defaults_applied=guard_rails.defaults_below(given),
        capacity_wait=arguments.capacity_wait,
    )


def _check_size(request: dict[str, Any]) -> None:
    size = len(json.dumps(request))
    if size > LARGEST_REQUEST:
        message = f"make a request of {size} bytes together with the other arguments"
        allowed = f"allowed: {LARGEST_REQUEST}, which Step Functions can carry"
        raise InvalidArguments([Problem("hyperparameters", f"{message}; {allowed}")])


def _dry_run(request: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        "dry_run": True,
        "request": request,
        "notes": plan.notes,
        "defaults_applied": plan.defaults_applied,
    }
