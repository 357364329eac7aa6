"""What is true of the executions that a sweep starts, whatever it is told of them.

They are opaque here: the paths of a training itself are explored on their own.
"""

import json
import re
from functools import cache
from typing import Any, NamedTuple

from tests.support.exploring.outcomes import Returned
from tests.support.exploring.world import iso

NAME = "s"
ARN = f"arn:aws:states:us-east-1:123456789012:execution:RlSweep:{NAME}"
EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:"
MODELS = "s3://bucket/models"
REDRIVE_AFTER = 3600
"""Seconds from the start of an execution to its redrive."""


class Child(NamedTuple):
    """An execution of RlTraining.

    Attributes:
        name: Its name.
        given: Its input, as JSON.
        ours: Whether the sweep started it.
        started: When, in seconds.
        status: `RUNNING` or how it ended.
        ended: when.
        metrics: `final_metrics` of its output, as JSON.
        error: Of a failure.
        cause: Of a failure; None for none.
    """

    name: str
    given: str
    ours: bool
    started: int
    status: str = "RUNNING"
    ended: int = 0
    metrics: str = ""
    error: str = ""
    cause: str | None = None

    @property
    def trial(self) -> int:
        """The number of the trial that it is of, by its name."""
        found = re.fullmatch(rf"{NAME}-t(\d+)(-\d+)?", self.name)
        assert found, self.name
        return int(found[1])

    @property
    def value(self) -> Any:
        """The objective; None where it has none."""
        return json.loads(self.metrics or "{}").get("reward")

    @property
    def trained(self) -> bool:
        """Whether it has a result."""
        return self.status == "SUCCEEDED" and isinstance(self.value, float)

    def output(self) -> dict[str, Any]:
        """Return its output."""
        return {
            "job_name": f"job-{self.name}",
            "model_artifact_url": f"{MODELS}/job-{self.name}/output/model.tar.gz",
            "final_metrics": json.loads(self.metrics),
            "training_seconds": 60,
            "billable_seconds": 20,
        }

    def document(self) -> dict[str, Any]:
        """Return what DescribeExecution says."""
        said: dict[str, Any] = {
            "ExecutionArn": EXECUTIONS + self.name,
            "Input": self.given,
            "Name": self.name,
            "StartDate": iso(self.started),
            "Status": self.status,
        }
        if self.status != "RUNNING":
            said["StopDate"] = iso(self.ended)
        if self.status == "SUCCEEDED":
            said["Output"] = json.dumps(self.output())
        if self.error:
            said["Error"] = self.error
        if self.cause is not None:
            said["Cause"] = self.cause
        return said


class World(NamedTuple):
    """What is true, and what trouble lasts.

    Attributes:
        deviations: How many the path may still have.
        resumes: Whether a redriven iteration goes on with the state it was in, or begins anew.
        children: The executions of RlTraining.
        clock: Seconds; it stands still between the start, or the redrive, and the end.
        start: The trouble that every start meets.
        look: The trouble that every description meets.
        broken: The functions that fail whenever they are called, by the state.
    """

    deviations: int
    resumes: bool = True
    children: tuple[Child, ...] = ()
    clock: int = 0
    start: str = ""
    look: str = ""
    broken: tuple[str, ...] = ()

    @property
    def now(self) -> str:
        """The time."""
        return iso(self.clock)

    @property
    def running(self) -> list[Child]:
        """Those that the sweep started and that run."""
        return [child for child in self.children if child.ours and child.status == "RUNNING"]

    def of(self, trial: int) -> list[Child]:
        """Return those that the sweep started for a trial."""
        return [child for child in self.children if child.ours and child.trial == trial]

    def child(self, name: str) -> Child | None:
        """Return the one of this name."""
        return next((child for child in self.children if child.name == name), None)

    def having(self, child: Child) -> "World":
        """Return the world with a child, new or changed."""
        others = (each for each in self.children if each.name != child.name)
        return self._replace(children=tuple(sorted((*others, child))))

    def aborted(self, names: list[str]) -> "World":
        """Return the world in which these have been stopped."""
        world = self
        for child in (child for child in self.running if child.name in names):
            world = world.having(child._replace(status="ABORTED", ended=self.clock))
        return world

    def redriven(self) -> "World":
        """Return the world when the execution is redriven: no trouble lasts."""
        clock = self.clock + REDRIVE_AFTER
        return World(self.deviations, self.resumes, self.children, clock)


@cache
def described(child: Child) -> Returned:
    """Return what the SDK integration says of it."""
    return Returned(json.dumps(child.document()))
