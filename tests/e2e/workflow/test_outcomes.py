"""Every row of docs/outcomes.md in a real execution of the deployed state machine.

All runs of this module are started together, four at a time; each test looks at its own. Waits are
scaled to milliseconds, and permissions are enforced.
"""

import pytest

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage
from tests.support.runs.outcome_runs import failed, fault, row, scaled_local_aws, started, succeeded
from training_job.failure import Failure

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage():
    with scaled_local_aws() as server:
        assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
        outputs = deployment.deploy(assembly, server.client)
        yield Stage(server.client, server.endpoint_url, outputs)


@pytest.fixture(scope="module")
def runs(request, stage):
    def go(faults, act, given):
        run = stage.start(given, faults)
        run.end()
        stage.forget(run)
        return run

    yield from started(request, go)


@pytest.fixture
def run(request, runs):
    """The ended run of this test; nothing of it is left running, and a failure is well formed."""
    ended = runs[request.node.nodeid].result()
    assert ended.running() == []
    if ended.status == "FAILED":
        assert Failure(ended.error)
        assert next(iter(ended.cause)) == "message"
    return ended


def calls(run):
    return run.entered.count("CreateTrainingJob")


def looks(run):
    return run.entered.count("DescribeTrainingJob")


# --- debugger rules; the run that waits longest is started first -------------------------------

RULE = {
    "debug_rule_config": [
        {
            "RuleConfigurationName": name,
            "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/rules:latest",
            "RuleParameters": {"rule_to_invoke": name},
        }
        for name in ("LossNotDecreasing", "Overfit")
    ]
}


def rule(status, times=1, **more):
    return fault("rule_status", status=status, times=times, **more)


@row(rule("InProgress", 1000), **RULE)
def test_rules_that_never_end(run):
    assert "still ran an hour after training" in succeeded(run)["notes"][-1]
    assert looks(run) == 121


@row(rule("InProgress", 2), rule("Stopping"), rule("NoIssuesFound"), **RULE)
def test_rules_are_waited_for(run):
    output = succeeded(run)
    assert [each["status"] for each in output["rule_evaluations"]] == ["NoIssuesFound"] * 2
    assert looks(run) == 4
    assert output["notes"] == []


@row(rule("IssuesFound", rule="Over*"), **RULE)
def test_issues_are_reported(run):
    output = succeeded(run)
    statuses = {each["name"]: each["status"] for each in output["rule_evaluations"]}
    assert statuses == {"LossNotDecreasing": "NoIssuesFound", "Overfit": "IssuesFound"}
    assert output["notes"] == ["Debugger rules found issues: Overfit."]


@row(rule("IssuesFound", rule="Over*"), fail_on_rule_issues=True, **RULE)
def test_issues_fail_where_asked_for(run):
    assert "Overfit (IssuesFound)" in failed(run, "RuleEvaluationFailed", jobs=1)
    assert len(run.cause["rule_evaluations"]) == 2


@row(rule("Error"), **RULE)
def test_rules_that_end_in_an_error(run):
    assert "Overfit (Error)" in failed(run, "RuleEvaluationFailed", jobs=1)


@row(rule("Stopped"), fail_on_rule_issues=True, **RULE)
def test_rules_that_were_stopped(run):
    notes = succeeded(run)["notes"]
    assert notes == ["Debugger rules were stopped: LossNotDecreasing, Overfit."]


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


@row(job_name=None)
def test_default_name(run):
    assert succeeded(run)["job_name"].startswith("TrainingJob-20")


@row(hyperparameters={"save": "never"})
def test_completed_without_a_model(run):
    assert "without a model" in failed(run, "TrainingJobFailed", jobs=1)


# --- stopped -------------------------------------------------------------------------------------

LONG_AFTER_SAVING = {"hyperparameters": {"save": "before", "seconds": 100}}
SPOT = {"spot_instance": True, "max_wait_time": 900}


@row(fault("exceed_time", after_seconds=8), **LONG_AFTER_SAVING)
def test_max_run_reached_with_a_model(run):
    output = succeeded(run)
    assert (output["status"], output["secondary_status"]) == ("Stopped", "MaxRuntimeExceeded")
    assert output["notes"][-1] == "Training ended because max_run was reached."


@row(
    fault("exceed_time", limit="MaxWaitTimeExceeded", after_seconds=8), **LONG_AFTER_SAVING, **SPOT
)
def test_max_wait_time_reached_with_a_model(run):
    output = succeeded(run)
    assert output["secondary_status"] == "MaxWaitTimeExceeded"
    assert output["notes"][-1] == "Training ended because max_wait_time was reached."


