"""The state that an execution carries from attempt to attempt, as JSON between its states.

`Plan` never changes; `Attempt` is the training job that is being tried; `Progress` is what the
attempts so far came to. BuildRequest makes the first two, JudgeAttempt the third.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class ExecutionContext:
    """The execution, as Step Functions' context object has it.

    Attributes:
        arn: `$states.context.Execution.Id`.
        started_at: `$states.context.Execution.StartTime`, ISO 8601.
        redrives: `$states.context.Execution.RedriveCount`.
    """

    arn: str
    started_at: str
    redrives: int = 0

    @property
    def region(self) -> str:
        """Region of the state machine."""
        return self.arn.split(":")[3]


@dataclass(frozen=True)
class Plan:
    """What the arguments say about the attempts.

    Attributes:
        max_attempts: Most training jobs, redrives aside.
        instance_types: `instance_type`, then its fallbacks; of a job in groups, one text for all.
        fail_on_rule_issues: Whether issues that a debugger rule finds fail the execution.
        name_chosen: Whether the caller chose the job name.
        notes: Sentences for the caller that go into the output.
        defaults_applied: Arguments that the deployment supplied.
        capacity_wait: Seconds that the execution may wait for capacity, in all.
    """

    max_attempts: int
    instance_types: list[str]
    fail_on_rule_issues: bool
    name_chosen: bool
    notes: list[str]
    defaults_applied: dict[str, Any]
    capacity_wait: int = 0


@dataclass(frozen=True)
class Attempt:
    """The training job that is being tried.

    Attributes:
        job_name: Its name.
        instance_type: Its instance type.
        started_at: ISO 8601 time before the call to create it.
        redrives: The execution's redrives at that time.
    """

    job_name: str
    instance_type: str
    started_at: str
    redrives: int


@dataclass(frozen=True)
class CapacityWaits:
    """The waits of an execution for which no instance type had room.

    Attributes:
        times: How many there were.
        since: ISO 8601 time at which the present one began; empty when there is none.
        seconds: What those before it took.
        redrives: The execution's redrives then; another redrive has all the time anew.
    """

    times: int = 0
    since: str = ""
    seconds: int = 0
    redrives: int = 0

    def __str__(self) -> str:
        """Return a sentence; empty when there was no wait."""
        if not self.times:
            return ""
        minutes = self.seconds / 60
        long = f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes:.0f} minutes"
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"Waited {times} for capacity, {long} in all."


@dataclass(frozen=True)
class Progress:
    """What the attempts so far came to.

    Attributes:
        jobs: The training jobs that ended and were not the last: job_name, instance_type, status,
            secondary_status, failure_reason, started_at and ended_at of each.
        names: Job names used up.
        instance: Index into the plan's instance types.
        calls: Create calls in a row that made no job.
        looks: Looks in a row that settled nothing (no description, or rules still running).
        budget_from: Jobs before this index do not count: they ended before the last redrive.
        free: Jobs from that index on that used up no attempt, for they found no capacity.
        waits: For capacity.
    """

    jobs: list[dict[str, str]] = field(default_factory=list)
    names: int = 0
    instance: int = 0
    calls: int = 0
    looks: int = 0
    budget_from: int = 0
    free: int = 0
    waits: CapacityWaits = CapacityWaits()

    @classmethod
    def of(cls, value: dict[str, Any] | None) -> Self:
        """Return the progress that a state carried; nothing yet for none."""
        value = value or {}
        return cls(**value | {"waits": CapacityWaits(**value.get("waits", {}))})

    def to_json(self) -> dict[str, Any]:
        """Return it as the states carry it."""
        return asdict(self)

    def with_job(self, record: dict[str, str], *, instance: int, redriven: bool) -> Self:
        """Return the progress after a job that ended and is to be followed by another.

        Args:
            record: Of the job.
            instance: Index of the instance type that follows.
            redriven: Whether the execution was redriven since the job began.
        """
        return replace(
            self,
            jobs=[*self.jobs, record],
            names=self.names + 1,
            instance=instance,
            calls=0,
            looks=0,
            budget_from=len(self.jobs) + 1 if redriven else self.budget_from,
            free=0 if redriven else self.free,
        )

    @classmethod
    def after_failure(cls, jobs: list[dict[str, str]], *, names: int) -> Self:
        """Return the progress with which a redrive follows a failure, budget and instance anew.

        Args:
            jobs: The training jobs that ended, the last one among them.
            names: Job names used up before the attempt that failed; its own is used up too,
                whether or not it had a job.
        """
        return cls(jobs=jobs, names=names + 1, budget_from=len(jobs))

    @property
    def spent(self) -> int:
        """Training jobs that count against `max_attempts`."""
        return len(self.jobs) - self.budget_from - self.free
