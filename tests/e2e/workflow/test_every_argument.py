"""Every argument through a real execution: the training job shows it.

What each becomes in the request is tested in tests/unit/training_job/arguments/test_arguments.py.
"""

import contextlib
import io
import json
import tarfile
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.arguments import CUSTOM_IMAGE, TOOLKIT_IMAGE
from tests.support.runs.deployed_runs import Execution
from tests.support.runs.training_jobs import tarball
from tests.support.runs.waiting import wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def network(local_aws):
    """A subnet and a security group that exist: SageMaker checks them."""
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    return {"vpc_subnets": subnet, "vpc_security_group_ids": group}


def start(deployed, given):
    states = deployed.client("stepfunctions")
    arn = states.start_execution(
        stateMachineArn=deployed.outputs["StateMachineArn"],
        name=f"test-{uuid.uuid4()}",
        input=json.dumps(given),
    )["executionArn"]
    return Execution(arn, states, deployed.client("sagemaker"))


RULE = {
    "RuleConfigurationName": "LossNotDecreasing",
    "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules",
    "RuleParameters": {"rule_to_invoke": "LossNotDecreasing"},
}
IMAGE = "462105765813.dkr.ecr.us-east-1.amazonaws.com/sagemaker-rl-ray-container"

OTHER_IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/x:2"
GIVEN = {
    "image": OTHER_IMAGE,
    "entry_point": "a/b.py",
    "source_dir": "s3://x/y.tar.gz",
    "metric_definitions": {"a": "a: (.*)"},
    "training_input_mode": "File",
    "hyperparameters": {"lr": 0.5},
    "instance_type": "ml.c5.4xlarge",
    "instance_count": "2",
    "volume_size": 77,
    "max_run": 1234,
    "output_encryption_key": "alias/k",
    "spot_instance": "True",
    "max_wait_time": 90_000,
    "checkpoint_config": {"S3Uri": "s3://x/c"},
    "debug_hook_config": {"LocalPath": "/t"},
    "debug_rule_config": [RULE],
    "tags": {"team": "rl"},
    "traffic_encryption": True,
    "environment": {"A": "1"},
    "network_isolation": True,
}
SHOWN = {
    "AlgorithmSpecification.TrainingImage": OTHER_IMAGE,
    "AlgorithmSpecification.TrainingInputMode": "File",
    "AlgorithmSpecification.MetricDefinitions": [{"Name": "a", "Regex": "a: (.*)"}],
    "HyperParameters.sagemaker_program": '"a/b.py"',
    # In isolation the source comes through a channel.
    "HyperParameters.sagemaker_submit_directory": '"/opt/ml/input/data/code/y.tar.gz"',
    "HyperParameters.sagemaker_region": '"us-east-1"',
    "HyperParameters.lr": "0.5",
    "ResourceConfig.InstanceType": "ml.c5.4xlarge",
    "ResourceConfig.InstanceCount": 2,
    "ResourceConfig.VolumeSizeInGB": 77,
    "StoppingCondition.MaxRuntimeInSeconds": 1234,
    "StoppingCondition.MaxWaitTimeInSeconds": 90_000,
    "OutputDataConfig.KmsKeyId": "alias/k",
    "EnableManagedSpotTraining": True,
    "CheckpointConfig.S3Uri": "s3://x/c",
    "DebugHookConfig.LocalPath": "/t",
    "DebugRuleConfigurations": [RULE],
    "Tags.team": "rl",
    "EnableInterContainerTrafficEncryption": True,
    "EnableNetworkIsolation": True,
    "Environment.A": "1",
}


def at(description, path):
    for name in path.split("."):
        description = description[name]
    return description


@pytest.fixture
def job(deployed, network):
    """The training job of an execution with all of them, and its tags; it is stopped then."""
    deployed_to = {
        "role": deployed.outputs["JobRoleArn"],
        "model_artifact_path": f"s3://{deployed.outputs['ArtifactBucketName']}/models",
        "job_name": f"t-{uuid.uuid4()}",
    }
    run = start(deployed, CUSTOM_IMAGE | GIVEN | network | deployed_to)
    wait_until(lambda: "TaskSubmitted" in [event["type"] for event in run.events()], run.arn)
    described = run.sagemaker.describe_training_job(TrainingJobName=deployed_to["job_name"])
    tags = run.sagemaker.list_tags(ResourceArn=described["TrainingJobArn"])["Tags"]
    yield described | {"Tags": {tag["Key"]: tag["Value"] for tag in tags}}
    with contextlib.suppress(ClientError):  # its job has no source: it may have ended
        run.stop()
    run.end()


def test_the_training_job_shows_every_argument(job, network, deployed):
    assert {path: at(job, path) for path in SHOWN} == SHOWN
    (source,) = job["InputDataConfig"]
    assert source["DataSource"]["S3DataSource"]["S3Uri"] == "s3://x/y.tar.gz"
    assert job["VpcConfig"] == {
        "Subnets": [network["vpc_subnets"]],
        "SecurityGroupIds": [network["vpc_security_group_ids"]],
    }
    assert job["RoleArn"] == deployed.outputs["JobRoleArn"]
    assert job["OutputDataConfig"]["S3OutputPath"].endswith("/models")
    assert job["TrainingJobName"].startswith("t-")
    assert job["Tags"]["AWS_STEP_FUNCTIONS_EXECUTION_ARN"]


