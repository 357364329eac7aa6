"""Every path of executions through the definition, the real functions and a scripted AWS.

What follows a state of execution and world does not depend on how it was reached. No path may break
a rule of `_check_job` and `_check_end`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.exploring.answers import Answer, answers
from tests.support.exploring.evaluation import Frame
from tests.support.exploring.functions import Functions, reported
from tests.support.exploring.machine import Call, Ended, Machine
from tests.support.exploring.outcomes import Outcome, Raised, Returned
from tests.support.exploring.paths import Paths, Successor, Trail
from tests.support.exploring.world import World
from training_job.failure import Failure

Node = tuple[Frame | Ended, World]


@dataclass
class Explorer:
    """The exploration of a machine.

    Attributes:
        machine: The definition.
        functions: The functions that it calls.
        stop_orphans: Returns the world in which StopOrphans has seen the end of an execution.
        max_attempts: Most jobs of an execution between two redrives.
        max_redrives: Most redrives of a path.
        paths: What was walked.
        ends: How many states at the end of an execution, by its error or status.
        most_jobs: Most jobs that an execution made between two redrives.
    """

    machine: Machine
    functions: Functions
    stop_orphans: Callable[[Ended, World], World]
    max_attempts: int
    max_redrives: int = 1
    ends: Counter[str] = field(default_factory=Counter)
    most_jobs: int = 0

    def __post_init__(self) -> None:
        self.paths = Paths(self._next)

    def explore(self, world: World) -> int:
        """Walk every path that begins in a world; return how many there are."""
        return self.paths.walk((self.machine.start, world))

    def _next(self, node: Node, trail: Trail) -> Iterator[Successor]:
        frame, world = node
        if isinstance(frame, Ended):
            yield from self._ended(frame, world, trail)
            return
        kind = self.machine.states[frame.state]["Type"]
        if kind == "Wait":
            yield from self._waited(frame, world)
        elif kind == "Task":
            yield from self._called(frame, world, trail)
        else:
            yield "", (self.machine.walk(frame, world.now), world)

    def _waited(self, frame: Frame, world: World) -> Iterator[Successor]:
        # The clock stands still while a job is looked at, so that an endless look is found.
        later = world._replace(clock=world.clock + (60 if "Retry" in frame.state else 0))
        yield "", (self.machine.waited(frame, world.now), later)
        if world.deviations:
            stopped = world._replace(deviations=world.deviations - 1)
            yield f"StopExecution in {frame.state}", (Ended("ABORTED", frame), stopped)

    def _called(self, frame: Frame, world: World, trail: Trail) -> Iterator[Successor]:
        call = self.machine.call(frame, world.now)
        if not isinstance(call, Call):
            yield "States.QueryEvaluationError", (call, world)
            return
        for label, cost, changed, outcome in self._answers(frame, world, call):
            if cost > world.deviations:
                continue
            after = changed._replace(deviations=world.deviations - cost) if cost else changed
            if self._check_job(world, after, (trail, label)):
                yield label, (self._follow(frame, after, outcome), after)

    def _answers(self, frame: Frame, world: World, call: Call) -> Iterator[Answer]:
        if "lambda:invoke" in call.resource:
            yield from self.functions.answers(frame.state, world, call)
        elif "sendTaskFailure" in call.resource:
            yield from reported(world, call)
        else:
            yield from answers(world, call)

    def _follow(self, frame: Frame, world: World, outcome: Outcome) -> Frame | Ended:
        if isinstance(outcome, Returned):
            return self.machine.returned(frame, world.now, outcome.result)
        if isinstance(outcome, Raised):
            return self.machine.raised(frame, world.now, outcome.output, for_good=outcome.for_good)
        return Ended("ABORTED", frame)

    def _ended(self, ended: Ended, world: World, trail: Trail) -> Iterator[Successor]:
        """Yield an end as it is, and redriven."""
        self._check_end(ended, world, trail)
        self.ends[ended.error or ended.status] += 1
        if ended.status == "SUCCEEDED":
            return
        after = self.stop_orphans(ended, world)
        if after.running and not ended.frame.variable("role"):
            self.paths.violated("a job runs on after StopOrphans", trail)
        if world.deviations and ended.frame.redrives < self.max_redrives:
            yield "stays", (ended, world._replace(deviations=0))
            frame = ended.frame._replace(redrives=ended.frame.redrives + 1)
            yield "redriven", (frame, after.redriven())

    def _check_job(self, before: World, after: World, trail: Trail) -> bool:
        """Return whether the path goes on: with too many jobs one path is enough."""
        made = after.counting - after.redriven_with
        if len(after.ours) == len(before.ours):
            return True
        if before.running:
            self.paths.violated("two jobs of ours at once", trail)
        if made > self.max_attempts:
            self.paths.violated("more jobs of ours than max_attempts", trail)
            if made <= self.most_jobs:
                return False
        self.most_jobs = max(self.most_jobs, made)
        return True

    def _check_end(self, ended: Ended, world: World, trail: Trail) -> None:
        if ended.status == "SUCCEEDED":
            output = json.loads(ended.output)
            job = world.job(output["job_name"])
            if job is None or not job.ours:
                self.paths.violated("a success with somebody else's job", trail)
            elif not job.model or output["model_artifact_url"] != job.model_url:
                self.paths.violated("a success without a model", trail)
        elif ended.status == "FAILED" and ended.error not in list(Failure):
            self.paths.violated(f"an end that is not documented: {ended.error}", trail)
        elif ended.status == "FAILED":
            self._check_failure(ended, world, trail)

    def _check_failure(self, ended: Ended, world: World, trail: Trail) -> None:
        cause = json.loads(ended.cause)
        message = cause["message"]
        said = f"{ended.error}: {message}"[:160]
        if next(iter(cause)) != "message":
            self.paths.violated(f"a cause that does not begin with its message: {said}", trail)
        # A job whose create call's answer was lost, and that SageMaker then does not describe, is
        # left to StopOrphans, as docs/outcomes.md says.
        unknown = world.lost and not ended.frame.variable("description")
        if world.running and "not stopped" not in message and not unknown:
            self.paths.violated(f"a job runs on: {said}", trail)
        if "An internal error" in message and not (world.broken or ended.frame.redrives):
            self.paths.violated(f"Lambda's trouble ends it: {said}", trail)
        trained = any(job.model and job.status == "Completed" for job in world.ours)
        if trained and not (world.broken or world.look or ended.frame.redrives):
            self.paths.violated(f"a model is called a failure: {said}", trail)
