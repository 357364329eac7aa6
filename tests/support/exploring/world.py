"""A scripted AWS: everything that SageMaker may answer to each call of the state machine.

`World` is the truth. An answer that is not the ordinary one costs a deviation, of which a path has
so many; the ordinary ones come first. What troubles a call may trouble it once or, as `for good`,
until the execution is redriven.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from tests.support.exploring.machine import Call
from training_job.job_name import OWNER_VARIABLE

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
ROLE = "arn:aws:iam::210987654321:role/Submitter"
_ZERO = datetime(2026, 1, 31, 10, 0, 1, tzinfo=UTC)


class Job(NamedTuple):
    """A training job.

    Attributes:
        name: its name.
        ours: whether the execution made it.
        created: when, in seconds by SageMaker's clock.
        environment: its environment variables.
        status: `TrainingJobStatus`.
        secondary: `SecondaryStatus`.
        reason: `FailureReason`.
        model: whether it left one.
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
        skew: seconds by which SageMaker's clock is ahead of Step Functions'.
        chosen: whether the caller chose the job's name.
        deviations: how many the path may still have.
        jobs: the training jobs.
        clock: seconds, by Step Functions' clock.
        create: the trouble that every create call meets.
        look: the trouble that every description meets.
        broken: the functions that fail whenever they are called.
        lost: whether the answer of a call that made a job was lost.
        redriven_with: how many jobs that count the execution had when it was redriven last.
        waits: whether the execution waits for capacity: then a job that found none counts not.
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


class Returned(NamedTuple):
    """The task returns this JSON."""

    result: str


class Raised(NamedTuple):
    """The task fails; `for_good`, however often it is tried."""

    output: Mapping[str, Any]
    for_good: bool = False


class Stopped(NamedTuple):
    """Somebody calls StopExecution."""


Outcome = Returned | Raised | Stopped
Answer = tuple[str, int, World, Outcome]
"""What happens, how many deviations it costs, the world after it, and what the task makes of it."""


@cache
def iso(seconds: int) -> str:
    """Return a time as ISO 8601."""
    moment = _ZERO + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _described(job: Job) -> Returned:
    return Returned(json.dumps(job.document()))


def _refused(words: str, code: str = "X", name: str = "AmazonSageMakerException") -> Raised:
    details = f"(Service: AmazonSageMaker; Status Code: 400; Error Code: {code}; Proxy: null)"
    return Raised({"Error": f"SageMaker.{name}", "Cause": f"{words} {details}"})


def _denied(action: str) -> Raised:
    return _refused(
        f"User: arn:aws:sts::123456789012:assumed-role/RlTraining/x is not authorized to perform: "
        f"{action} on resource: arn:aws:sagemaker:us-east-1:123456789012:training-job/x"
    )


_TAKEN = _refused("Training job names must be unique", "ResourceInUse", "ResourceInUseException")
_LOST = _refused("Internal failure. Status Code: 500", "InternalFailure")
_NOT_MADE = {
    "throttled": _refused("Rate exceeded", "ThrottlingException"),
    "lost before making": _refused("Read timed out", "RequestTimeout"),
    "quota": _refused("limit is 0", "ResourceLimitExceeded", "ResourceLimitExceededException"),
}
_LOOKS = {
    "throttled": _refused("Rate exceeded", "ThrottlingException"),
    "denied": _denied("sagemaker:DescribeTrainingJob"),
    "not there yet": _refused("Requested resource not found.", "ResourceNotFound"),
    "without a cause": Raised({"Error": "States.Timeout", "Cause": None}),
}
_NOT_ASSUMED = Raised(
    {
        "Error": "States.TaskFailed",
        "Cause": "The role arn:aws:iam::123456789012:role/RlTraining is not authorized to assume "
        f"the task state's role, {ROLE}.",
    }
)


def answers(world: World, call: Call) -> Iterator[Answer]:
    """Yield everything that AWS may answer to a call of SageMaker."""
    if call.role and "role" in (world.create, world.look):
        yield "", 0, world, _NOT_ASSUMED._replace(for_good=True)
        return
    operation = call.resource.rpartition(":")[2]
    calls = {
        "createTrainingJob.sync": _create,
        "describeTrainingJob": _describe,
        "stopTrainingJob": _stop,
    }
    yield from calls[operation](world, call)


def _create(world: World, call: Call) -> Iterator[Answer]:
    request = call.arguments
    name, environment = request["TrainingJobName"], request.get("Environment", {})
    taken = world.job(name) is not None
    job = Job(name, True, world.clock + world.skew, tuple(environment.items()))
    if world.create:
        yield "", 0, world, _NOT_MADE[world.create]
        return
    if taken:
        yield "", 0, world, _TAKEN
    else:
        yield from _made(world, job)
    if not world.deviations:
        return
    for trouble, refusal in _NOT_MADE.items():
        yield f"create {trouble}", 1, world, refusal
        yield f"create {trouble} for good", 1, world._replace(create=trouble), refusal
    yield "create rejected", 1, world, _refused("1 validation error detected")
    yield "create denied", 1, world, _denied("sagemaker:CreateTrainingJob")
    if call.role:
        yield "the role cannot be assumed", 1, world._replace(create="role"), _NOT_ASSUMED
    if world.chosen and not taken:
        yield from _taken_by_another(world, name)


