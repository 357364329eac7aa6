"""The workflow in a stack of one's own: what it is given is checked before anything is made."""

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from infra import InvalidSettings, RlTrainingWorkflow, Settings

ROLE = "arn:aws:iam::123456789012:role/trainer"
OTHER = Settings(allowed_job_roles=[f"{ROLE}-2"])


@pytest.fixture
def stack():
    """One that no dependencies of functions are installed for."""
    return Stack(App(context={"aws:cdk:bundling-stacks": []}), "Own")


@pytest.fixture
def trainer(stack):
    return iam.Role.from_role_arn(stack, "Trainer", ROLE)


def refused(stack, **given):
    with pytest.raises(InvalidSettings) as raised:
        RlTrainingWorkflow(stack, "Training", **given)
    return raised.value.problems


def test_its_defaults_are_checked_as_those_of_the_settings(stack, trainer):
    found = refused(
        stack,
        job_roles=[trainer],
        settings=Settings(argument_defaults={"max_wait_time": "long"}, max_instance_count=2),
        argument_defaults={
            "volum_size": 100,
            "max_run": "a lot",
            "max_wait_time": 60,
            "instance_count": 3,
        },
    )
    assert {name for name, _ in found} == {"argument_defaults"}
    told = sorted(message for _, message in found)
    assert [message.split(":")[0] for message in told] == [
        "instance_count",
        "max_run",
        "max_wait_time",
        "volum_size",
    ]
    assert told[1].startswith('max_run: got "a lot"; allowed: ')
    assert told[3] == "volum_size: is not an argument; did you mean volume_size?"


def test_without_a_job_role_it_says_so_with_what_else_is_wrong(stack):
    (none, wrong) = refused(stack, job_roles=[], argument_defaults={"max_run": 0})
    assert none == (
        "job_roles",
        "names none, and neither does the setting allowed_job_roles; allowed: at least one",
    )
    assert wrong[0] == "argument_defaults"


def test_the_settings_may_name_the_only_job_role(stack):
    workflow = RlTrainingWorkflow(stack, "Training", job_roles=[], settings=OTHER)
    assert workflow.guard_rails.allowed_job_roles == OTHER.allowed_job_roles


def test_what_only_a_deployment_makes_known_is_taken(stack, trainer):
    """Tokens, by themselves and in lists; beside them, what needs them."""
    vpc = ec2.Vpc(stack, "Vpc")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    made = iam.Role(stack, "Made", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    files = {"FileSystemId": "fs-0123456789abcdef0", "FileSystemAccessMode": "ro"}
    files |= {"FileSystemType": "EFS", "DirectoryPath": "/data"}
    defaults = {
        "role": made.role_arn,
        "vpc_subnets": [subnet.subnet_id for subnet in vpc.private_subnets],
        "vpc_security_group_ids": [group.security_group_id],
        "inputs": {"data": {"DataSource": {"FileSystemDataSource": files}}},
    }
    workflow = RlTrainingWorkflow(
        stack, "Training", job_roles=[made, trainer], argument_defaults=defaults
    )
    assert defaults.items() <= workflow.guard_rails.argument_defaults.items()


def test_a_role_may_be_the_default_if_it_is_its_own(stack, trainer):
    defaults = {"role": ROLE}
    ((_, message),) = refused(stack, job_roles=[], argument_defaults=defaults, settings=OTHER)
    assert message.startswith(f"role: got {ROLE}; this deployment allows {ROLE}-2. List it in ")
    RlTrainingWorkflow(stack, "Own", job_roles=[trainer], argument_defaults=defaults)
