"""Everything that Step Functions may answer to a sweep, and what may become of its trials.

An answer that is not the ordinary one costs a deviation, of which a path has so many; the ordinary
ones come first. Names and words of errors are those of recordings.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from local_aws.corrections.states.integrations.sdk_errors import STEP_FUNCTIONS
from tests.support.exploring.machine import Call
from tests.support.exploring.outcomes import Raised, Returned
from tests.support.exploring.sweeps.world import EXECUTIONS, Child, World, described


class Awaits(NamedTuple):
    """The task awaits the end of this execution."""

    name: str


Outcome = Returned | Raised | Awaits
Answer = tuple[str, int, World, Outcome]
"""What happens, how many deviations it costs, the world after it, and what the task makes of it."""


def _start(code: str, message: str) -> Raised:
    error = STEP_FUNCTIONS.optimized_error(code, message, 400)
    return Raised({"Error": error.error, "Cause": error.cause})


def _look(code: str, message: str) -> Raised:
    error = STEP_FUNCTIONS.sdk_error(code, message, 400)
    return Raised({"Error": error.error, "Cause": error.cause})


def _denial(action: str) -> str:
    who = "User: arn:aws:sts::123456789012:assumed-role/RlSweep/x is not authorized to perform: "
    return f"{who}states:{action} on resource: {EXECUTIONS}x"


_TAKEN = _start("ExecutionAlreadyExists", "Execution Already Exists: 'x'")
_STARTS = {
    "throttled": _start("ThrottlingException", "Rate exceeded"),
    "denied": _start("AccessDeniedException", _denial("StartExecution")),
    "of a state machine that is gone": _start("StateMachineDoesNotExist", "It does not exist: 'x'"),
}
_LOST = _start("InternalFailure", "the connection was reset: 500")
_LOOKS = {
    "throttled": _look("ThrottlingException", "Rate exceeded"),
    "denied": _look("AccessDeniedException", _denial("DescribeExecution")),
    "not there yet": _look("ExecutionDoesNotExist", "Execution Does Not Exist: 'x'"),
    "without a cause": Raised({"Error": "States.Timeout", "Cause": None}),
}
_ENDS: dict[str, dict[str, Any]] = {
    "fails": {
        "status": "FAILED",
        "error": "TrainingJobFailed",
        "cause": '{"message": "AlgorithmError: \\"boom\\"", "job_name": "job"}',
    },
    "is refused": {"status": "FAILED", "error": "RequestRejected", "cause": '{"message": "no"}'},
    "times out": {"status": "TIMED_OUT", "error": "States.Timeout"},
    "is stopped": {"status": "ABORTED"},
    "succeeds without a metric": {"status": "SUCCEEDED", "metrics": "{}"},
    "succeeds with a word": {"status": "SUCCEEDED", "metrics": '{"reward": "high"}'},
}


def start(world: World, call: Call) -> Iterator[Answer]:
    """Yield what may come of StartExecution."""
    name, given = call.arguments["Name"], call.arguments["Input"]
    if not isinstance(given, str):
        given = json.dumps(given)
    if world.start:
        yield "", 0, world, _STARTS[world.start]
        return
    taken = world.child(name)
    made = world if taken else world.having(Child(name, given, True, world.clock))
    joined = taken is None or (taken.status == "RUNNING" and taken.given == given)
    yield "", 0, made, Awaits(name) if joined else _TAKEN
    if not world.deviations:
        return
    for trouble, refusal in _STARTS.items():
        yield f"start {trouble}", 1, world, refusal
        yield f"start {trouble}, for good", 1, world._replace(start=trouble), refusal
    if joined:
        yield "the answer of the start is lost", 1, made, _LOST
        yield "the start is repeated by Step Functions", 1, made, _TAKEN
    if taken is None:
        theirs = Child(name, "{}", False, world.clock)
        for child in (theirs, theirs._replace(status="FAILED", error="X")):
            label = f"somebody's execution has the name: {child.status}"
            yield label, 1, world.having(child), _TAKEN


def ended(child: Child, world: World) -> Iterator[tuple[str, int, Child]]:
    """Yield how an execution that runs may end."""
    metrics = json.dumps({"loss": 1, "reward": child.trial + 0.5})
    good = child._replace(status="SUCCEEDED", ended=world.clock, metrics=metrics)
    yield "", 0, good
    for label, end in _ENDS.items():
        yield label, 1, child._replace(ended=world.clock, **end)


def awaited(world: World, name: str) -> Iterator[Answer]:
    """Yield what may come of a task that awaits an execution."""
    child = world.child(name)
    assert child is not None
    assert child.status == "RUNNING"
    for label, cost, end in ended(child, world):
        after = world.having(end)
        if end.status == "SUCCEEDED":
            yield label, cost, after, Returned(json.dumps({"Output": end.output()}))
            large = Raised({"Error": "States.DataLimitExceeded", "Cause": "too large"})
            yield f"{label or 'succeeds'}, at length", cost + 1, after, large
        else:
            cause = json.dumps(end.document())
            yield label, cost, after, Raised({"Error": "States.TaskFailed", "Cause": cause})
    if not world.deviations:
        return
    for words in (None, "", "{", "Rate exceeded"):
        failed = Raised({"Error": "States.TaskFailed", "Cause": words})
        yield f"the task fails: {words!r}", 1, world, failed
    timeout = Raised({"Error": "States.Timeout", "Cause": ""})
    yield "the task times out, it runs on", 1, world, timeout
    yield "the task times out", 1, world.aborted([name]), timeout


def describe(world: World, call: Call) -> Iterator[Answer]:
    """Yield what may come of DescribeExecution."""
    child = world.child(call.arguments["ExecutionArn"].removeprefix(EXECUTIONS))
    if world.look:
        yield "", 0, world, _LOOKS[world.look]
        return
    if child is None:
        yield "", 0, world, _LOOKS["not there yet"]
    elif child in world.running:
        for label, cost, end in ended(child, world):
            yield label, cost, world.having(end), described(end)
        yield "it runs on", 1, world, described(child)
    else:
        yield "", 0, world, described(child)
    if not world.deviations:
        return
    for trouble, refusal in _LOOKS.items():
        yield f"look {trouble}", 1, world, refusal
        yield f"look {trouble}, for good", 1, world._replace(look=trouble), refusal
