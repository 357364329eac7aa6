"""The roles of sweeps have what a sweep needs: each permission is taken away once."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.sweep_runs import Sweep, SweepStage
from tests.support.template.permission_table import SWEEP, SWEEP_RETRY, SWEEP_STOP, permissions

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage(enforcing_aws, launcher):
    """The stage; `one` starts a sweep of a single trial."""
    made = SweepStage(enforcing_aws.client, enforcing_aws.endpoint_url, launcher.outputs)
    made.one = lambda given: made.sweep({**given, "seeds": 1, "max_failed_trials": 0})
    return made


def test_a_launcher_starts_and_follows_a_sweep(launcher, stage):
    states = launcher.client("stepfunctions")
    given = json.loads(stage.one({"dry_run": True}).end()["input"])
    arn = states.start_execution(
        stateMachineArn=f"{launcher.outputs['SweepStateMachineArn']}:live",
        input=json.dumps(given | {"dry_run": False, "job_name": "by-the-launcher"}),
    )["executionArn"]
    sweep = Sweep(arn, launcher.outputs["StateMachineArn"], states, None)
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert sweep.events()
    trial = arn.replace(":RlSweep:", ":RlTraining:") + "-t001"
    assert states.describe_execution(executionArn=trial)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP))
def test_without_a_permission_a_sweep_fails_and_says_so(stage, without, role, action):
    with without(role, action):
        sweep = stage.one({})
        sweep.end()
    assert sweep.status == "FAILED"
    assert action in sweep.cause["message"]
    sweep.reach(lambda: not sweep.trials("RUNNING"), seconds=30)


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP_STOP))
def test_either_of_two_ways_stops_the_trials_of_a_stopped_sweep(
    stage,
    without,
    role,
    action,
):
    sweep = stage.one({"hyperparameters": {"seconds": 60}})
    sweep.reach(lambda: sweep.jobs("InProgress"))
    with without(role, action):
        sweep.stop()
        sweep.reach(lambda: not sweep.trials("RUNNING"), seconds=20)
        sweep.reach(lambda: not sweep.jobs("InProgress"), seconds=20)
    assert set(sweep.trials().values()) == {"ABORTED"}


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP_RETRY))
def test_a_launcher_redrives_a_sweep_only_where_it_may(launcher, stage, without, role, action):
    sweep = stage.one({"hyperparameters": {"fail_seed": 1}})
    sweep.end()
    assert sweep.status == "FAILED"
    sweep.states = launcher.client("stepfunctions")
    with without(role, action), pytest.raises(ClientError, match=action):
        sweep.redrive()
    sweep.redrive()
    sweep.stop()
