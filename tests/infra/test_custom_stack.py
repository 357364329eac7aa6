"""The workflow in somebody else's stack: examples/custom_stack.py."""

import json

import pytest

from tests.support.deploying import deployment
from tests.support.template.resolving import Resolver


@pytest.fixture(scope="module")
def resolver():
    program = (deployment.ROOT / "examples/custom_stack.py").read_text()
    assembly = deployment.kept(
        ["custom stack", program],
        lambda output: deployment.run(["-m", "examples.custom_stack"], CDK_OUTDIR=str(output)),
    )
    return Resolver(deployment.template(assembly, "NightlyTraining"))


def test_the_stack_has_the_workflow_and_nothing_of_ours_besides(resolver):
    machine = resolver.resource("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineName"] == "NightlyTraining"
    kinds = {each["Type"] for each in resolver.template["Resources"].values()}
    assert kinds.isdisjoint({"AWS::SNS::Topic", "AWS::CloudWatch::Alarm", "AWS::EC2::VPC"})
    assert not any("Launcher" in name for name in resolver.template["Resources"])


def test_the_state_machine_passes_the_stacks_own_job_role_only(resolver):
    (passed,) = [
        each for each in resolver.policy("TrainingRole") if each["Action"] == "iam:PassRole"
    ]
    assert passed["Resource"].startswith(resolver.place.arn("iam", "role/JobRole", global_=True))


def test_the_scheduled_arguments_are_within_the_guard_rails(resolver):
    target = resolver.resource("AWS::Scheduler::Schedule")["Target"]
    arguments = json.loads(target["Input"])
    (guard_rails,) = [
        json.loads(each["Environment"]["Variables"]["SETTINGS"])
        for each in resolver.resources("AWS::Lambda::Function").values()
        if "Environment" in each
    ]
    assert arguments["role"] in guard_rails["allowed_job_roles"]
    assert arguments["instance_type"] in guard_rails["allowed_instance_types"]
    assert guard_rails["argument_defaults"] == {"max_run": 14400, "max_wait_time": 14400}
