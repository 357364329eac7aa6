"""The sweep's definition and its functions on every path that a scripted AWS can send it along.

What AWS may answer is tests/support/exploring/sweeps/answers.py; the rules that hold on every path
are in rules.py beside it. Sweeps have two trials. A path has at most so many deviations from what
is ordinary, and one redrive; `make properties` tries one more.
"""

import copy
import itertools
import os
import time
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

import pytest

from infra.sweep.definition import definition
from lambdas import plan_sweep, stop_trials
from tests.support.exploring import paths
from tests.support.exploring.evaluation import compiled_once
from tests.support.exploring.functions import Functions
from tests.support.exploring.machine import Machine
from tests.support.exploring.sweeps.account import Account
from tests.support.exploring.sweeps.explorer import Explorer
from tests.support.exploring.sweeps.world import ARN, EXECUTIONS, World
from tests.support.exploring.world import iso
from tests.support.sweep_inputs import SWEEP

pytestmark = pytest.mark.long

MORE = int(os.environ.get("MORE_DEVIATIONS", "0"))
GIVEN = SWEEP | {"seeds": 2, "max_failed_trials": 0}
TRAININGS = "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining"
MADE = definition(
    partition="aws",
    plan_sweep_arn="PlanSweep",
    training_arn=TRAININGS,
    training_executions=EXECUTIONS,
    training_timeout_seconds=1000,
)


@pytest.fixture
def explorer(monkeypatch):
    """An explorer of sweeps with these arguments besides the usual ones."""
    monkeypatch.setenv("TRAININGS", TRAININGS)
    monkeypatch.setattr(stop_trials, "_PAUSE", 0)

    def of(made=MADE, handler=plan_sweep.handler, **given):
        def trials_stopped(world, redriven):
            if not world.running:
                return world
            redriven_at = datetime.fromisoformat(iso(world.clock + 1)) if redriven else None
            account = Account(world, redriven_at)
            monkeypatch.setattr(stop_trials, "boto3", account)
            detail = {"executionArn": ARN, "stopDate": iso(world.clock)}
            stop_trials.handler({"detail": detail}, None)
            return account.world

        machine = Machine(made, GIVEN | given, ARN)
        functions = Functions({"PlanSweep": handler})
        return Explorer(machine, functions, trials_stopped, (GIVEN | given)["max_failed_trials"])

    with Path(os.devnull).open("w") as log, redirect_stdout(log), compiled_once():
        yield of


ONE, TWO = {"max_parallel": 1}, {"max_parallel": 2}
ENDS = {"SUCCEEDED", "ABORTED", "TrialsFailed", "RequestRejected"}


@pytest.mark.parametrize(
    ("given", "resumes", "deviations", "ends"),
    [
        pytest.param(ONE, True, 2, ENDS, marks=pytest.mark.long),
        (ONE, False, 1, ENDS),
        pytest.param(TWO, True, 1, ENDS, marks=pytest.mark.long),
        (ONE | {"max_failed_trials": 1}, True, 1, ENDS),
        (ONE | {"pilot": True}, True, 1, ENDS),
        (ONE | {"dry_run": True}, True, 1, ENDS - {"TrialsFailed"}),
        (
            {"max_parallel": 50},
            True,
            1,
            ENDS - {"TrialsFailed", "SUCCEEDED"} | {"InvalidArguments"},
        ),
    ],
    ids=[
        *("one at once", "one at once, begun anew", "two at once"),
        *("one may fail", "pilot", "dry run", "wrong arguments"),
    ],
)
def test_no_path_of_a_sweep_breaks_a_rule(explorer, capsys, given, resumes, deviations, ends):
    explorer, began = explorer(**given), time.monotonic()
    count = explorer.explore(World(deviations + MORE, resumes))
    walked, seconds = explorer.paths, time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{count:.3g} paths of up to {deviations + MORE} deviations: {len(walked.counted)}"
            f" states with a choice, {len(walked.settled)} states entered, {seconds:.0f} s"
        )
    broken = [f"{rule}\n    {path}" for rule, path in walked.violations.items()]
    assert not broken, "\n".join(["", *broken])
    assert set(explorer.ends) == ends
    trains = "TrialsFailed" in ends
    assert explorer.most_at_once >= (given["max_parallel"] if trains else 0)
    assert bool(explorer.most_at_once) == trains


def changed(change):
    """Return the definition with a change of the states of an iteration."""
    made = copy.deepcopy(MADE)
    change(made["States"]["RunWave"]["ItemProcessor"]["States"])
    return made


def one_name(event, context):
    """PlanSweep that forgets which execution of a trial is next."""
    item = {"item": event["item"] | {"start": 1}} if "item" in event else {}
    return plan_sweep.handler(event | item, context)


def another_name(event, context):
    """PlanSweep that names an execution otherwise each time it is asked."""
    item = {"item": event["item"] | {"start": next(STARTS)}} if "item" in event else {}
    return plan_sweep.handler(event | item, context)


STARTS = itertools.count(1)
THE_NEXT = "{% {'decision': 'next', 'trial': $trial, 'start': $start + 1} %}"
FAILED = "{% {'decision': 'record', 'record': {'trial': $trial, 'error': 'X', 'message': 'y'}} %}"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"made": changed(lambda states: states["Train"].pop("Catch"))}, "an iteration fails"),
        (
            {"made": changed(lambda states: states["DescribeTrial"].update(Output=FAILED))},
            "a trial that was trained is called failed",
        ),
        (
            {"made": changed(lambda states: states["DescribeTrial"].update(Output=THE_NEXT))},
            "what was trained is trained again",
        ),
        ({"handler": one_name}, "a run that does not end"),
        ({"handler": another_name}, "two executions of a trial at once"),
    ],
    ids=["not caught", "not described", "never recorded", "one name", "another name"],
)
def test_the_exploration_finds_what_is_wrong(explorer, monkeypatch, wrong, rule):
    monkeypatch.setattr(paths, "_LONGEST", 300)
    explorer = explorer(**wrong, **ONE)
    explorer.explore(World(1, resumes=False))
    assert any(found.startswith(rule) for found in explorer.paths.violations)
