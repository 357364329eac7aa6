"""What the executions of a sweep's trials come to: RlTraining, run in the same interpreter."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from lambdas import plan_sweep
from tools.reference_jsonata import ReferenceJsonata
from tools.second_engine.engine import Execution
from tools.second_engine.sweeps.world import SWEEP, TRAININGS, Child
from tools.second_engine.world import Answer, World

LATER = ("SUCCEEDED", "ABORTED", "TIMED_OUT")


@dataclass(frozen=True)
class Training:
    """What a training meets: the ends of its jobs, and the script of its world (world.py)."""

    ends: list[dict[str, Any]]
    script: Mapping[str, Answer] = field(default_factory=dict)


@dataclass
class Trainings:
    """The trainings that were run.

    Attributes:
        definition: Of RlTraining.
        functions: That it calls.
        reference: Evaluates its expressions.
    """

    definition: dict[str, Any]
    functions: Mapping[str, Callable[[Any, None], Any]]
    reference: ReferenceJsonata
    _found: dict[str, Child] = field(default_factory=dict)

    def of(
        self, given: dict[str, Any], trainings: Mapping[str, Training], count: int, starts: int
    ) -> Callable[[str, str], Child]:
        """Return what each execution of a sweep comes to, by its name and input.

        All are run beforehand, for the interpreter runs one at a time.
        """
        for trial in range(1, count + 1):
            for start in range(1, starts + 1):
                name = f"t{trial:03}" + (f"-{start}" if start > 1 else "")
                self._run(given, trial, start, trainings.get(name, trainings[""]))
        return lambda name, text: self._found[name + text]

    def _run(self, given: dict[str, Any], trial: int, start: int, training: Training) -> None:
        execution = {"arn": SWEEP, "started_at": "2026-01-31T10:00:00.000Z", "redrives": 0}
        item = {"trial": trial, "start": start}
        with redirect_stdout(io.StringIO()):  # its log
            event = {"arguments": given, "execution": execution, "item": item}
            made = plan_sweep.handler(event, None)
        world = World(self.functions, training.script, training.ends, {}, 0)
        arn = TRAININGS + made["name"]
        run = Execution(self.definition, made["input"], world, self.reference, arn=arn)
        end, words = run.run()
        assert not run.mishaps, run.mishaps
        found: Child = {"status": end if end in LATER else "FAILED"}
        if end == "SUCCEEDED":
            found["output"] = words
        elif found["status"] == "FAILED":
            found |= {"error": end, "cause": words}
        for text in (json.dumps(made["input"]), json.dumps(made["input"], separators=(",", ":"))):
            self._found[made["name"] + text] = found
