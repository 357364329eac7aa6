"""What the role that `assume_role` names needs in its own account: its trust and its policy.

    python -m infra.roles.assume_role_policy [--role ARN] [--job-role ARN] [--stack RlTraining]

It is run where `cdk deploy` is, and reads the same settings. The roles are those of
`assumable_roles` and `allowed_job_roles` unless they are given.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..settings.context import project_context, read_settings
from ..settings.model import Settings
from ..settings.problems import InvalidSettings
from ..workflow.deployed import state_machine_arn, use_region
from ..workflow.role import guard_rail_conditions


def trust(state_machine_arn: str, state_machine_role_arn: str) -> dict[str, Any]:
    """Return the trust policy: the state machine's role, on behalf of this state machine alone."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": state_machine_role_arn},
            "Action": "sts:AssumeRole",
            # Step Functions sends the state machine's ARN as the external id.
            "Condition": {"StringEquals": {"sts:ExternalId": state_machine_arn}},
        }
    )


def policy(
    role_arn: str, job_role_arns: Sequence[str], region: str, settings: Settings
) -> dict[str, Any]:
    """Return the permissions of the role: the training jobs of its account, as its job roles.

    The guard rails hold there too. No permission on events: across accounts Step Functions asks for
    the job's state.
    """
    _, partition, _, _, account, *_ = role_arn.split(":")
    jobs = f"arn:{partition}:sagemaker:{region}:{account}:training-job/*"
    return _document(
        *(
            {
                "Effect": "Allow",
                "Action": "sagemaker:CreateTrainingJob",
                "Resource": jobs,
                "Condition": conditions,
            }
            for conditions in guard_rail_conditions(settings)
        ),
        {
            "Effect": "Allow",
            "Action": [
                "sagemaker:AddTags",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:ListTags",
                "sagemaker:StopTrainingJob",
            ],
            "Resource": jobs,
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": list(job_role_arns),
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        },
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON document a role; return 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.roles.assume_role_policy")
    parser.add_argument("--role", action="append", help="the role that executions assume")
    parser.add_argument("--job-role", action="append", help="a job role in that role's account")
    parser.add_argument("--stack", help="name of the deployed stack (the setting stack_name)")
    parser.add_argument(
        "-c", "--context", action="append", default=[], help="NAME=VALUE, as of cdk deploy"
    )
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(project_context(Path.cwd(), given.context))
        roles = _listed("assumable_roles", "--role", given.role, settings)
        job_roles = _listed("allowed_job_roles", "--job-role", given.job_role, settings)
        if not roles:
            raise ValueError("No role: give --role, or list it in the setting assumable_roles.")
        passed = {role: _of_account(role, job_roles) for role in roles}
        machine, machine_role, region = _deployed(given.stack or settings.stack_name)
        _in_partition(machine, [*roles, *job_roles])
        for role, its_job_roles in passed.items():
            documents = {
                "role": role,
                "trust_policy": trust(machine, machine_role),
                "permissions_policy": policy(role, its_job_roles, region, settings),
            }
            print(json.dumps(documents, indent=2))
    except (ValueError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _listed(
    setting: str, option: str, given: Sequence[str] | None, settings: Settings
) -> Sequence[str]:
    """Return the roles that an option gives, or those of its setting.

    Of those that the setting lacks, a line on stderr says so: the deployment refuses them.

    Raises:
        ValueError: Names every one that is no role's ARN.
    """
    listed: Sequence[str] = getattr(settings, setting)
    if not given:
        return listed
    try:
        read_settings({setting: given})
    except InvalidSettings as error:
        wrong = [message for _, message in error.problems]
        lines = "\n".join(re.sub(rf"^{setting}\[\d+\]", option, each) for each in wrong)
        raise ValueError(lines) from None
    for role in given:
        if role not in listed:
            print(
                f"{role} is not in the setting {setting}: until it is deployed with it, "
                "executions that name the role are refused.",
                file=sys.stderr,
            )
    return given


def _deployed(stack: str) -> tuple[str, str, str]:
    """Return the state machine's ARN, its role's and its region."""
    use_region()
    machine = state_machine_arn(stack)
    described = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    return machine, described["roleArn"], machine.split(":")[3]


def _in_partition(machine: str, roles: Sequence[str]) -> None:
    """Check that roles are of the deployment's partition: none is assumed from another."""
    own = machine.split(":")[1]
    others = [role for role in roles if role.split(":")[1] != own]
    if others:
        raise ValueError(f"Of another partition than the deployment's, {own}: {', '.join(others)}")


def _of_account(role: str, job_roles: Sequence[str]) -> list[str]:
    account = role.split(":")[4]
    found = [arn for arn in job_roles if arn.split(":")[4] == account]
    if found:
        return found
    raise ValueError(
        f"No job role in account {account} for {role}: give --job-role, and list it in the "
        "setting allowed_job_roles."
    )


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


if __name__ == "__main__":
    sys.exit(main())
