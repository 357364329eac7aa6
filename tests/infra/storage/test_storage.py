"""The bucket, the logs and the key: encryption, names, retention."""

import json
import re

import pytest

from lambdas.log import logged
from tests.support.deploying.deployment import ROOT
from tests.support.template.deployments import EXISTING_VPC
from tests.support.template.resolving import Resolver

DATA = ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key")


def test_execution_logs_are_vended_and_named_anew_with_each_stack(templates):
    groups = Resolver(templates["default"]).resources("AWS::Logs::LogGroup").values()
    assert {each["LogGroupName"] for each in groups} == {
        "/aws/vendedlogs/states/RlTraining-0a1b2c3d",
        "/aws/lambda/RlTraining-BuildRequest-0a1b2c3d",
        "/aws/lambda/RlTraining-JudgeAttempt-0a1b2c3d",
        "/aws/lambda/RlTraining-StopOrphans-0a1b2c3d",
        "/aws/vendedlogs/states/RlSweep-0a1b2c3d",
        "/aws/lambda/RlSweep-PlanSweep-0a1b2c3d",
        "/aws/lambda/RlSweep-StopTrials-0a1b2c3d",
    }
    assert {each["RetentionInDays"] for each in groups} == {365}


def test_the_query_for_a_run_reads_every_log_group_of_the_trainings(templates):
    page = (ROOT / "docs/outcomes.md").read_text()
    prefixes = re.findall(r"'(/aws/[^']+)'", re.search(r"namePrefix: \[(.*)\]", page)[1])
    groups = Resolver(templates["default"]).resources("AWS::Logs::LogGroup").values()
    ours = [each["LogGroupName"] for each in groups if "/RlTraining" in each["LogGroupName"]]
    assert len(ours) == 4
    assert [name for name in ours if not name.startswith(tuple(prefixes))] == []


def test_the_query_for_a_run_filters_by_what_the_functions_log(capsys):
    page = (ROOT / "docs/outcomes.md").read_text()
    ours, of_step_functions = re.findall(r"(\w+) = '\$EXECUTION_ARN'", page)
    with logged("BuildRequest", "arn"):
        line = json.loads(capsys.readouterr().out)
    assert line[ours] == "arn"
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    assert of_step_functions == "execution_arn"


@pytest.mark.parametrize(
    ("name", "policy"),
    [("default", "Retain"), ("everything", "Delete"), ("existing-vpc", "Retain")],
)
def test_data_is_retained_unless_the_settings_say_otherwise(templates, name, policy):
    found = [each for each in templates[name]["Resources"].values() if each["Type"] in DATA]
    assert {each["DeletionPolicy"] for each in found} == {policy}
    assert {each["UpdateReplacePolicy"] for each in found} == {policy}


def test_the_bucket_is_encrypted_private_versioned_and_tls_only(templates):
    resolver = Resolver(templates["default"])
    bucket = resolver.resource("AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    statements = resolver.resource("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        each["Condition"] for each in statements if each["Effect"] == "Deny"
    ]


@pytest.mark.parametrize("name", ["everything", "existing-vpc"])
def test_one_key_encrypts_everything(templates, name):
    resolver = Resolver(templates[name])
    if name == "existing-vpc":
        key = EXISTING_VPC["kms_key"]
        assert not resolver.resources("AWS::KMS::Key")
    else:
        (logical_id,) = resolver.resources("AWS::KMS::Key")
        key = resolver.place.arn("kms", f"key/{logical_id}")
        assert resolver.resource("AWS::KMS::Key")["EnableKeyRotation"] is True
    groups = resolver.resources("AWS::Logs::LogGroup").values()
    assert {group["KmsKeyId"] for group in groups} == {key}
    functions = resolver.resources("AWS::Lambda::Function")
    ours = [each for name, each in functions.items() if name.startswith(("Training", "Sweeps"))]
    assert {each["KmsKeyArn"] for each in ours} == {key}
    for of in ("RlTraining", "RlSweep"):
        assert resolver.machine(of)["EncryptionConfiguration"]["KmsKeyId"] == key
    assert resolver.resource("AWS::SNS::Topic")["KmsMasterKeyId"] in (key, key.rpartition("/")[2])
    (rule,) = resolver.resource("AWS::S3::Bucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
