"""The state machines as they are deployed: logs, traces, versions, what BuildRequest is told."""

import json

import pytest

from tests.support.template.deployments import DEPLOYMENTS, EVERYTHING, EXISTING_VPC
from tests.support.template.resolving import Resolver


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_state_machine_logs_everything_and_traces(templates, name):
    for of in ("RlTraining", "RlSweep"):
        machine = Resolver(templates[name]).machine(of)
        logging = machine["LoggingConfiguration"]
        assert logging["Level"] == "ALL"
        assert logging["IncludeExecutionData"] is (name == "everything")
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["StateMachineType"] == "STANDARD"


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
