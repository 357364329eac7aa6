"""An execution that ended -> the training jobs that it left running.

Step Functions stops the job that a task awaits. Nothing stops a job that was only looked at: one
that was adopted, or whose task ended before it did.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Protocol

from training_job.arguments.forms import is_given
from training_job.job_name import attempt_name, default_job_name
from training_job.outcome.description import Description, iso, moment

OWNER_TAG = "AWS_STEP_FUNCTIONS_EXECUTION_ARN"
"""The tag by which Step Functions says whose a job is; callers cannot set it (rules.py)."""

_MISSING_IN_A_ROW = 3
"""Names without a job after which there is none: create calls that failed use up names too."""


class Jobs(Protocol):
    """What is asked of SageMaker."""

    def describe(self, job_name: str) -> Description | None:
        """Return the job of this name; None when there is none."""

    def tags(self, description: Description) -> Sequence[Mapping[str, str]]:
        """Return the job's tags as {Key, Value}."""


@dataclass(frozen=True)
class EndedExecution:
    """An execution that ended, from the detail of its status event.

    Attributes:
        arn: its ARN.
        job_name: of its first attempt.
        ended_at: when it ended.
    """

    arn: str
    job_name: str
    ended_at: datetime

    @classmethod
    def of(cls, detail: Mapping[str, Any], given: str) -> EndedExecution:
        """Return the execution.

        Args:
            detail: of the event: `executionArn`, `startDate` and `stopDate` in epoch milliseconds.
            given: the execution's input as JSON.

        Raises:
            ValueError: `stopDate` is not a time: the execution has not ended.
        """
        arn, ended_at = detail["executionArn"], moment(detail["stopDate"])
        if ended_at is None:
            raise ValueError(f"{arn} has not ended: its stopDate is {detail['stopDate']!r}")
        arguments = json.loads(given)
        chosen = arguments.get("job_name") if isinstance(arguments, dict) else None
        if isinstance(chosen, str) and is_given(chosen):
            return cls(arn, chosen.strip(), ended_at)
        name = default_job_name(arn, iso(moment(detail["startDate"])))
        return cls(arn, name, ended_at)

    def orphans(self, jobs: Jobs) -> Iterator[str]:
        """Yield the names of the jobs that this execution started and that still run."""
        missing = 0
        for attempt in count(1):
            name = attempt_name(self.job_name, attempt)
            description = jobs.describe(name)
            missing = 0 if description else missing + 1
            if missing == _MISSING_IN_A_ROW:
                return
            if description and self._may_stop(description) and self._owns(jobs.tags(description)):
                yield name

    def _may_stop(self, description: Description) -> bool:
        """Tell whether it runs and is no later: then it is of a redrive, which looks after it."""
        later = description.created_at is not None and description.created_at > self.ended_at
        return description.status == "InProgress" and not later

    def _owns(self, tags: Sequence[Mapping[str, str]]) -> bool:
        return any(tag["Key"] == OWNER_TAG and tag["Value"] == self.arn for tag in tags)
