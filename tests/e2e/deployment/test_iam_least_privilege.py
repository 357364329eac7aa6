"""The roles of the stack have what a run needs, and nothing that it does not need.

The local AWS enforces permissions here. Each permission of
tests/support/template/permission_table.py that a run uses is taken away once, and something must
say so.
"""

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.training_jobs import wait_until
from tests.support.step.launched_run import RunFailed
from tests.support.template.permission_table import CREATE, RUN, STOP, permissions

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def whole(launcher):
    """The output of a run with every permission, its data and TensorBoard files in the bucket."""
    bucket = f"s3://{launcher.outputs['ArtifactBucketName']}"
    return launcher.run(
        inputs={"episodes": f"{bucket}/source"}, tensorboard_path=f"{bucket}/tensorboard"
    )


def test_a_run_with_every_permission_succeeds(whole):
    assert whole["status"] == "Completed"
    assert any("episode_reward_mean" in line for line in whole["lines"])
    assert "/tensorboard/" in whole["tensorboard_path"]


@pytest.mark.parametrize(("role", "action"), permissions(RUN))
def test_without_a_permission_a_run_fails_and_says_so(launcher, whole, without, role, action):
    def launch():
        launcher.start(dry_run=True)
        launcher.follow(whole["execution"])

    needing = launch if role == "LauncherRole" else launcher.run
    with without(role, action), pytest.raises((RunFailed, ClientError)) as failure:
        needing()
    assert action in str(failure.value)


@pytest.mark.parametrize(
    ("argument", "denied"),
    [
        ({"inputs": {"episodes": "s3://elsewhere/episodes"}}, "s3:ListBucket"),
        ({"initial_model": "s3://elsewhere/model.tar.gz"}, "s3:ListBucket"),
        ({"tensorboard_path": "s3://elsewhere/tensorboard"}, "s3:PutObject"),
    ],
    ids=["inputs", "initial_model", "tensorboard_path"],
)
def test_data_elsewhere_needs_a_setting(enforcing_aws, launcher, argument, denied):
    """job_read_locations and job_write_locations give it: tests/infra/roles/test_grants.py."""
    s3 = enforcing_aws.client("s3")
    s3.create_bucket(Bucket="elsewhere")
    for key in ("episodes/1", "model.tar.gz"):
        s3.put_object(Bucket="elsewhere", Key=key, Body=b"1")
    with pytest.raises(RunFailed, match=denied):
        launcher.run(**argument)


@pytest.fixture
def running(enforcing_aws, launcher):
    """An execution whose training job runs, and how to ask for the job's status."""
    execution = launcher.start(pause=60)
    sagemaker, states = enforcing_aws.client("sagemaker"), enforcing_aws.client("stepfunctions")

    def job():
        name = states.describe_execution(executionArn=execution)["startDate"]
        jobs = sagemaker.list_training_jobs(CreationTimeAfter=name)["TrainingJobSummaries"]
        return next(iter(jobs), {}).get("TrainingJobName")

    name = wait_until(job, "a training job")
    yield execution, lambda: sagemaker.describe_training_job(TrainingJobName=name)
    if sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress":
        sagemaker.stop_training_job(TrainingJobName=name)
    states.stop_execution(executionArn=execution)


STOP_JOB = "sagemaker:StopTrainingJob"
ORPHANS = "TrainingOrphansStopOrphansRole"


@pytest.mark.parametrize("role", ["TrainingRole", ORPHANS])
def test_either_of_two_ways_stops_the_job_of_a_stopped_execution(launcher, without, running, role):
    execution, describe = running
    stop = launcher.client("stepfunctions").stop_execution
    action = "states:StopExecution"
    with without("LauncherRole", action), pytest.raises(ClientError, match=action):
        stop(executionArn=execution)
    with without(role, STOP_JOB):
        stop(executionArn=execution)
        wait_until(lambda: describe()["TrainingJobStatus"] in ("Stopping", "Stopped"), "the stop")


@pytest.fixture
def denials(enforcing_aws):
    """What the log of StopOrphans says of an action that it was denied."""
    logs = enforcing_aws.client("logs")
    prefix = "/aws/lambda/RlTraining-StopOrphans"

    def denials(action):
        (group,) = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        return [each for each in events if f"perform: {action}" in each["message"]]

    return denials


@pytest.mark.parametrize(
    "action",
    [action for role, action in permissions(STOP) if role == ORPHANS],
)
def test_a_job_that_neither_may_stop_runs_on(
    enforcing_aws, launcher, without, running, denials, action
):
    """StopExecution is best effort: it succeeds, and the job goes on.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
    """
    execution, describe = running
    with without("TrainingRole", STOP_JOB), without(ORPHANS, action):
        before = len(denials(action))
        launcher.client("stepfunctions").stop_execution(executionArn=execution)
        wait_until(lambda: len(denials(action)) > before, "the denial")
        ended = enforcing_aws.client("stepfunctions").describe_execution(executionArn=execution)
        assert ended["status"] == "ABORTED"
        assert describe()["TrainingJobStatus"] == "InProgress"


def test_every_stop_permission_has_its_test_above():
    assert permissions(STOP) == [
        ("TrainingRole", STOP_JOB),
        ("LauncherRole", "states:StopExecution"),
        *((ORPHANS, f"sagemaker:{call}") for call in ("DescribeTrainingJob", "StopTrainingJob")),
        (ORPHANS, "states:DescribeExecution"),
    ]


@pytest.mark.parametrize(("role", "action"), permissions(CREATE))
def test_without_a_permission_the_state_machine_is_refused(
    enforcing_aws, launcher, without, role, action
):
    output = "SweepStateMachineArn" if role == "SweepsRole" else "StateMachineArn"
    states, arn = enforcing_aws.client("stepfunctions"), launcher.outputs[output]
    definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
    with without(role, action), pytest.raises(ClientError, match="create managed-rule"):
        states.update_state_machine(stateMachineArn=arn, definition=definition)


def test_a_launcher_can_do_nothing_else(enforcing_aws, launcher):
    """The calls of the table, as far as the local AWS has them, from the launcher itself."""
    outputs = launcher.outputs
    bucket, machine = outputs["ArtifactBucketName"], outputs["StateMachineArn"]
    job = {
        "TrainingJobName": "direct",
        "RoleArn": outputs["JobRoleArn"],
        "AlgorithmSpecification": {"TrainingImage": "rl:1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    calls = [
        ("stepfunctions", "start_execution", {"stateMachineArn": f"{machine}2"}),
        ("stepfunctions", "delete_state_machine", {"stateMachineArn": machine}),
        ("sagemaker", "create_training_job", job),
        ("s3", "put_object", {"Bucket": bucket, "Key": "models/model.tar.gz"}),
        ("s3", "delete_object", {"Bucket": bucket, "Key": "models/model.tar.gz"}),
        ("iam", "list_roles", {}),
        ("sts", "assume_role", {"RoleArn": outputs["JobRoleArn"], "RoleSessionName": "taken"}),
    ]
    for service, operation, arguments in calls:
        with pytest.raises(ClientError) as denied:
            getattr(launcher.client(service), operation)(**arguments)
        assert denied.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_a_job_role_that_is_not_allowed_is_refused(launcher):
    """IAM would refuse to pass it as well: tests/infra/roles/test_guard_rails.py."""
    other = launcher.outputs["JobRoleArn"].rpartition("/")[0] + "/admin"
    with pytest.raises(RunFailed, match=r"InvalidArguments.*role/admin"):
        launcher.outcome(launcher.start(role=other))
