"""What is known of an attempt when it is judged, and what judging it comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from training_job.attempt import Attempt, Execution, Plan, Progress
from training_job.links import links
from training_job.outcome.description import Description, moment
from training_job.outcome.service_error import ServiceError

_CLOCKS_DIFFER = timedelta(seconds=1)


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

    @property
    def job(self) -> str:
        """Return the beginning of a sentence about the training job."""
        return f"Training job {self.attempt.job_name}"

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the attempt began."""
        began = moment(self.attempt.started_at) or self.now
        return max((self.now - began).total_seconds(), 0.0)

    @property
    def somebody_elses(self) -> bool:
        """Tell whether the job described is not this execution's."""
        return (self.owner or self.execution.arn) != self.execution.arn or self._older

    @property
    def may_be_somebody_elses(self) -> bool:
        """Tell whether only the job's tag shows whose it is: the call to create it failed."""
        called = self.error is not None and self.error.of_call
        return called and self.owner is None and not self._older

    @property
    def _older(self) -> bool:
        created_at = self.description.created_at if self.description else None
        began = moment(self.attempt.started_at)
        return bool(created_at and began and created_at < began - _CLOCKS_DIFFER)


@dataclass(frozen=True)
class Verdict:
    """What the execution does next.

    Attributes:
        decision: `succeed`, `retry`, `wait`, `identify` (the job's owner, then judge again),
            `stop` (the job, then fail) or `fail`.
        progress: carried on; after a failure by a redrive.
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
