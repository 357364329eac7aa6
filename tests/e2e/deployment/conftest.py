"""A stack on a local AWS that enforces permissions, and a way to take one away."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.support.deploying import deployment
from tests.support.deploying.local_aws_process import LocalAws
from tests.support.step.launched_run import Launcher


@pytest.fixture(scope="module")
def launcher(enforcing_aws: LocalAws) -> Launcher:
    """Whoever has assumed the launcher role of the deployed stack."""
    assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
    outputs = deployment.deploy(assembly, enforcing_aws.client)
    session = enforcing_aws.client("sts").assume_role(
        RoleArn=outputs["LauncherRoleArn"], RoleSessionName="launcher"
    )["Credentials"]
    credentials = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    return Launcher(outputs, lambda service: enforcing_aws.client(service, **credentials))


@pytest.fixture
def without(
    enforcing_aws: LocalAws, launcher: Launcher
) -> Callable[[str, str], AbstractContextManager[None]]:
    """Takes an action from the policy of a role, for a while."""
    iam = enforcing_aws.client("iam")
    names = [
        role["RoleName"]
        for page in iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
    ]

    @contextmanager
    def without(role: str, action: str) -> Iterator[None]:
        (name,) = [each for each in names if each.startswith(f"{deployment.STACK}-{role}")]
        (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
        whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        statements = [less for each in whole["Statement"] if (less := _less(each, action))]
        assert statements != whole["Statement"]

        def put(document: dict[str, Any]) -> None:
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document)
            )

        put({**whole, "Statement": statements})
        try:
            yield
        finally:
            put(whole)

    return without


def _less(statement: dict[str, Any], action: str) -> dict[str, Any] | None:
    actions = statement["Action"]
    left = [each for each in ([actions] if isinstance(actions, str) else actions) if each != action]
    return {**statement, "Action": left} if left else None
