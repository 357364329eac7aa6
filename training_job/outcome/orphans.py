"""Which training jobs an execution that ended left running, and whether one that ended goes on.

Step Functions stops the job that a task awaits. Nothing stops a job that was only looked at: one
that was adopted, or whose task ended before it did.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from training_job.arguments.forms import is_given
from training_job.job_name import attempt_name, default_job_name
from training_job.outcome.description import Description

_MISSING_IN_A_ROW = 3
"""Names without a job after which there is none: create calls that failed use up names too."""


def goes_on(ended_at: datetime, redriven_at: datetime | None) -> bool:
    """Whether an execution was redriven since: then it looks after what it started.

    Both times are Step Functions' own; the status may still be that of a moment ago. To be asked
    once the orphans are known, for a redrive comes before what it starts.

    Args:
        ended_at: When the execution ended.
        redriven_at: When it was last redriven, by its description; None if it never was.

    Example:
        >>> ended_at = datetime(2026, 1, 31, 12)
        >>> goes_on(ended_at, None), goes_on(ended_at, ended_at)
        (False, True)
    """
    return redriven_at is not None and redriven_at >= ended_at


@dataclass(frozen=True)
class EndedTraining:
    """An execution that ended.

    Attributes:
        arn: Its ARN.
        started_at: ISO 8601 time at which it started.
        given: Its input as JSON.
    """

    arn: str
    started_at: str
    given: str

    def orphans(self, describe: Callable[[str], Description | None]) -> Iterator[str]:
        """Yield the names of the jobs that this execution started and that still run.

        Args:
            describe: Returns the job of a name; None when there is none.

        Example:
            >>> from training_job.outcome.description import describe
            >>> running = describe({"TrainingJobStatus": "InProgress"})
            >>> ended = EndedTraining("arn:aws:states:::a", "2026-01-31T10:00:00Z", "{}")
            >>> [name[-2:] for name in ended.orphans({ended.job_name + "-2": running}.get)]
            ['-2']
        """
        missing = 0
        for attempt in count(1):
            name = attempt_name(self.job_name, attempt)
            job = describe(name)
            missing = 0 if job else missing + 1
            if missing == _MISSING_IN_A_ROW:
                return
            if job and job.status == "InProgress" and self._owns(job):
                yield name

    @property
    def job_name(self) -> str:
        """The name of its first training job."""
        return self._chosen or default_job_name(self.arn, self.started_at)

    @property
    def _chosen(self) -> str:
        arguments = json.loads(self.given)
        name = arguments.get("job_name") if isinstance(arguments, dict) else None
        return name.strip() if isinstance(name, str) and is_given(name) else ""

    def _owns(self, job: Description) -> bool:
        """Whether a job of one of its names is its own, as for the judge (evidence.py)."""
        return not self._chosen or job.owner == self.arn
