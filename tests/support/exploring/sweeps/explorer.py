"""Every path of a sweep through its definition, PlanSweep and a scripted Step Functions.

What follows a state of the sweep, its iterations and the world does not depend on how it was
reached. No path may break a rule (rules.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.support.exploring.evaluation import Frame
from tests.support.exploring.functions import Functions, reported
from tests.support.exploring.machine import Call, Ended, Machine
from tests.support.exploring.outcomes import Raised, Returned
from tests.support.exploring.paths import Paths, Successor, Trail
from tests.support.exploring.sweeps import answers
from tests.support.exploring.sweeps.rules import broken_at_end, broken_by_start
from tests.support.exploring.sweeps.world import World

_OVER = Ended("OVER", Frame("", ""))
"""An end from which there is no redrive."""


class Iteration(NamedTuple):
    """An iteration of the Map, and the execution that its task awaits."""

    at: Frame | Ended
    awaits: str = ""


class Wave(NamedTuple):
    """The iterations of a Map, of which so many run at once."""

    most: int
    iterations: tuple[Iteration, ...]

    @property
    def active(self) -> list[int]:
        """Those that run."""
        left = [i for i, each in enumerate(self.iterations) if isinstance(each.at, Frame)]
        return left[: self.most]

    def having(self, index: int, iteration: Iteration) -> "Wave":
        """Return the wave in which an iteration has gone on."""
        before, after = self.iterations[:index], self.iterations[index + 1 :]
        return self._replace(iterations=(*before, iteration, *after))


class Node(NamedTuple):
    """A sweep, and what is true."""

    at: Frame | Ended
    wave: Wave | None
    world: World


@dataclass
class Explorer:
    """The exploration of a sweep's definition.

    Attributes:
        machine: The definition.
        functions: PlanSweep.
        stop_trials: Returns the world in which StopTrials has seen the end of a sweep, before or
            after its redrive.
        allowed: How many trials may fail.
        max_redrives: Most redrives of a path.
        paths: What was walked.
        ends: How many states at the end of an execution, by its error or status.
        most_at_once: Most executions of trials that ran at once.
    """

    machine: Machine
    functions: Functions
    stop_trials: Callable[[World, bool], World]
    allowed: int
    max_redrives: int = 1
    ends: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.paths = Paths(self._next)

    def explore(self, world: World) -> int:
        """Walk every path that begins in a world; return how many there are."""
        return self.paths.walk(Node(self.machine.start, None, world))

    def _next(self, node: Node, trail: Trail) -> Iterator[Successor]:
        if node.at == _OVER:
            return
        if isinstance(node.at, Ended):
            yield from self._ended(node, trail)
        elif node.wave:
            yield from self._waved(node, node.at, node.wave, trail)
        else:
            yield from self._entered(node, node.at)

    def _entered(self, node: Node, frame: Frame) -> Iterator[Successor]:
        world, kind = node.world, self.machine.states[frame.state]["Type"]
        if kind == "Map":
            made = self.machine.items(frame, world.now)
            if isinstance(made, Frame | Ended):
                yield "", node._replace(at=made)
            else:
                most, frames = made
                yield "", node._replace(wave=Wave(most, tuple(Iteration(each) for each in frames)))
        elif kind == "Task":
            yield from self._stopped(node, frame)
            call = self.machine.call(frame, world.now)
            assert isinstance(call, Call), call
            given = (
                reported(world, call)
                if "sendTaskFailure" in call.resource
                else self.functions.answers(frame.state, world, call)
            )
            for label, after, outcome in _within(world, given):
                yield label, Node(_followed(self.machine, frame, after, outcome), None, after)
        else:
            yield "", node._replace(at=self.machine.walk(frame, world.now))

    def _waved(self, node: Node, frame: Frame, wave: Wave, trail: Trail) -> Iterator[Successor]:
        """Yield the steps of the iterations that run, in every order that makes a difference."""
        world = node.world
        over = [each.at for each in wave.iterations if isinstance(each.at, Ended)]
        failed = next((each for each in over if each.status != "SUCCEEDED"), None)
        if failed:
            self.paths.violated(f"an iteration fails: {failed.error} {failed.cause}", trail)
            given = {"Error": failed.error, "Cause": failed.cause}
            at = self.machine.raised(frame, world.now, given, for_good=True)
            yield "", Node(at, None, world)
            return
        if not wave.active:
            result = f"[{', '.join(each.output for each in over)}]"
            yield "", Node(self.machine.returned(frame, world.now, result), None, world)
            return
        yield from self._stopped(node, frame)
        alone = [index for index in wave.active if self._calls_no_service(frame, wave, index)]
        for index in alone[:1] or wave.active:
            iteration = wave.iterations[index]
            for label, after, followed in self._steps(frame, iteration, world):
                step = f"t{index + 1} {label}" if label else ""
                for rule in broken_by_start(world, after):
                    self.paths.violated(rule, (trail, step))
                self.most_at_once = max(self.most_at_once, len(after.running))
                yield step, Node(frame, wave.having(index, followed), after)

    def _calls_no_service(self, frame: Frame, wave: Wave, index: int) -> bool:
        """Whether the others cannot tell when an iteration does its step."""
        at, awaits = wave.iterations[index]
        assert isinstance(at, Frame)
        state = self.machine.iterations[frame.state].states[at.state]
        return not awaits and (state["Type"] != "Task" or "lambda" in state["Resource"])

    def _steps(
        self, frame: Frame, iteration: Iteration, world: World
    ) -> Iterator[tuple[str, World, Iteration]]:
        machine, at = self.machine.iterations[frame.state], iteration.at
        assert isinstance(at, Frame)
        kind = machine.states[at.state]["Type"]
        if kind == "Wait":
            yield "", world, Iteration(machine.waited(at, world.now))
            return
        if kind != "Task":
            yield "", world, Iteration(machine.walk(at, world.now))
            return
        if iteration.awaits:
            given: Iterator[Any] = answers.awaited(world, iteration.awaits)
        else:
            call = machine.call(at, world.now)
            assert isinstance(call, Call), call
            if "startExecution" in call.resource:
                given = answers.start(world, call)
            elif "describeExecution" in call.resource:
                given = answers.describe(world, call)
            else:
                given = self.functions.answers(at.state, world, call)
        for label, after, outcome in _within(world, given):
            if isinstance(outcome, answers.Awaits):
                yield label, after, Iteration(at, outcome.name)
            else:
                yield label, after, Iteration(_followed(machine, at, after, outcome))

    def _stopped(self, node: Node, frame: Frame) -> Iterator[Successor]:
        """Yield StopExecution: what is awaited is stopped, too, or runs on."""
        world = node.world._replace(deviations=node.world.deviations - 1)
        if world.deviations < 0:
            return
        waves = node.wave.iterations if node.wave else ()
        stopped = world.aborted([each.awaits for each in waves])
        yield "StopExecution", node._replace(at=Ended("ABORTED", frame), world=stopped)
        if stopped != world:
            label = "StopExecution, its trials run on"
            yield label, node._replace(at=Ended("ABORTED", frame), world=world)

    def _ended(self, node: Node, trail: Trail) -> Iterator[Successor]:
        """Yield an end as it is, and redriven before or after StopTrials has seen it."""
        ended, wave, world = node
        assert isinstance(ended, Ended)
        for rule in broken_at_end(ended, world, self.allowed):
            self.paths.violated(rule, trail)
        self.ends[ended.error or ended.status] += 1
        after = self.stop_trials(world, False)
        if after.running:
            self.paths.violated("a trial runs on after StopTrials", trail)
        if ended.status == "SUCCEEDED" or ended.frame.redrives >= self.max_redrives:
            return
        yield "stays", node._replace(at=_OVER)
        yield "redriven", self._redriven(ended, wave, after)
        if after != world:
            if self.stop_trials(world, True) != world:
                self.paths.violated("StopTrials stops what a redriven sweep awaits", trail)
            yield "redriven before StopTrials", self._redriven(ended, wave, world)

    def _redriven(self, ended: Ended, wave: Wave | None, world: World) -> Node:
        """Return the node after a redrive: an iteration that ended stays as it is."""
        world = world.redriven()

        def again(frame: Frame) -> Frame:
            return frame._replace(redrives=frame.redrives + 1, redriven_at=world.now)

        frame = again(ended.frame)
        if wave:
            made = self.machine.items(frame, world.now)
            assert not isinstance(made, Frame | Ended)
            wave = wave._replace(
                iterations=tuple(
                    each
                    if isinstance(each.at, Ended)
                    else Iteration(again(each.at) if world.resumes else fresh)
                    for each, fresh in zip(wave.iterations, made[1], strict=True)
                )
            )
        return Node(frame, wave, world)


def _within(world: World, given: Iterator[Any]) -> Iterator[tuple[str, World, Any]]:
    """Yield the answers for which the path has deviations left."""
    for label, cost, after, outcome in given:
        if cost <= world.deviations:
            left = after._replace(deviations=world.deviations - cost)
            yield label, left, outcome


def _followed(machine: Machine, frame: Frame, world: World, outcome: Any) -> Frame | Ended:
    if isinstance(outcome, Returned):
        return machine.returned(frame, world.now, outcome.result)
    assert isinstance(outcome, Raised)
    return machine.raised(frame, world.now, outcome.output, for_good=outcome.for_good)
