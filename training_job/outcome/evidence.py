"""What is known of an attempt when it is judged."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

from training_job.attempt import Attempt, CapacityWaits, ExecutionContext, Plan, Progress
from training_job.links import links
from training_job.outcome.description import Description, moment
from training_job.outcome.service_error import ServiceError


@dataclass(frozen=True)
class Evidence:
    """All that is known when an attempt is judged.

    Attributes:
        execution: The execution.
        plan: What the arguments say about attempts.
        attempt: The training job that was tried.
        progress: What came before.
        error: The error of the task that creates the job and awaits it; None for none.
        description: What DescribeTrainingJob told; None when it told nothing.
        describe_error: The error of that call; None for none.
        now: The time.
    """

    execution: ExecutionContext
    plan: Plan
    attempt: Attempt
    progress: Progress
    error: ServiceError | None
    description: Description | None
    describe_error: ServiceError | None
    now: datetime

    @property
    def redriven(self) -> bool:
        """Whether the execution was redriven since the attempt began."""
        return self.execution.redrives != self.attempt.redrives

    @property
    def on_last_instance(self) -> bool:
        """Whether no instance type is left to fall back on."""
        return self.progress.instance + 1 >= len(self.plan.instance_types)

    def waits_until(self, until: datetime) -> CapacityWaits:
        """Return the waits for capacity with all that they took; a redrive has yet to wait.

        Every wait counts for at least a second, so that there is an end to them.
        """
        waits, redrives = self.progress.waits, self.execution.redrives
        if waits.redrives != redrives:
            return CapacityWaits(redrives=redrives)
        since = moment(waits.since)
        if since is None:
            return waits
        took = max(1, math.ceil((until - since).total_seconds()))
        return replace(waits, since="", seconds=waits.seconds + took)

    @property
    def waits(self) -> CapacityWaits:
        """The waits for capacity, up to the attempt."""
        return self.waits_until(moment(self.attempt.started_at) or self.now)

    @property
    def links(self) -> dict[str, str]:
        """The console pages."""
        return links(self.execution.arn, self.attempt.job_name)

    @property
    def job(self) -> str:
        """The beginning of a sentence about the training job."""
        return f"Training job {self.attempt.job_name}"

    @property
    def elapsed_s(self) -> float:
        """Seconds since the attempt began."""
        began = moment(self.attempt.started_at) or self.now
        return max((self.now - began).total_seconds(), 0.0)

    @property
    def in_doubt(self) -> bool:
        """Whether a job of this name may be another's.

        Names are unique, so a job is ours whose create call succeeded, or whose name was made from
        the execution's ARN. No clock has a say: SageMaker's and Step Functions' need not agree.
        """
        may_have_failed = self.error is not None and self.error.of_call is not False
        return self.plan.name_chosen and may_have_failed

    @property
    def somebody_elses(self) -> bool:
        """Whether the job described is not this execution's."""
        job = self.description
        return self.in_doubt and job is not None and job.owner != self.execution.arn
