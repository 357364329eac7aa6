"""JudgeAttempt: succeed, retry, wait, stop or fail, from what came of an attempt.

The event is made by the state of the same name (infra/workflow/definition.py): `execution`, `plan`,
`attempt` and `progress` as BuildRequest and the last verdict left them, `error` (what the task
that creates the job raised), `description` and `describe_error` (what DescribeTrainingJob said)
and `now`. `error`, `description` and `describe_error` are {} where there is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lambdas.log import logged
from training_job.attempt import Attempt, ExecutionContext, Plan, Progress
from training_job.outcome.description import describe, moment
from training_job.outcome.evidence import Evidence
from training_job.outcome.judge import judge
from training_job.outcome.service_error import service_error


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Return the verdict (training_job/outcome/verdicts.py) as JSON."""
    arn, job_name = event["execution"]["arn"], event["attempt"].get("job_name")
    with logged("JudgeAttempt", arn, job_name=job_name) as decided:
        evidence = Evidence(
            execution=ExecutionContext(**event["execution"]),
            plan=Plan(**event["plan"]),
            attempt=Attempt(**event["attempt"]),
            progress=Progress.of(event["progress"]),
            error=service_error(event["error"]),
            description=describe(event["description"]),
            describe_error=service_error(event["describe_error"]),
            now=moment(event["now"]) or datetime.now(UTC),
        )
        verdict = judge(evidence)
        job = evidence.description
        decided(
            decision=verdict.decision,
            job_name=job_name,
            status=job.status if job else "",
            wait_seconds=verdict.wait_seconds,
            error=verdict.error,
        )
        return verdict.to_json()
