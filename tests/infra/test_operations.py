"""Logs, traces, alarms, notifications, encryption, retention."""

import json
import re

import pytest

from lambdas.log import logged
from tests.support.deploying.deployment import ROOT
from tests.support.template.deployments import DEPLOYMENTS, EVERYTHING, EXISTING_VPC
from tests.support.template.resolving import Resolver

DATA = ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_state_machine_logs_everything_and_traces(templates, name):
    for of in ("RlTraining", "RlSweep"):
        machine = Resolver(templates[name]).machine(of)
        logging = machine["LoggingConfiguration"]
        assert logging["Level"] == "ALL"
        assert logging["IncludeExecutionData"] is (name == "everything")
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["StateMachineType"] == "STANDARD"


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


def test_failures_are_told_whatever_a_catch_sees(templates):
    resolver = Resolver(templates["everything"])
    rule = ended(resolver, "Notifications", "RlTraining", "RlSweep")
    (topic,) = resolver.resources("AWS::SNS::Topic")
    assert [each["Arn"] for each in rule["Targets"]] == [resolver.place.arn("sns", topic)]
    subscription = resolver.resource("AWS::SNS::Subscription")
    assert subscription["Endpoint"] == EVERYTHING["notification_emails"][0]


@pytest.mark.parametrize(
    ("construct", "machine", "also", "function"),
    [
        ("TrainingOrphans", "RlTraining", (), "StopOrphans"),
        ("SweepsTrials", "RlSweep", ("SUCCEEDED",), "StopTrials"),
    ],
)
def test_what_an_execution_left_running_is_stopped(templates, construct, machine, also, function):
    resolver = Resolver(templates["default"])
    (target,) = ended(resolver, construct, machine, also=also)["Targets"]
    name = target["Arn"].rpartition(":")[2]
    assert name.startswith(f"{construct}{function}Function")
    (permission,) = [
        each
        for each in resolver.resources("AWS::Lambda::Permission").values()
        if each["FunctionName"] == target["Arn"]
    ]
    assert permission["Principal"] == "events.amazonaws.com"


def ended(resolver, construct, *machines, also=()):
    """The rule of the construct, which hears of every execution that did not succeed."""
    (rule,) = [
        each
        for name, each in resolver.resources("AWS::Events::Rule").items()
        if name.startswith(construct)
    ]
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": [*also, "FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [
                resolver.place.arn("states", f"stateMachine:{machine}") for machine in machines
            ],
        },
    }
    return rule


def test_alarms_watch_executions_and_functions(templates):
    alarms = Resolver(templates["default"]).resources("AWS::CloudWatch::Alarm").values()
    assert sorted((each["Namespace"], each["MetricName"]) for each in alarms) == [
        *5 * [("AWS/Lambda", "Errors")],
        ("AWS/States", "ExecutionThrottled"),
        ("AWS/States", "ExecutionsAborted"),
        *2 * [("AWS/States", "ExecutionsFailed")],
        *2 * [("AWS/States", "ExecutionsTimedOut")],
    ]
    assert all(each["AlarmActions"] for each in alarms)
    assert not Resolver(templates["existing-vpc"]).resources("AWS::CloudWatch::Alarm")


def test_alarms_and_events_may_publish_to_the_topic(templates):
    policy = Resolver(templates["default"]).resource("AWS::SNS::TopicPolicy")["PolicyDocument"]
    publishers = {
        each["Principal"]["Service"] for each in policy["Statement"] if each["Effect"] == "Allow"
    }
    assert publishers == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


def test_the_dashboard_is_a_setting(templates):
    assert not Resolver(templates["default"]).resources("AWS::CloudWatch::Dashboard")
    assert Resolver(templates["everything"]).resource("AWS::CloudWatch::Dashboard")


