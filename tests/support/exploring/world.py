"""What is true of the training jobs of an execution, whatever it is told of them."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

_ZERO = datetime(2026, 1, 31, 10, 0, 1, tzinfo=UTC)


class Job(NamedTuple):
    """A training job.

    Attributes:
        name: Its name.
        ours: Whether the execution made it.
        created: When, in seconds by SageMaker's clock.
        environment: Its environment variables.
        status: `TrainingJobStatus`.
        secondary: `SecondaryStatus`.
        reason: `FailureReason`.
        model: Whether it left one.
    """

    name: str
    ours: bool
    created: int
    environment: tuple[tuple[str, str], ...]
    status: str = "InProgress"
    secondary: str = "Training"
    reason: str = ""
    model: bool = False

    def ended(
        self, status: str, secondary: str = "", *, reason: str = "", model: bool = False
    ) -> "Job":
        """Return the job at its end."""
        secondary = secondary or status
        return self._replace(status=status, secondary=secondary, reason=reason, model=model)

    @property
    def model_url(self) -> str:
        """S3 URL of the model that it left."""
        return f"s3://bucket/models/{self.name}/output/model.tar.gz"

    def document(self) -> dict[str, Any]:
        """Return what DescribeTrainingJob says."""
        model = {"ModelArtifacts": {"S3ModelArtifacts": self.model_url}}
        return {
            "TrainingJobName": self.name,
            "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{self.name}",
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary,
            "CreationTime": iso(self.created),
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": {"a": "1"},
            **({"FailureReason": self.reason} if self.reason else {}),
            **(model if self.model else {}),
            **({"Environment": dict(self.environment)} if self.environment else {}),
        }


class World(NamedTuple):
    """What is true, and what trouble lasts.

    Attributes:
        skew: Seconds by which SageMaker's clock is ahead of Step Functions'.
        chosen: Whether the caller chose the job's name.
        deviations: How many the path may still have.
        jobs: The training jobs.
        clock: Seconds, by Step Functions' clock.
        create: The trouble that every create call meets.
        look: The trouble that every description meets.
        broken: The functions that fail whenever they are called.
        lost: Whether the answer of a call that made a job was lost.
        redriven_with: How many jobs that count the execution had when it was redriven last.
        waits: Whether the execution waits for capacity: then a job that found none counts not.
    """

    skew: int
    chosen: bool
    deviations: int
    jobs: tuple[Job, ...] = ()
    clock: int = 0
    create: str = ""
    look: str = ""
    broken: tuple[str, ...] = ()
    lost: bool = False
    redriven_with: int = 0
    waits: bool = False

    @property
    def now(self) -> str:
        """The time by Step Functions' clock."""
        return iso(self.clock)

    @property
    def ours(self) -> list[Job]:
        """The jobs that the execution made."""
        return [job for job in self.jobs if job.ours]

    @property
    def counting(self) -> int:
        """How many of them use up an attempt."""
        idle = [job for job in self.ours if job.reason.startswith("CapacityError")]
        return len(self.ours) - (len(idle) if self.waits else 0)

    @property
    def running(self) -> list[Job]:
        """The jobs that the execution made and that run."""
        return [job for job in self.jobs if job.ours and job.status == "InProgress"]

    def job(self, name: str) -> Job | None:
        """Return the job of this name."""
        return next((job for job in self.jobs if job.name == name), None)

    def having(self, job: Job) -> "World":
        """Return the world with a job, new or changed."""
        others = tuple(each for each in self.jobs if each.name != job.name)
        return self._replace(jobs=(*others, job))

    def redriven(self) -> "World":
        """Return the world an hour later, when the execution is redriven: no trouble lasts."""
        return World(
            self.skew,
            self.chosen,
            self.deviations - 1,
            self.jobs,
            clock=self.clock + 3600,
            redriven_with=self.counting,
            waits=self.waits,
        )


@cache
def iso(seconds: int) -> str:
    """Return a time as ISO 8601."""
    moment = _ZERO + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
