"""The definition and its functions on every path that a scripted AWS can send an execution along.

What AWS may answer is tests/support/exploring/answers.py; the rules that hold on every path are in
explorer.py. A path has at most so many deviations from what is ordinary: two here, for the name
that the caller chose and the default one (`make test`); `make properties` tries three.
"""

import json
import os
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from infra.workflow.definition import definition
from lambdas import build_request, judge_attempt, stop_orphans
from tests.support.arguments import CUSTOM_IMAGE
from tests.support.exploring.account import Account
from tests.support.exploring.answers import ARN, ROLE
from tests.support.exploring.evaluation import compiled_once
from tests.support.exploring.explorer import Explorer
from tests.support.exploring.functions import Functions
from tests.support.exploring.machine import Machine
from tests.support.exploring.world import World, iso
from training_job import GuardRails

MORE = int(os.environ.get("MORE_DEVIATIONS", "0"))
GIVEN = CUSTOM_IMAGE | {"max_attempts": 4, "fallback_instance_types": ["ml.m5.2xlarge"]}
AHEAD, EQUAL, BEHIND = 5, 0, -5


@pytest.fixture
def explorer(monkeypatch):
    """An explorer of executions with these arguments besides the usual ones."""
    monkeypatch.setattr(build_request, "_GUARD_RAILS", GuardRails(assumable_roles=[ROLE]))

    def of(**given):
        text = json.dumps(GIVEN | given)

        def orphans_stopped(ended, world):
            account = Account(world, text)
            if world.running:
                monkeypatch.setattr(stop_orphans, "boto3", account)
                detail = {"executionArn": ARN, "stopDate": iso(world.clock)}
                stop_orphans.handler({"detail": detail}, None)
            return account.world

        made = definition(
            partition="aws",
            build_request_arn="BuildRequest",
            judge_attempt_arn="JudgeAttempt",
            assume_role="assume_role" in given,
            timeout_seconds=1000,
        )
        functions = Functions(
            {"BuildRequest": build_request.handler, "JudgeAttempt": judge_attempt.handler}
        )
        machine = Machine(made, GIVEN | given, ARN)
        most = (GIVEN | given)["max_attempts"]
        return Explorer(machine, functions, orphans_stopped, most)

    with Path(os.devnull).open("w") as log, redirect_stdout(log), compiled_once():
        yield of


@pytest.mark.parametrize(
    ("given", "clocks", "deviations"),
    [
        pytest.param({"job_name": "agent"}, [EQUAL], 2, marks=pytest.mark.long),
        pytest.param({}, [EQUAL], 2, marks=pytest.mark.long),
        pytest.param({"job_name": "agent"}, [AHEAD, BEHIND], 1, marks=pytest.mark.long),
        pytest.param({}, [AHEAD, BEHIND], 1, marks=pytest.mark.long),
        pytest.param(
            {"job_name": "agent", "assume_role": ROLE},
            [AHEAD, EQUAL, BEHIND],
            1,
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"job_name": "agent", "capacity_wait": 150, "max_attempts": 2},
            [EQUAL],
            1,
            marks=pytest.mark.long,
        ),
        pytest.param({"capacity_wait": 150, "max_attempts": 2}, [EQUAL], 1, marks=pytest.mark.long),
    ],
    ids=[
        *("chosen name", "default name", "chosen name, clocks", "default name, clocks", "role"),
        *("chosen name, capacity", "default name, capacity"),
    ],
)
def test_no_path_breaks_a_rule(explorer, capsys, given, clocks, deviations):
    explorer, began = explorer(**given), time.monotonic()
    deviations += MORE
    worlds = [
        World(skew, "job_name" in given, deviations, waits="capacity_wait" in given)
        for skew in clocks
    ]
    paths = sum(explorer.explore(world) for world in worlds)
    seconds = time.monotonic() - began
    walked = explorer.paths
    with capsys.disabled():
        print(
            f"\n{paths} paths of up to {deviations} deviations: {len(walked.counted)} states with "
            f"a choice, {len(walked.settled)} states entered, {seconds:.0f} s"
        )
    broken = [f"{rule}\n    {path}" for rule, path in walked.violations.items()]
    assert not broken, "\n".join(["", *broken])
    assert explorer.most_jobs == explorer.max_attempts
    assert len(explorer.ends) >= 5
