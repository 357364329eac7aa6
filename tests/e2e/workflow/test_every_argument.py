"""Every argument through a real execution: the training job shows it.

What each becomes in the request is tested in tests/unit/training_job/test_arguments.py.
"""

import json
import time
import uuid

import pytest

from tests.support.arguments import CUSTOM_IMAGE, TOOLKIT_IMAGE

pytestmark = pytest.mark.e2e
SECONDS = 30


@pytest.fixture(scope="module")
def network(local_aws):
    """A subnet and a security group that exist: SageMaker checks them."""
    ec2 = local_aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    return {"vpc_subnets": subnet, "vpc_security_group_ids": group}


class Run:
    """An execution of the deployed state machine, stopped as soon as its job can be described."""

    def __init__(self, deployed, given):
        self.states = deployed.client("stepfunctions")
        self.sagemaker = deployed.client("sagemaker")
        self.arn = self.states.start_execution(
            stateMachineArn=deployed.outputs["StateMachineArn"],
            name=f"test-{uuid.uuid4()}",
            input=json.dumps(given),
        )["executionArn"]

    def events(self):
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def job(self):
        """Return the training job's description and tags."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            submitted = [e for e in self.events() if e["type"] == "TaskSubmitted"]
            if submitted:
                output = json.loads(submitted[0]["taskSubmittedEventDetails"]["output"])
                arn = output["TrainingJobArn"]
                job = self.sagemaker.describe_training_job(TrainingJobName=arn.rsplit("/", 1)[1])
                tags = self.sagemaker.list_tags(ResourceArn=arn)["Tags"]
                return job | {"Tags": {tag["Key"]: tag["Value"] for tag in tags}}
            ended = self.states.describe_execution(executionArn=self.arn)
            assert ended["status"] == "RUNNING", ended.get("cause")
            time.sleep(0.05)
        pytest.fail("no training job was created")

    def end(self):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            ended = self.states.describe_execution(executionArn=self.arn)
            if ended["status"] != "RUNNING":
                return ended
            time.sleep(0.05)
        pytest.fail("the execution did not end")


@pytest.fixture
def job_of(deployed):
    """Start an execution and return its training job; stop it in the end."""
    runs = []

    def job_of(given):
        deployed_to = {
            "role": deployed.outputs["JobRoleArn"],
            "model_artifact_path": f"s3://{deployed.outputs['ArtifactBucketName']}/models",
        }
        runs.append(Run(deployed, given | deployed_to | {"job_name": f"t-{uuid.uuid4()}"}))
        return runs[-1].job()

    yield job_of
    for run in runs:
        run.states.stop_execution(executionArn=run.arn)
        run.end()


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
}
SHOWN = {
    "AlgorithmSpecification.TrainingImage": OTHER_IMAGE,
    "AlgorithmSpecification.TrainingInputMode": "File",
    "AlgorithmSpecification.MetricDefinitions": [{"Name": "a", "Regex": "a: (.*)"}],
    "HyperParameters.sagemaker_program": '"a/b.py"',
    "HyperParameters.sagemaker_submit_directory": '"s3://x/y.tar.gz"',
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
    "Environment.A": "1",
}


def at(description, path):
    for name in path.split("."):
        description = description[name]
    return description


def test_the_training_job_shows_every_argument(job_of):
    job = job_of(CUSTOM_IMAGE | GIVEN)
    assert {path: at(job, path) for path in SHOWN} == SHOWN


def test_toolkit_arguments_choose_the_image(job_of):
    chosen = {"toolkit": "ray", "toolkit_version": "0.8.5", "framework": "PyTorch"}
    job = job_of(TOOLKIT_IMAGE | chosen)
    assert job["AlgorithmSpecification"]["TrainingImage"] == f"{IMAGE}:ray-0.8.5-torch-cpu-py36"
    metrics = [metric["Name"] for metric in job["AlgorithmSpecification"]["MetricDefinitions"]]
    assert metrics == ["episode_reward_mean", "episode_reward_max"]


def test_vpc_role_path_and_name(job_of, network, deployed):
    job = job_of(CUSTOM_IMAGE | network | {"network_isolation": True})
    assert job["EnableNetworkIsolation"]
    assert job["VpcConfig"] == {
        "Subnets": [network["vpc_subnets"]],
        "SecurityGroupIds": [network["vpc_security_group_ids"]],
    }
    assert job["RoleArn"] == deployed.outputs["JobRoleArn"]
    assert job["OutputDataConfig"]["S3OutputPath"].endswith("/models")
    assert job["TrainingJobName"].startswith("t-")
    assert job["Tags"]["AWS_STEP_FUNCTIONS_EXECUTION_ARN"]


def test_the_default_name_is_the_documented_one(deployed):
    given = CUSTOM_IMAGE | {"role": deployed.outputs["JobRoleArn"]}
    run = Run(deployed, given)
    try:
        started = run.states.describe_execution(executionArn=run.arn)["startDate"]
        job_name = run.job()["TrainingJobName"]
    finally:
        run.states.stop_execution(executionArn=run.arn)
    assert job_name.startswith(f"TrainingJob-{started.strftime('%Y%m%d')}")
    assert len(job_name) == len("TrainingJob-20260131100000-0a1b2c3d")


def test_a_dry_run_creates_nothing(deployed):
    name = f"dry-{uuid.uuid4()}"
    given = CUSTOM_IMAGE | {"role": deployed.outputs["JobRoleArn"], "job_name": name}
    run = Run(deployed, given | {"dry_run": True, "toolkit": "ray"})
    ended = run.end()
    output = json.loads(ended["output"])
    assert output["request"]["TrainingJobName"] == name
    assert "toolkit" in output["notes"][0]
    jobs = run.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert jobs == []


def test_wrong_arguments_are_all_named_and_nothing_is_created(deployed):
    wrong = {"volume_size": 0, "vpc_subnets": "subnet-1", "tagz": {"a": "b"}, "region": "eu-west-1"}
    ended = Run(deployed, CUSTOM_IMAGE | wrong).end()
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidArguments")
    cause = json.loads(ended["cause"])
    named = [problem["argument"] for problem in cause["problems"]]
    assert named == ["region", "role", "volume_size", "vpc_security_group_ids", "tagz"]
    assert cause["message"] == "5 argument problems; nothing was started."