@row(fault("exceed_time"))
def test_max_run_reached_without_a_model(run):
    message = failed(run, "TrainingJobStopped", jobs=1)
    assert "reached max_run and was stopped without having saved a model" in message


@row(fault("stop_job"))
def test_stopped_by_a_person(run):
    assert "was stopped before it had completed" in failed(run, "TrainingJobStopped", jobs=1)


@row(fault("stop_job", after_seconds=8), **LONG_AFTER_SAVING)
def test_stopped_by_a_person_with_a_model(run):
    failed(run, "TrainingJobStopped", jobs=1)
    assert run.jobs()[0]["ModelArtifacts"]["S3ModelArtifacts"]


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


@row(source_dir="s3://no-such-bucket/source.tar.gz")
def test_the_source_is_missing(run):
    failed(run, "TrainingJobFailed", jobs=1)


@row(fault("fail_job", reason="ClientError: Data download failed"))
def test_the_input_is_wrong(run):
    assert "ClientError: Data download failed." in failed(run, "TrainingJobFailed", jobs=1)


@row(fault("fail_job", reason="\N{SNOWMAN} { nobody has seen this"))
def test_an_unknown_reason(run):
    assert "\N{SNOWMAN} { nobody" in failed(run, "TrainingJobFailed", jobs=1)


@row(fault("fail_job", reason="InternalServerError: We encountered an internal error."))
def test_an_internal_error_is_followed_by_another_attempt(run):
    output = succeeded(run, jobs=2)
    first, second = run.jobs()
    assert second["TrainingJobName"] == f"{first['TrainingJobName']}-2"
    assert second["ResourceConfig"]["InstanceType"] == first["ResourceConfig"]["InstanceType"]
    assert output["attempts"][0]["failure_reason"].startswith("InternalServerError")


@row(fault("fail_job", reason="InternalServerError: oops", times=9), max_attempts=2)
def test_internal_errors_to_the_last(run):
    message = failed(run, "TrainingJobFailed", jobs=2)
    assert "tried 2 times: InternalServerError: oops." in message


@row(fault("fail_job", reason="CapacityError: none"), fallback_instance_types=["ml.m5.2xlarge"])
def test_no_capacity_falls_back(run):
    output = succeeded(run, jobs=2)
    types = [each["instance_type"] for each in output["attempts"]]
    assert types == ["ml.m5.xlarge", "ml.m5.2xlarge"]
    assert run.jobs()[1]["ResourceConfig"]["InstanceType"] == "ml.m5.2xlarge"


@row(
    fault("fail_job", reason="CapacityError: none", times=9),
    fallback_instance_types=["ml.m5.2xlarge"],
)
def test_no_capacity_anywhere(run):
    assert "tried 3 times" in failed(run, "CapacityUnavailable", jobs=3)
    types = [each["instance_type"] for each in run.cause["attempts"]]
    assert types == ["ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.2xlarge"]


@row(fault("fail_job", reason="CapacityError: none", times=9), max_attempts=1)
def test_one_attempt(run):
    assert "tried once" in failed(run, "CapacityUnavailable", jobs=1)


# --- create calls --------------------------------------------------------------------------------

THROTTLED = fault("reject_create", error="ThrottlingException", message="Rate exceeded")
BROKEN = fault("reject_create", error="InternalFailure", message="Try again", status=500)
QUOTA = fault(
    "reject_create",
    error="ResourceLimitExceeded",
    message="The account-level service limit 'ml.m5.xlarge for training job usage' is 0 Instances.",
)


@row(THROTTLED, BROKEN, {**THROTTLED, "status": 429})
def test_throttled(run):
    succeeded(run)
    assert calls(run) == 4


@row({**BROKEN, "times": 99})
def test_throttled_for_good(run):
    assert "no request in 8 calls: Try again" in failed(run, "RequestRejected", jobs=0)
    assert calls(run) == 8


@row({**QUOTA, "times": 3}, fallback_instance_types=["ml.m5.2xlarge"])
def test_a_quota_falls_back(run):
    assert succeeded(run)["attempts"][0]["instance_type"] == "ml.m5.2xlarge"
    assert calls(run) == 4


@row({**QUOTA, "times": 99}, fallback_instance_types=["ml.m5.2xlarge"])
def test_a_quota_everywhere(run):
    message = failed(run, "CapacityUnavailable", jobs=0)
    assert "ml.m5.xlarge, ml.m5.2xlarge" in message
    assert "service limit" in message
    assert calls(run) == 6