def test_a_warm_pool_is_for_deployments_that_allow_it(deployed):
    given = CUSTOM_IMAGE | {"role": deployed.outputs["JobRoleArn"], "keep_alive": 60}
    ended = start(deployed, given).end()
    assert ended["error"] == "InvalidArguments"
    (problem,) = json.loads(ended["cause"])["problems"]
    assert problem["argument"] == "keep_alive"
    assert problem["message"] == "got 60 s; this deployment allows at most 0 s"


GROUPS = [
    {"InstanceGroupName": "trainer", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    {"InstanceGroupName": "rollouts", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 1},
]
TOGETHER = """
    import json, os, pathlib, tarfile

    group = os.environ["SM_CURRENT_INSTANCE_GROUP"]
    data = pathlib.Path(os.environ["SM_INPUT_DIR"], "data")
    seen = sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())
    board = pathlib.Path(os.environ["SM_OUTPUT_DIR"], "tensorboard")
    (board / f"events.{os.environ['SM_CURRENT_HOST']}").write_text(group)
    model = pathlib.Path(os.environ["SM_MODEL_DIR"], os.environ["SM_CURRENT_HOST"])
    model.write_text(json.dumps([group, *seen]))
"""


def test_all_of_them_in_one_training(deployed):
    """Groups with data of their own continue from a model; their TensorBoard files are kept."""
    aws, bucket = deployed.client("s3"), deployed.outputs["ArtifactBucketName"]
    name = f"together-{uuid.uuid4().hex[:8]}"
    for key, body in (
        (f"{name}/source.tar.gz", tarball({"train.py": TOGETHER})),
        (f"{name}/old/model.tar.gz", b"an archive"),
        (f"{name}/data/0", b"episode"),
    ):
        aws.put_object(Bucket=bucket, Key=key, Body=body)
    below = f"s3://{bucket}/{name}"
    data = {"S3Uri": f"{below}/data", "InstanceGroupNames": ["rollouts"]}
    given = {
        "role": deployed.outputs["JobRoleArn"],
        "source_dir": f"{below}/source.tar.gz",
        "model_artifact_path": f"{below}/models",
        "job_name": name,
        "instance_type": "",
        "instance_groups": GROUPS,
        "inputs": {"episodes": {"DataSource": {"S3DataSource": data}}},
        "initial_model": f"{below}/old/model.tar.gz",
        "tensorboard_path": f"{below}/board/",
        "capacity_wait": 60,
    }
    ended = start(deployed, CUSTOM_IMAGE | given).end()
    assert ended["status"] == "SUCCEEDED", ended["cause"]
    output = json.loads(ended["output"])
    (attempt,) = output["attempts"]
    assert attempt["instance_type"] == "1 x ml.g5.xlarge + 1 x ml.c5.2xlarge"
    assert output["tensorboard_path"] == f"{below}/board/{name}/tensorboard-output"
    kept = aws.list_objects_v2(Bucket=bucket, Prefix=f"{name}/board/")["Contents"]
    assert [each["Key"].rpartition("/")[2] for each in kept] == [
        f"events.algo-{number}" for number in (1, 2)
    ]
    archive = aws.get_object(Bucket=bucket, Key=f"{name}/models/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive["Body"].read())) as tar:
        seen = {each.name: json.load(tar.extractfile(each)) for each in tar.getmembers()}
    assert seen == {
        "algo-1": ["trainer", "model/model.tar.gz"],
        "algo-2": ["rollouts", "episodes/0", "model/model.tar.gz"],
    }


def test_a_dry_run_creates_nothing(deployed):
    name = f"dry-{uuid.uuid4()}"
    chosen = {"toolkit": "ray", "toolkit_version": "0.8.5", "framework": "PyTorch"}
    given = TOOLKIT_IMAGE | chosen | {"role": deployed.outputs["JobRoleArn"], "job_name": name}
    run = start(deployed, given | {"dry_run": True})
    request = json.loads(run.end()["output"])["request"]
    assert request["TrainingJobName"] == name
    algorithm = request["AlgorithmSpecification"]
    assert algorithm["TrainingImage"] == f"{IMAGE}:ray-0.8.5-torch-cpu-py36"
    metrics = [metric["Name"] for metric in algorithm["MetricDefinitions"]]
    assert metrics == ["episode_reward_mean", "episode_reward_max"]
    jobs = run.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert jobs == []


def test_wrong_arguments_are_all_named_and_nothing_is_created(deployed):
    wrong = {"volume_size": 0, "vpc_subnets": "subnet-1", "tagz": {"a": "b"}, "region": "eu-west-1"}
    ended = start(deployed, CUSTOM_IMAGE | wrong).end()
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidArguments")
    cause = json.loads(ended["cause"])
    named = [problem["argument"] for problem in cause["problems"]]
    assert named == ["region", "role", "volume_size", "vpc_security_group_ids", "tagz"]
    assert cause["message"] == "5 argument problems; nothing was started."
