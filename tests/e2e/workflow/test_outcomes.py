"""A run for each path through the state machine that SageMaker's answers can send it along.

| path | test |
| --- | --- |
| eight states to Succeeded | completed_with_a_model |
| JudgeAttempt, Failed | the_script_fails |
| CreateTrainingJob's Catch, a description, Succeeded | max_run_reached_with_a_model |
| WaitBeforeRetry, BuildRequest: the next attempt | no_capacity_anywhere |
| ... with the largest request | a_request_that_nearly_fills_a_state |
| ... the same job again | an_answer_lost_between_step_functions_own_calls |
| ... after a wait for capacity | it_trains_once_the_quota_has_room and others |
| both Catches, Failed: no job | rejected_by_validation |
| WaitForJob: a lost answer, rules, nonsense | a_lost_answer_is_adopted and others |
| DescribeTrainingJob's Catch, WaitForJob | looks_are_repeated |
| ... StopTrainingJob, and its Catch | a_job_that_may_not_be_described, a_job_that_had_ended |

What users and deployments do is in test_outcomes_lifecycle.py, wrong arguments and dry runs in
test_every_argument.py. Which verdict each of SageMaker's answers leads to is tested where it is
decided (tests/unit/training_job/outcome/test_verdict.py), and every path in
tests/contract/definition/test_every_path.py.

All runs of this module are started together, two at a time; each test looks at its own. Waits are
scaled to milliseconds, and permissions are enforced.
"""

import re

import pytest

from tests.support.runs.deployed_runs import Stage
from tests.support.runs.outcome_runs import calls, failed, fault, row, succeeded
from tests.support.runs.quota import waits
from training_job.job_name import OWNER_VARIABLE

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage(scaled):
    return Stage(scaled.client, scaled.endpoint_url, scaled.outputs)


# --- without faults ------------------------------------------------------------------------------


@row()
def test_completed_with_a_model(run):
    output = succeeded(run)
    assert (output["status"], output["secondary_status"]) == ("Completed", "Completed")
    assert output["final_metrics"] == {"resumed": 0}
    assert output["training_image"].endswith("my-rl:1.0")
    assert output["training_seconds"] >= 1
    assert output["training_job_arn"] == run.jobs()[0]["TrainingJobArn"]
    assert len(run.entered) == 8


# --- stopped -------------------------------------------------------------------------------------

LONG_AFTER_SAVING = {"hyperparameters": {"save": "before", "seconds": 100}}


@row(fault("exceed_time", after_seconds=15), **LONG_AFTER_SAVING)
def test_max_run_reached_with_a_model(run):
    output = succeeded(run)
    assert (output["status"], output["secondary_status"]) == ("Stopped", "MaxRuntimeExceeded")
    assert output["notes"][-1] == "Training ended because max_run was reached."


# --- failed --------------------------------------------------------------------------------------


@row(hyperparameters={"fail": 3})
def test_the_script_fails(run):
    message = failed(run, "TrainingJobFailed", jobs=1)
    assert "AlgorithmError" in message
    assert "ExitCode 3" in message
    assert run.cause["links"]["execution"].endswith(run.arn)
    assert run.cause["links"]["logs"] in message
    assert run.cause["failure_reason"].startswith("AlgorithmError")


@row(
    fault("fail_job", reason="InternalServerError: oops", times=9),
    hyperparameters={f"name{number}": "x" * 2400 for number in range(75)},
)
def test_a_request_that_nearly_fills_a_state(run):
    """Step Functions ends an execution at 256 KiB, whatever it catches."""
    assert "tried 3 times" in failed(run, "TrainingJobFailed", jobs=3)


@row(
    fault("fail_job", reason="CapacityError: none", times=9),
    fallback_instance_types=["ml.m5.2xlarge"],
)
def test_no_capacity_anywhere(run):
    assert "tried 3 times" in failed(run, "CapacityUnavailable", jobs=3)
    types = [each["instance_type"] for each in run.cause["attempts"]]
    assert types == ["ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.2xlarge"]


# --- create calls --------------------------------------------------------------------------------

THROTTLED = fault("reject_create", error="ThrottlingException", message="Rate exceeded")
BROKEN = fault("reject_create", error="InternalFailure", message="Try again", status=500)


