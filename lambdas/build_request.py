"""BuildRequest: the next CreateTrainingJob request, from the execution's input and its progress.

The event is made by the state of the same name (infra/workflow/definition.py): `arguments` (the
execution's input), `execution` (arn, started_at, redrives), `progress` and `now`.
"""

from __future__ import annotations

import os
from typing import Any

from lambdas.log import logged
from training_job.arguments.guard_rails import GuardRails
from training_job.attempt import ExecutionContext, Progress
from training_job.request.submission import submission

_GUARD_RAILS = GuardRails.model_validate_json(os.environ.get("SETTINGS", "{}"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Return the submission (training_job/request/submission.py) as JSON."""
    with logged("BuildRequest", event["execution"]["arn"]) as decided:
        made = submission(
            event["arguments"],
            guard_rails=_GUARD_RAILS,
            execution=ExecutionContext(**event["execution"]),
            progress=Progress.of(event["progress"]),
            now=event["now"],
        )
        job_name = made.attempt.job_name if made.attempt else ""
        decided(decision=made.decision, job_name=job_name, error=made.error)
        return made.to_json()
