"""JudgeAttempt: what came of an attempt -> succeed, retry, wait, stop or fail.

The event is made by the state of the same name (infra/workflow/definition.py): `execution`, `plan`,
`attempt` and `progress` as BuildRequest and the last verdict left them, `error` (what the task
that creates the job raised), `description` and `describe_error` (what DescribeTrainingJob said),
`owner` (`execution`: what the job's tag said) and `now`. `error`, `description`, `describe_error`
and `owner` are {} where there is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from training_job.attempt import Attempt, Execution, Plan, Progress
from training_job.outcome.case import Case
from training_job.outcome.description import describe, moment
from training_job.outcome.judge import judge
from training_job.outcome.service_error import service_error


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Return the verdict (training_job/outcome/case.py) as JSON."""
    return judge(
        Case(
            execution=Execution(**event["execution"]),
            plan=Plan(**event["plan"]),
            attempt=Attempt(**event["attempt"]),
            progress=Progress.of(event["progress"]),
            error=service_error(event["error"]),
            description=describe(event["description"]),
            describe_error=service_error(event["describe_error"]),
            owner=event["owner"].get("execution"),
            now=moment(event["now"]) or datetime.now(UTC),
        )
    ).to_json()
