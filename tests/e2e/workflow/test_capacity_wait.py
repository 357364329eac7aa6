"""Executions that wait for quota or capacity, with waits scaled to milliseconds."""

import json

import pytest

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage
from tests.support.runs.outcome_runs import fault, scaled_local_aws
from tests.support.runs.quota import share_a_quota

pytestmark = pytest.mark.e2e

FULL = fault("limit_instances", instances=0)
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity."


@pytest.fixture(scope="module")
def stage():
    with scaled_local_aws() as server:
        assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
        outputs = deployment.deploy(assembly, server.client)
        yield Stage(server.client, server.endpoint_url, outputs)


def waits(run):
    exits = [e["stateExitedEventDetails"] for e in run.events() if "stateExitedEventDetails" in e]
    verdicts = [json.loads(each["output"]) for each in exits if each["name"] == "JudgeAttempt"]
    return verdicts[-1]["progress"]["waits"]["times"] if verdicts else 0


def test_it_trains_once_the_quota_has_room_and_uses_no_name_up(stage):
    run = stage.start({"capacity_wait": 3600, "max_attempts": 1}, [FULL])
    run.reach(lambda run: waits(run) >= 2)
    stage.forget(run)
    assert run.end()["status"] == "SUCCEEDED", run.cause
    assert [job["TrainingJobName"] for job in run.jobs()] == [run.output["job_name"]]
    assert run.output["job_name"] == run.jobs_named
    assert any("for capacity" in note for note in run.output["notes"])


def test_jobs_without_capacity_use_up_no_attempt(stage):
    without = fault("fail_job", reason=NO_CAPACITY, times=4)
    run = stage.start({"capacity_wait": 3600, "max_attempts": 1}, [without])
    assert run.end()["status"] == "SUCCEEDED", run.cause
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Failed"] * 4 + ["Completed"]
    assert len(run.output["attempts"]) == 5


def test_it_gives_up_when_the_time_is_over(stage):
    run = stage.start({"capacity_wait": 3, "fallback_instance_types": "ml.m5.large"}, [FULL])
    assert run.end()["status"] == "FAILED"
    assert run.error == "CapacityUnavailable"
    assert "ml.m5.xlarge, ml.m5.large" in run.cause["message"]
    assert "for capacity" in run.cause["message"]
    assert run.jobs() == []
    stage.forget(run)


def test_a_wait_ends_with_stop_execution(stage):
    run = stage.start({"capacity_wait": 432_000}, [FULL])
    run.reach(lambda run: waits(run) >= 1)
    run.stop()
    assert run.end()["status"] == "ABORTED"
    assert run.jobs() == []
    stage.forget(run)


def test_a_quota_counts_the_instances_of_every_group(stage):
    groups = [
        {"InstanceGroupName": name, "InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
        for name in ("trainer", "rollouts")
    ]
    given = {"instance_type": None, "instance_groups": groups, "capacity_wait": 2}
    run = stage.start(given, [fault("limit_instances", instances=1)])
    assert run.end()["status"] == "FAILED"
    assert "2 x ml.m5.xlarge + 2 x ml.m5.xlarge" in run.cause["message"]
    stage.forget(run)


@pytest.mark.slow
def test_forty_executions_share_a_quota_of_five(stage):
    shared = share_a_quota(stage, executions=40, instances=5)
    assert shared.succeeded == shared.jobs == 40, shared.causes
    assert shared.doubled == 0
    assert shared.at_once <= 5