@row(vpc_subnets="subnet-00000000000000000", vpc_security_group_ids="sg-00000000000000000")
def test_rejected_by_validation(run):
    message = failed(run, "RequestRejected", jobs=0)
    assert "The subnet ID 'subnet-00000000000000000' does not exist" in message
    assert calls(run) == 1


@row(fault("lose_answer"), hyperparameters={"seconds": 1})
def test_a_lost_answer_is_adopted(run):
    succeeded(run)
    assert calls(run) == 1
    assert run.jobs()[0]["Environment"] == {OWNER_VARIABLE: run.arn}
    assert run.entered.count("WaitForJob") >= 1


@row(THROTTLED, BROKEN, fault("lose_answer", error="ResourceInUse", status=400), job_name=None)
def test_an_answer_lost_between_step_functions_own_calls_is_adopted(run):
    assert re.fullmatch(r"TrainingJob-\d{14}-[0-9a-f]{8}", succeeded(run)["job_name"])
    assert calls(run) == 3


# --- the task and the job disagree ---------------------------------------------------------------


@row(
    fault("drop_sync", error="Nobody.KnowsIt", cause="\0{" * 16_000),
    fault("slow_describe", seconds=0.5),
)
def test_the_task_ends_in_nonsense(run):
    succeeded(run)
    assert calls(run) == 1


# --- descriptions --------------------------------------------------------------------------------

UNKNOWN = fault("fail_describe", error="ThrottlingException", message="Rate exceeded", times=2)
DENIED = fault(
    "fail_describe",
    error="AccessDeniedException",
    message="User: x is not authorized to perform: sagemaker:DescribeTrainingJob",
    times=99,
)
RULES = [
    {
        "RuleConfigurationName": name,
        "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/rules:latest",
        "RuleParameters": {"rule_to_invoke": name},
    }
    for name in ("LossNotDecreasing", "Overfit")
]


def rule(status, times=1):
    return fault("rule_status", status=status, times=times)


@row(
    *({**DENIED, "times": 2}, UNKNOWN),
    *(rule("InProgress", 2), rule("Stopping"), rule("NoIssuesFound")),
    debug_rule_config=RULES,
)
def test_looks_are_repeated_while_they_fail_and_while_debugger_rules_run(run):
    output = succeeded(run)
    assert [each["status"] for each in output["rule_evaluations"]] == ["NoIssuesFound"] * 2
    assert run.entered.count("DescribeTrainingJob") == 8
    assert output["notes"] == []


@row(fault("drop_sync", after_seconds=1), DENIED, hyperparameters={"seconds": 100})
def test_a_job_that_may_not_be_described_is_stopped(run):
    assert run.error == "RequestRejected"
    assert "denied: sagemaker:DescribeTrainingJob" in run.cause["message"]
    assert run.jobs()[0]["TrainingJobStatus"] == "Stopped"


@row(DENIED)
def test_a_job_that_had_ended_is_not_said_to_be_stopped(run):
    assert run.error == "RequestRejected"
    assert "The job was not stopped: " in run.cause["message"]
    assert "in status Completed" in run.cause["message"]


# --- waits for quota and capacity ----------------------------------------------------------------

FULL = fault("limit_instances", instances=0)
GROUPS = [
    {"InstanceGroupName": name, "InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
    for name in ("trainer", "rollouts")
]


def with_room_after_two_waits(stage, faults, given):
    run = stage.start(given, faults)
    run.reach(lambda run: waits(run) >= 2)
    stage.forget(run)
    return run


@row(FULL, act=with_room_after_two_waits, capacity_wait=3600, max_attempts=1)
def test_it_trains_once_the_quota_has_room_and_uses_no_name_up(run):
    assert succeeded(run)["job_name"] == run.jobs_named
    assert any("for capacity" in note for note in run.output["notes"])


@row(
    fault("fail_job", reason="CapacityError: Unable to provision.", times=2),
    capacity_wait=3600,
    max_attempts=1,
)
def test_jobs_without_capacity_use_up_no_attempt(run):
    succeeded(run, jobs=3)
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Failed"] * 2 + ["Completed"]


@row({**FULL, "instances": 3}, instance_type=None, instance_groups=GROUPS, capacity_wait=1)
def test_it_gives_up_when_the_time_is_over(run):
    """The quota counts the instances of every group."""
    message = failed(run, "CapacityUnavailable", jobs=0)
    assert "2 x ml.m5.xlarge + 2 x ml.m5.xlarge" in message
    assert "for capacity" in message
