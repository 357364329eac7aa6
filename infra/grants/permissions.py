"""Adding a permission to a role: a wildcard in a resource comes with its reason, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def allow(
    role: iam.IRole,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    conditions: Mapping[str, Any] | None = None,
    wildcard: str | None = None,
) -> None:
    """Add a statement to the role's policy.

    Args:
        role: Who is allowed.
        sid: The statement's name in the policy.
        actions: Without wildcards.
        resources: ARNs.
        conditions: Of the statement.
        wildcard: Why resources have a wildcard; shown by cdk-nag as the reason of its finding.

    Raises:
        ValueError: A wildcard has no reason, or a reason no wildcard.
    """
    wide = [resource for resource in resources if "*" in resource]
    if bool(wide) != bool(wildcard):
        raise ValueError(f"{sid}: each wildcard needs a reason, and a reason a wildcard: {wide}")
    statement = iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(resources), conditions=conditions
    )
    role.add_to_principal_policy(statement)
    if wildcard:
        findings = [f"AwsSolutions-IAM5[Resource::{_shown(role, each)}]" for each in wide]
        acknowledge(role, *findings, reason=wildcard)


def acknowledge(construct: IConstruct, *findings: str, reason: str) -> None:
    """Record why cdk-nag's findings on the construct, or below it, are right as they are."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding in findings)
    )


def _shown(scope: IConstruct, resource: str) -> str:
    """Return the ARN as cdk-nag writes it: `<LogicalId>` for Ref, `<LogicalId.Arn>` for GetAtt."""
    return _text(Stack.of(scope).resolve(resource))


def _text(resolved: Any) -> str:
    if isinstance(resolved, str):
        return resolved
    ((function, value),) = resolved.items()
    if function == "Fn::Join":
        return "".join(map(_text, value[1]))
    return f"<{value}>" if function == "Ref" else f"<{'.'.join(value)}>"
