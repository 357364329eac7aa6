"""What the local SageMaker answers to requests it refuses, as a boto3 client sees it."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.support.deploying.local_aws_process import LocalAws
from tests.support.runs.training_jobs import TrainingJobs

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def jobs(local_aws: LocalAws) -> TrainingJobs:
    jobs = TrainingJobs(local_aws)
    jobs.create(jobs.request("taken"))
    other = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **other}]}
    local_aws.client("iam").create_role(
        RoleName="LambdaRole", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return jobs


def refusal(jobs: TrainingJobs, operation: str, **params: object) -> tuple[str, str]:
    """The code and message of a refused request."""
    with pytest.raises(ClientError) as caught:
        getattr(jobs.sagemaker, operation)(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_name_is_unique(jobs: TrainingJobs) -> None:
    code, message = refusal(jobs, "create_training_job", **jobs.request("taken"))
    assert code == "ResourceInUse"
    assert message.startswith("Training job names must be unique within an AWS account and region")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"TrainingJobName": "under_score"}, "Value 'under_score' at 'trainingJobName' failed"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}},
            "It is only supported when EnableManagedSpotTraining is set to true",
        ),
        ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "Tag key 'aws:x' is reserved"),
        (
            {"RoleArn": "arn:aws:iam::000000000000:role/Missing"},
            "Could not assume role arn:aws:iam::000000000000:role/Missing. Please ensure that",
        ),
        (
            {"RoleArn": "arn:aws:iam::000000000000:role/LambdaRole"},
            "allows principal 'sagemaker.amazonaws.com' to assume the role",
        ),
        (
            {"RoleArn": "arn:aws:iam::111111111111:role/JobRole"},
            "Cross-account pass role is not allowed",
        ),
        (
            {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "The subnet ID 'subnet-1' does not exist",
        ),
    ],
)
def test_a_request_that_is_wrong(jobs: TrainingJobs, fields: dict, expected: str) -> None:
    code, message = refusal(jobs, "create_training_job", **jobs.request("wrong", **fields))
    assert code == "ValidationException"
    assert expected in message
    assert jobs.sagemaker.list_training_jobs(NameContains="wrong")["TrainingJobSummaries"] == []


def test_a_network_that_exists_is_accepted(jobs: TrainingJobs, local_aws: LocalAws) -> None:
    ec2 = local_aws.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    filters = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    config = {"Subnets": [subnet["SubnetId"]], "SecurityGroupIds": [group]}
    jobs.create(jobs.request("in-network", VpcConfig=config))
    assert jobs.describe("in-network")["VpcConfig"] == config
    config = {**config, "SecurityGroupIds": [other_group(ec2)]}
    code, message = refusal(
        jobs, "create_training_job", **jobs.request("two-networks", VpcConfig=config)
    )
    assert (code, "must belong to one VPC" in message) == ("ValidationException", True)


def other_group(ec2) -> str:
    """A security group of another VPC."""
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]


def test_a_job_that_is_not_there(jobs: TrainingJobs) -> None:
    for operation in ("describe_training_job", "stop_training_job"):
        answer = refusal(jobs, operation, TrainingJobName="nowhere")
        assert answer == ("ValidationException", "Requested resource not found.")
    code, _ = refusal(jobs, "list_tags", ResourceArn="arn:aws:sagemaker:us-east-1:1:training-job/x")
    assert code == "ValidationException"


def test_an_operation_the_local_aws_does_not_have(jobs: TrainingJobs) -> None:
    code, message = refusal(jobs, "list_models")
    assert code == "UnknownOperationException"
    assert "does not have SageMaker's ListModels" in message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "Not a JSON document"),
        (b"[]", "of type list cannot be converted to structure"),
        (b'{"TrainingJobName": 7}', "Value 7 of type int at 'trainingJobName' cannot be"),
    ],
)
def test_a_body_that_is_no_request(local_aws: LocalAws, body: bytes, expected: str) -> None:
    headers = {"X-Amz-Target": "SageMaker.DescribeTrainingJob"}
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(local_aws.endpoint_url, data=body, headers=headers))
    with caught.value as answer:
        assert answer.code == 400
        assert answer.headers["x-amzn-errortype"] == "SerializationException"
        assert expected in json.load(answer)["message"]
