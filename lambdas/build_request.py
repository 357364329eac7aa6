"""BuildRequest: the execution's input and its progress -> the next CreateTrainingJob request.

The event is made by the state of the same name (infra/workflow/definition.py): `arguments` (the
execution's input), `execution` (arn, started_at, redrives), `progress` and `now`.
"""

from __future__ import annotations

import os
from typing import Any

from training_job.arguments.guard_rails import GuardRails
from training_job.attempt import Execution, Progress
from training_job.request.submission import submission

_GUARD_RAILS = GuardRails.model_validate_json(os.environ.get("SETTINGS", "{}"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Return the submission (training_job/request/submission.py) as JSON."""
    return submission(
        event["arguments"],
        guard_rails=_GUARD_RAILS,
        execution=Execution(**event["execution"]),
        progress=Progress.of(event["progress"]),
        now=event["now"],
    ).to_json()
