"""A state machine of ours: its log, its traces and keys, the alias of its version deployed last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from ..grants.permissions import allow
from ..settings.model import Settings
from ..storage.log_group import log_group

ALIAS = "live"
"""The alias that names the version deployed last."""


def state_machine(
    scope: Construct,
    name: str,
    definition: Mapping[str, Any],
    *,
    role: iam.IRole,
    settings: Settings,
    key: kms.IKey | None,
) -> sfn.StateMachine:
    """Return the state machine of this name and definition.

    Args:
        scope: Where it is made.
        name: Of the state machine.
        definition: In the Amazon States Language.
        role: What its executions run as.
        settings: Of its log.
        key: Encrypts its log and its data; keys of AWS when None.
    """
    # Step Functions delivers logs best to groups of this prefix:
    # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
    log = log_group(scope, f"/aws/vendedlogs/states/{name}", settings, key)
    text = Stack.of(scope).to_json_string(definition)
    return sfn.StateMachine(
        scope,
        "StateMachine",
        state_machine_name=name,
        state_machine_type=sfn.StateMachineType.STANDARD,
        definition_body=sfn.DefinitionBody.from_string(text),
        role=role,
        logs=sfn.LogOptions(
            destination=log,
            level=sfn.LogLevel.ALL,
            include_execution_data=settings.execution_data_in_logs,
        ),
        tracing_enabled=True,
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(key) if key else None,
    )


def live_alias(scope: Construct, machine: sfn.StateMachine) -> str:
    """Make the alias of the state machine's newest version; return its ARN."""
    version = sfn.CfnStateMachineVersion(
        scope,
        "Version",
        state_machine_arn=machine.state_machine_arn,
        state_machine_revision_id=machine.state_machine_revision_id,
    )
    # Executions of an earlier version go on, and an alias can go back to it.
    version.apply_removal_policy(RemovalPolicy.RETAIN)
    alias = sfn.CfnStateMachineAlias(
        scope,
        "Alias",
        name=ALIAS,
        deployment_preference=sfn.CfnStateMachineAlias.DeploymentPreferenceProperty(
            state_machine_version_arn=version.ref, type="ALL_AT_ONCE"
        ),
    )
    return alias.ref


def executions(scope: IConstruct, name: str) -> str:
    """Return what the ARNs of the executions of the state machine of this name begin with."""
    arn = Stack.of(scope).format_arn(
        service="states",
        resource="execution",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return f"{arn}:"


def startable(machine: sfn.IStateMachine) -> list[str]:
    """Return the ARNs by which executions of a state machine are started."""
    arn = machine.state_machine_arn
    return [arn, f"{arn}:{ALIAS}"]


def allow_launching(role: iam.IRole, machine: sfn.IStateMachine, name: str, what: str) -> None:
    """Allow a role to start executions, follow them to their end and stop them.

    Args:
        role: Who is allowed.
        machine: The state machine.
        name: Its name.
        what: Is started, as the statements name it: `Executions` or `Sweeps`.
    """
    allow(role, f"Start{what}", ["states:StartExecution"], startable(machine))
    allow(
        role,
        f"Follow{what}",
        ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"],
        [f"{executions(role, name)}*"],
        wildcard="Callers name the executions of this one state machine.",
    )
