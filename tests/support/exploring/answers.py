"""A scripted AWS: everything that SageMaker may answer to each call of the state machine.

An answer that is not the ordinary one costs a deviation, of which a path has so many; the ordinary
ones come first. What troubles a call may trouble it once or, as `for good`, until the execution is
redriven.
"""

import json
from collections.abc import Iterator
from functools import cache

from tests.support.exploring.machine import Call
from tests.support.exploring.outcomes import Outcome, Raised, Returned, Stopped
from tests.support.exploring.world import Job, World
from training_job.job_name import OWNER_VARIABLE

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
ROLE = "arn:aws:iam::210987654321:role/Submitter"

Answer = tuple[str, int, World, Outcome]
"""What happens, how many deviations it costs, the world after it, and what the task makes of it."""


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