@row(vpc_subnets="subnet-00000000000000000", vpc_security_group_ids="sg-00000000000000000")
def test_rejected_by_validation(run):
    message = failed(run, "RequestRejected", jobs=0)
    assert "The subnet ID 'subnet-00000000000000000' does not exist" in message
    assert calls(run) == 1


@row(
    fault(
        "reject_create",
        error="AccessDeniedException",
        message="User: arn:aws:sts::1:assumed-role/machine/x is not authorized to perform: "
        "sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:1:training-job/j",
    )
)
def test_rejected_for_lack_of_a_permission(run):
    message = failed(run, "RequestRejected", jobs=0)
    assert "sagemaker:CreateTrainingJob on arn:aws:sagemaker:us-east-1:1:training-job/j" in message
    assert calls(run) == 1


@row(fault("reject_create", error="ValidationException", message="Requested image not found."))
def test_rejected_for_a_missing_image(run):
    assert "Requested image not found." in failed(run, "RequestRejected", jobs=0)
    assert calls(run) == 1


@row(fault("lose_answer"), hyperparameters={"seconds": 1})
def test_a_lost_answer_is_adopted(run):
    succeeded(run)
    assert calls(run) == 1
    assert run.entered.count("ListTags") == 1
    assert run.entered.count("WaitForJob") >= 1


@row(THROTTLED, fault("lose_answer", error="ResourceInUse", status=400), job_name=None)
def test_an_answer_lost_between_step_functions_own_calls_is_adopted(run):
    succeeded(run)
    assert calls(run) == 2


# --- the task and the job disagree ---------------------------------------------------------------


@row(fault("drop_sync"), hyperparameters={"seconds": 1})
def test_the_task_returns_too_early(run):
    succeeded(run)
    assert calls(run) == 1


@row(fault("drop_sync", error="States.TaskFailed"), hyperparameters={"seconds": 1})
def test_the_task_fails_while_the_job_runs(run):
    succeeded(run)
    assert calls(run) == 1


@row(fault("drop_sync", error="States.Timeout", after_seconds=1), hyperparameters={"seconds": 1})
def test_the_task_times_out_while_the_job_runs(run):
    succeeded(run)
    assert calls(run) == 1


@row(
    fault("drop_sync", error="Nobody.KnowsIt", cause="\0{" * 16_000),
    fault("slow_describe", seconds=0.5),
)
def test_the_task_ends_in_nonsense(run):
    succeeded(run)
    assert calls(run) == 1


# --- descriptions --------------------------------------------------------------------------------

UNKNOWN = fault("fail_describe", error="ThrottlingException", message="Rate exceeded", times=99)
DENIED = fault(
    "fail_describe",
    error="AccessDeniedException",
    message="User: x is not authorized to perform: sagemaker:DescribeTrainingJob",
    times=99,
)
RUNS_ON = {"hyperparameters": {"seconds": 100}}


@row({**DENIED, "times": 2}, {**UNKNOWN, "times": 2})
def test_a_job_is_described_later(run):
    succeeded(run)
    assert looks(run) == 5


@row(fault("drop_sync", after_seconds=1), UNKNOWN, **RUNS_ON)
def test_a_job_that_cannot_be_described_is_stopped(run):
    assert run.error == "TrainingJobFailed"
    assert "cannot be learnt: Rate exceeded" in run.cause["message"]
    assert run.jobs()[0]["TrainingJobStatus"] == "Stopped"
    assert "not stopped" not in run.cause["message"]
    assert looks(run) == 21


@row(fault("drop_sync", after_seconds=1), DENIED, **RUNS_ON)
def test_a_job_that_may_not_be_described_is_stopped(run):
    assert run.error == "RequestRejected"
    assert "denied: sagemaker:DescribeTrainingJob" in run.cause["message"]
    assert run.jobs()[0]["TrainingJobStatus"] == "Stopped"


@row(DENIED)
def test_a_job_that_had_ended_is_not_said_to_be_stopped(run):
    assert run.error == "RequestRejected"
    assert "The job was not stopped: " in run.cause["message"]
    assert "in status Completed" in run.cause["message"]


# --- before any job ------------------------------------------------------------------------------


@row(volume_size=0, image=None)
def test_wrong_arguments(run):
    assert (run.status, run.error) == ("FAILED", "InvalidArguments")
    assert len(run.cause["problems"]) >= 2
    assert run.jobs() == []


@row(dry_run=True)
def test_dry_run(run):
    assert run.status == "SUCCEEDED"
    assert run.output["request"]["TrainingJobName"]
    assert run.jobs() == []