def _made(world: World, job: Job) -> Iterator[Answer]:
    """Yield what may become of a job that was made, and what `.sync` makes of that."""

    def ended(label: str, cost: int, end: Job, *, raises: bool = False) -> Answer:
        document = _described(end)
        failed = Raised({"Error": "States.TaskFailed", "Cause": document.result})
        return label, cost, world.having(end), failed if raises else document

    yield ended("", 0, job.ended("Completed", model=True))
    capacity = job.ended("Failed", reason="CapacityError: Unable to provision")
    yield ended("no capacity", 0, capacity, raises=True)
    if not world.deviations:
        return
    for reason in ("InternalServerError: oops", "AlgorithmError: boom", "ClientError: no data", ""):
        yield ended(f"failed: {reason!r}", 1, job.ended("Failed", reason=reason), raises=True)
    yield ended("completed without a model", 1, job.ended("Completed"))
    for why in ("MaxRuntimeExceeded", "MaxWaitTimeExceeded", "Stopped"):
        for model in (True, False):
            end = job.ended("Stopped", why, model=model)
            yield ended(f"{why}, model: {model}", 1, end, raises=model)
    runs, stopped = world.having(job), world.having(job.ended("Stopped"))
    yield "the task returns early", 1, runs, _described(job)
    yield "the task fails, no cause", 1, runs, Raised({"Error": "States.TaskFailed"})
    for cause in ("{}", "", None, '{"FailureReason": null}', "Rate exceeded"):
        failed = Raised({"Error": "States.TaskFailed", "Cause": cause})
        yield f"the task fails: {cause!r}", 1, runs, failed
    yield "the task fails in nonsense", 1, runs, Raised({"Error": "Nobody.KnowsIt", "Cause": "{"})
    yield "the task may not look", 1, runs, _denied("sagemaker:DescribeTrainingJob")
    timeout = Raised({"Error": "States.Timeout", "Cause": ""})
    yield "the task times out", 1, stopped, timeout
    yield "the task times out, the job runs on", 1, runs, timeout
    lost = runs._replace(lost=True)
    yield "the answer is lost", 1, lost, _LOST
    yield "the answer is lost to Step Functions, which calls again", 1, lost, _TAKEN
    yield "StopExecution", 1, stopped, Stopped()
    yield "StopExecution, the job runs on", 1, runs, Stopped()


def _taken_by_another(world: World, name: str) -> Iterator[Answer]:
    """Yield the ways in which somebody else may have the name that the caller chose."""
    for age in (0, 3600):
        for owner in (f"{ARN}-other", ""):
            environment = ((OWNER_VARIABLE, owner),) if owner else ()
            theirs = Job(name, False, world.clock + world.skew - age, environment)
            for job in (theirs, theirs.ended("Completed", model=True)):
                label = f"another's job has the name: {age} s old, {job.status}, {owner[-5:]!r}"
                yield label, 1, world.having(job), _TAKEN


def _describe(world: World, call: Call) -> Iterator[Answer]:
    job = world.job(call.arguments["TrainingJobName"])
    if world.look:
        yield "", 0, world, _LOOKS[world.look]
        return
    if job is None:
        yield "", 0, world, _LOOKS["not there yet"]
    elif job in world.running:
        yield from _running(world, job)
    else:
        yield "", 0, world, _described(job)
    if not world.deviations:
        return
    for trouble, refusal in _LOOKS.items():
        yield f"look {trouble}", 1, world, refusal
        yield f"look {trouble} for good", 1, world._replace(look=trouble), refusal
    if call.role:
        yield "the role cannot be assumed any more", 1, world._replace(look="role"), _NOT_ASSUMED


def _running(world: World, job: Job) -> Iterator[Answer]:
    """Yield what is seen of a job of ours that no task awaits; by itself it completes."""
    end = job.ended("Completed", model=True)
    yield "", 0, world.having(end), _described(end)
    if not world.deviations:
        return
    for end in (
        job.ended("Failed", reason="InternalServerError: oops"),
        job.ended("Failed", reason="AlgorithmError: boom"),
        job.ended("Stopped"),
    ):
        yield f"it ends: {end.status} {end.reason}", 1, world.having(end), _described(end)
    yield "it runs on", 1, world, _described(job)
    for status in ("Stopping", "Deleting", ""):
        shown = _described(job._replace(status=status))
        yield f"it is {status!r}", 1, world.having(job.ended("Stopped")), shown


def _stop(world: World, call: Call) -> Iterator[Answer]:
    job = world.job(call.arguments["TrainingJobName"])
    if job is None:
        yield "", 0, world, _LOOKS["not there yet"]._replace(for_good=True)
        return
    if job.status == "InProgress":
        yield "", 0, world.having(job.ended("Stopped")), Returned("{}")
    else:
        yield "", 0, world, _refused(f"It is {job.status}")._replace(for_good=True)
    denied = _denied("sagemaker:StopTrainingJob")._replace(for_good=True)
    yield "stop throttled", 1, world, _LOOKS["throttled"]
    yield "stop denied", 1, world, denied
    yield "stop without a cause", 1, world, _LOOKS["without a cause"]._replace(for_good=True)
