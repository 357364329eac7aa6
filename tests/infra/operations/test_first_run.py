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


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_takes_its_own_input(name):
    settings = read_settings(DEPLOYMENTS[name])
    given = first_run_input(settings, region="us-east-1", role=ROLE, bucket="artifacts")
    rails = guard_rails(settings, job_roles=[ROLE], region="us-east-1")
    arguments = parse_arguments(given, rails)
    request = build_request(arguments, job_name="first", region="us-east-1")
    assert request["OutputDataConfig"]["S3OutputPath"] == "s3://artifacts/models"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_output_has_the_deployments_own_role_and_bucket(templates, name):
    found = Resolver(templates[name])
    given = json.loads(found.resolve(templates[name]["Outputs"]["FirstRunInput"]["Value"]))
    assert given["role"] == found.resolve(templates[name]["Outputs"]["JobRoleArn"]["Value"])
    bucket = found.resolve(templates[name]["Outputs"]["ArtifactBucketName"]["Value"])
    assert given["source_dir"].startswith(f"s3://{bucket}/")
