"""A sweep's scenario, run."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

from infra.sweep.definition import definition
from lambdas import stop_trials
from tools.reference_jsonata import ReferenceJsonata
from tools.second_engine.engine import ACCOUNT, REGION, Execution
from tools.second_engine.sweeps.scenario import SweepScenario, trained
from tools.second_engine.sweeps.trainings import Trainings
from tools.second_engine.sweeps.world import SWEEP, TRAININGS, SweepWorld

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:RlTraining"
DEFINITION = definition(
    partition="aws",
    plan_sweep_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:PlanSweep",
    training_arn=MACHINE,
    training_executions=TRAININGS,
    training_timeout_seconds=86_400,
)
ARGUMENTS = {
    "metric_definitions": {"reward": "reward: (.*)"},
    "objective_metric": "reward",
    "seeds": 2,
    "max_failed_trials": 0,
}


def run(
    scenario: SweepScenario,
    arguments: Mapping[str, Any],
    trainings: Trainings,
    reference: ReferenceJsonata,
) -> tuple[str, list[str], int]:
    """Run a sweep and its redrives; return how it ended, what is wrong, and its evaluations."""
    given = {**arguments, **ARGUMENTS, **scenario.given}
    starts = 2 if len(scenario.expected) > 1 or scenario.others else 1
    count = scenario.trials if scenario.started else 0
    met = {"": trained(), **scenario.trainings}
    world = SweepWorld(scenario.script, trainings.of(given, met, count, starts), scenario.others)
    execution = Execution(DEFINITION, given, world, reference, arn=SWEEP)
    ends = []
    wrong = []
    for _ in scenario.expected:
        ends.append(execution.run())
        _stop_trials(world)
        if world.running:
            wrong.append(f"runs on after StopTrials: {world.running}")
    calls = {action: world.calls[action] for action in scenario.calls}
    names = [name for name, _ in ends]
    seen = ", ".join(names) + f"; {len(world.ours)} started"
    if (names, sorted(world.ours), calls) != (
        scenario.expected,
        sorted(scenario.started),
        dict(scenario.calls),
    ):
        wrong.append(f"not: {scenario.expected} {scenario.started} {dict(scenario.calls)}")
        wrong.append(f"but: {names} {world.ours} {calls} {ends[-1][1][:300]}")
    wrong += [f"went wrong: {mishap!r}" for mishap in execution.mishaps]
    if scenario.says not in ends[-1][1]:
        wrong.append(f"does not say {scenario.says!r}: {ends[-1][1][:600]}")
    return seen, wrong, execution.evaluations


def _stop_trials(world: SweepWorld) -> None:
    """Let StopTrials see the end of the sweep."""
    event = {"detail": {"executionArn": SWEEP, "stopDate": world.now()}}
    with (
        patch.object(stop_trials, "boto3", world),
        patch.object(stop_trials, "_PAUSE", 0),
        patch.dict(os.environ, {"TRAININGS": MACHINE}),
        redirect_stdout(io.StringIO()),  # its log
    ):
        stop_trials.handler(event, None)
