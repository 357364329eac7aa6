"""Every path of executions through the definition, the real functions and a scripted AWS.

Depth first, each state of execution and world once: what follows it does not depend on how it was
reached. No path may break a rule of `_check_job` and `_check_end`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.exploring.machine import Call, Ended, Frame, Machine
from tests.support.exploring.world import Answer, Outcome, Raised, Returned, World, answers
from training_job.failure import Failure

Node = tuple[Frame | Ended, World]
Successor = tuple[str, Node]
Trail = tuple[Any, str] | None
_LONGEST = 20_000  # states in a row without a choice: more is no end
_KEPT = 50_000  # results of functions

_LAMBDA = {
    "Lambda is busy": Raised({"Error": "Lambda.TooManyRequestsException", "Cause": "Rate"}),
    "Lambda does not answer": Raised({"Error": "States.Timeout", "Cause": ""}),
    "Lambda fails": Raised({"Error": "Lambda.Unknown", "Cause": None}),
}
_BROKEN = Raised({"Error": "KeyError"}, for_good=True)
_NOT_REPORTED = ("Sfn.SfnException", "Sfn.InvalidTokenException", "States.Timeout")


@dataclass
class Explorer:
    """The exploration of a machine.

    Attributes:
        machine: the definition.
        functions: the handlers, by the ARN that the definition calls.
        stop_orphans: returns the world in which StopOrphans has seen the end of an execution.
        max_attempts: most jobs of an execution between two redrives.
        max_redrives: most redrives of a path.
        violations: what went wrong, each with the first path that shows it.
        ends: how many states at the end of an execution, by its error or status.
        paths: how many paths go on from each state that has a choice, by its hash of 64 bits: the
            states themselves would take gigabytes.
        entered: states entered.
        most_jobs: most jobs that an execution made between two redrives.
    """

    machine: Machine
    functions: Mapping[str, Callable[[Any, Any], Any]]
    stop_orphans: Callable[[Ended, World], World]
    max_attempts: int
    max_redrives: int = 1
    violations: dict[str, str] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    paths: dict[int, int] = field(default_factory=dict)
    entered: int = 0
    most_jobs: int = 0
    _results: dict[tuple[str, str], Returned] = field(default_factory=dict)

    def explore(self, world: World) -> int:
        """Walk every path that begins in a world; return how many there are."""
        root, following, trail = self._settle((self.machine.start, world), None)
        stack: list[tuple[Node, Iterator[Successor], Trail, list[int]]] = []
        stack.append((root, iter(following), trail, [0]))
        on_path = {hash(root)}
        while stack:
            node, successors, trail, total = stack[-1]
            successor = next(successors, None)
            if successor is None:
                stack.pop()
                on_path.discard(hash(node))
                self.paths[hash(node)] = max(total[0], 1)
                if stack:
                    stack[-1][3][0] += self.paths[hash(node)]
                continue
            label, unsettled = successor
            child, following, longer = self._settle(unsettled, (trail, label))
            if hash(child) in self.paths:
                total[0] += self.paths[hash(child)]
            elif hash(child) in on_path:
                self._violated("a run that does not end", longer)
            else:
                on_path.add(hash(child))
                stack.append((child, iter(following), longer, [0]))
        return self.paths[hash(root)]

    def _settle(self, node: Node, trail: Trail) -> tuple[Node, list[Successor], Trail]:
        """Go on to the next state that has a choice, or to the end; return what may follow."""
        for _ in range(_LONGEST):
            self.entered += 1
            if hash(node) in self.paths:
                return node, [], trail
            following = list(self._next(node, trail))
            if len(following) != 1:
                return node, following, trail
            label, node = following[0]
            trail = (trail, label) if label else trail
        self._violated("a run that does not end", trail)
        return node, [], trail

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
            yield from self._invoked(frame, world, call)
        elif "sendTaskFailure" in call.resource:
            given = {name: call.arguments[name] for name in ("Error", "Cause")}
            yield "", 0, world, Raised(given, for_good=True)
            for error in _NOT_REPORTED:
                refused = Raised({"Error": error, "Cause": None}, for_good=True)
                yield f"failure not reported: {error}", 1, world, refused
        else:
            yield from answers(world, call)

    def _invoked(self, frame: Frame, world: World, call: Call) -> Iterator[Answer]:
        if frame.state in world.broken:
            yield "", 0, world, _BROKEN
            return
        key = (frame.state, call.text)
        if len(self._results) > _KEPT:
            self._results.clear()
        if key not in self._results:
            payload = self.functions[call.arguments["FunctionName"]](
                call.arguments["Payload"], None
            )
            text = json.dumps({"Payload": payload, "StatusCode": 200}, allow_nan=False)
            self._results[key] = Returned(text)
        yield "", 0, world, self._results[key]
        if world.deviations:
            for label, trouble in _LAMBDA.items():
                yield f"{frame.state}: {label}", 1, world, trouble
            broken = world._replace(broken=(*world.broken, frame.state))
            yield f"{frame.state} breaks", 1, broken, _BROKEN

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
            self._violated("a job runs on after StopOrphans", trail)
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
            self._violated("two jobs of ours at once", trail)
        if made > self.max_attempts:
            self._violated("more jobs of ours than max_attempts", trail)
            if made <= self.most_jobs:
                return False
        self.most_jobs = max(self.most_jobs, made)
        return True

    def _check_end(self, ended: Ended, world: World, trail: Trail) -> None:
        if ended.status == "SUCCEEDED":
            output = json.loads(ended.output)
            job = world.job(output["job_name"])
            if job is None or not job.ours:
                self._violated("a success with somebody else's job", trail)
            elif not job.model or output["model_artifact_url"] != job.model_url:
                self._violated("a success without a model", trail)
        elif ended.status == "FAILED" and ended.error not in list(Failure):
            self._violated(f"an end that is not documented: {ended.error}", trail)
        elif ended.status == "FAILED":
            self._check_failure(ended, world, trail)

    def _check_failure(self, ended: Ended, world: World, trail: Trail) -> None:
        cause = json.loads(ended.cause)
        message = cause["message"]
        said = f"{ended.error}: {message}"[:160]
        if next(iter(cause)) != "message":
            self._violated(f"a cause that does not begin with its message: {said}", trail)
        # A job whose create call's answer was lost, and that SageMaker then does not describe, is
        # left to StopOrphans, as docs/outcomes.md says.
        unknown = world.lost and not ended.frame.variable("description")
        if world.running and "not stopped" not in message and not unknown:
            self._violated(f"a job runs on: {said}", trail)
        if "An internal error" in message and not (world.broken or ended.frame.redrives):
            self._violated(f"Lambda's trouble ends it: {said}", trail)
        trained = any(job.model and job.status == "Completed" for job in world.ours)
        if trained and not (world.broken or world.look or ended.frame.redrives):
            self._violated(f"a model is called a failure: {said}", trail)

    def _violated(self, rule: str, trail: Trail) -> None:
        if rule not in self.violations:
            labels: list[str] = []
            while trail:
                trail, label = trail
                labels.append(label)
            self.violations[rule] = " > ".join(label for label in reversed(labels) if label)
