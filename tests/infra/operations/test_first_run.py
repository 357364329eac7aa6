"""The input to begin with: a run that the deployment takes as it is."""

import json

import pytest

from infra.operations.first_run import first_run_input
from infra.settings.context import read_settings
from infra.settings.guard_rails import guard_rails
from tests.support.template.deployments import ACCOUNT, DEPLOYMENTS
from tests.support.template.resolving import Resolver
from training_job import build_request, parse_arguments

ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"


PLACE = {"region": "us-east-1", "role": ROLE, "bucket": "artifacts"}
GROUP = {"InstanceGroupName": "a", "InstanceType": "ml.m5.xlarge", "InstanceCount": 1}
SETTINGS = {
    **DEPLOYMENTS,
    "a short limit": {"max_run_limit": 60},
    "types of which the first cannot": {
        "allowed_instance_types": ["ml.trn1.2xlarge", "ml.g5.xlarge"]
    },
    "an image": {
        "argument_defaults": {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1"}
    },
    "another toolkit": {"argument_defaults": {"toolkit": "coach", "toolkit_version": "1.0.0"}},
    "groups": {"argument_defaults": {"instance_groups": [GROUP]}},
    "spot": {"argument_defaults": {"spot_instance": True, "max_run": 600, "max_wait_time": 900}},
    "isolation": {"argument_defaults": {"network_isolation": True}},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_deployment_takes_its_own_input(settings):
    settings = read_settings(settings)
    rails = guard_rails(settings, job_roles=[ROLE], region="us-east-1")
    arguments = parse_arguments(first_run_input(settings, **PLACE), rails)
    request = build_request(arguments, job_name="first", region="us-east-1")
    assert request["OutputDataConfig"]["S3OutputPath"] == "s3://artifacts/models"
    assert "/sagemaker-rl-ray-container:ray-1.6.0-tf-" in arguments.training_image("us-east-1")


def test_an_hour_is_enough():
    assert first_run_input(read_settings({}), **PLACE)["max_run"] == 3600


def test_there_is_no_input_where_no_type_that_is_allowed_runs_the_image():
    settings = read_settings({"allowed_instance_types": ["ml.trn1.2xlarge"]})
    assert first_run_input(settings, **PLACE) is None


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_output_has_the_deployments_own_role_and_bucket(templates, name):
    found = Resolver(templates[name])
    given = json.loads(found.resolve(templates[name]["Outputs"]["FirstRunInput"]["Value"]))
    assert given["role"] == found.resolve(templates[name]["Outputs"]["JobRoleArn"]["Value"])
    bucket = found.resolve(templates[name]["Outputs"]["ArtifactBucketName"]["Value"])
    assert given["source_dir"].startswith(f"s3://{bucket}/")
