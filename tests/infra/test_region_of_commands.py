"""The commands on a deployed stack work in AWS_REGION, and say so where there is no region."""

import os
import subprocess
import sys

import boto3
import pytest

from infra.workflow.deployed import use_region
from tests.support.deploying.deployment import ROOT

pytestmark = pytest.mark.long

SUBMITTER = "arn:aws:iam::210987654321:role/submitter"
TRAINER = "arn:aws:iam::210987654321:role/trainer"
COMMANDS = (
    ["infra.operations.drain"],
    ["infra.roles.assume_role_policy", "--role", SUBMITTER, "--job-role", TRAINER],
    ["examples.first_run"],
    ["tools.verify_aws", "--preflight"],
)


def run(command, empty):
    clean = {name: each for name, each in os.environ.items() if not name.startswith("AWS_")}
    # Files that are not there; another HOME would have jsii unpack the CDK once more.
    files = {name: str(empty / name) for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", **files}
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**clean, **keys},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_a_region_it_says_how_to_name_one(command, tmp_path):
    code, said = run(command, tmp_path)
    assert code in (1, 2)
    assert "No region: set AWS_REGION to that of the deployment, such as us-east-1." in said
    assert "Traceback" not in said


def test_boto3_works_in_aws_region_as_the_cdk_cli_does(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert boto3.client("sts").meta.region_name == "us-east-1"
    use_region()
    assert boto3.client("sts").meta.region_name == "eu-west-1"