def test_an_alias_names_the_version_deployed_last(templates):
    resolver = Resolver(templates["default"])
    versions = resolver.resources("AWS::StepFunctions::StateMachineVersion")
    aliases = resolver.resources("AWS::StepFunctions::StateMachineAlias").values()
    assert {alias["Name"] for alias in aliases} == {"live"}
    preferences = [alias["DeploymentPreference"] for alias in aliases]
    assert sorted(each["StateMachineVersionArn"] for each in preferences) == sorted(versions)
    assert {each["Type"] for each in preferences} == {"ALL_AT_ONCE"}
    for version in versions:
        assert templates["default"]["Resources"][version]["DeletionPolicy"] == "Retain"


def test_the_definition_calls_versions_of_the_functions(templates):
    resolver = Resolver(templates["default"])
    versions = {
        resolver.resolve({"Ref": name}) for name in resolver.resources("AWS::Lambda::Version")
    }
    states, sweep = resolver.definition()["States"], resolver.definition("RlSweep")["States"]
    iteration = sweep["RunWave"]["ItemProcessor"]["States"]
    calling = [states["BuildRequest"], states["JudgeAttempt"], sweep["PlanSweep"]]
    called = {each["Arguments"]["FunctionName"] for each in [*calling, iteration["PlanTrial"]]}
    assert called == versions


def test_a_trial_is_started_by_the_alias_and_known_by_its_execution(templates):
    resolver = Resolver(templates["default"])
    iteration = resolver.definition("RlSweep")["States"]["RunWave"]["ItemProcessor"]["States"]
    started = iteration["Train"]["Arguments"]["StateMachineArn"]
    assert started == resolver.place.arn("states", "stateMachine:RlTraining:live")
    described = iteration["DescribeTrial"]["Arguments"]["ExecutionArn"]
    assert resolver.place.arn("states", "execution:RlTraining:") in described
    timeout = resolver.definition()["TimeoutSeconds"]
    assert iteration["Train"]["TimeoutSeconds"] > timeout


def test_tags_are_on_everything_that_takes_them(templates):
    resolver = Resolver(templates["everything"])
    for kind in ("AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SNS::Topic"):
        for name, each in resolver.resources(kind).items():
            if not name.startswith("CustomS3"):
                assert {"Key": "team", "Value": "ml"} in each["Tags"], name


def test_the_stacks_key_encrypts_models_unless_another_is_named(templates):
    functions = Resolver(templates["existing-vpc"]).resources("AWS::Lambda::Function")
    (settings,) = [
        json.loads(each["Environment"]["Variables"]["SETTINGS"])
        for name, each in functions.items()
        if "BuildRequest" in name
    ]
    key = EXISTING_VPC["kms_key"]
    assert settings["argument_defaults"]["output_encryption_key"] == key
    (use,) = [
        each
        for each in Resolver(templates["existing-vpc"]).policy("JobRole")
        if "kms:GenerateDataKey" in each["Action"]
    ]
    assert use["Resource"] == key


def test_guard_rails_reach_build_request(templates):
    functions = Resolver(templates["everything"]).resources("AWS::Lambda::Function")
    (settings,) = [
        json.loads(each["Environment"]["Variables"]["SETTINGS"])
        for name, each in functions.items()
        if "BuildRequest" in name
    ]
    job_role, other = settings.pop("allowed_job_roles")
    assert job_role.endswith("JobRole014917C6")
    assert other == EVERYTHING["allowed_job_roles"][0]
    defaults = settings.pop("argument_defaults")
    assert (defaults["max_run"], defaults["max_wait_time"]) == (3600, 3600)
    assert len(defaults["vpc_subnets"]) == 2
    assert len(defaults["vpc_security_group_ids"]) == 1
    assert defaults["output_encryption_key"] == EVERYTHING["required_encryption_key"]
    names = ("assumable_roles", "allowed_instance_types", "max_instance_count", "max_run_limit")
    names += ("max_keep_alive", "required_tags", "required_encryption_key")
    assert settings == {"region": "us-east-1", **{name: EVERYTHING[name] for name in names}}
