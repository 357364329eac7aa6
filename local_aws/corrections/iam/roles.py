"""What a role may do, and who may assume it: for the calls that Step Functions makes itself.

ministack checks whoever calls its API, but lets the state machine role do anything.
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.services import iam

from local_aws.corrections.iam.context import denial_text

_SESSION = "StepFunctionsSession"


def enforced() -> bool:
    """Whether this server checks permissions at all."""
    return bool(app.AUTH)


def session_arn(role_arn: str) -> str:
    """Return the principal that a role's session is."""
    account, name = _parts(role_arn)
    return f"arn:aws:sts::{account}:assumed-role/{name}/{_SESSION}"


def denied(
    role_arn: str, action: str, resource: str, context: Mapping[str, Any] | None = None
) -> str | None:
    """Return AWS's words when the role may not do this; None when it may.

    Args:
        role_arn: The role whose policies and boundary decide.
        action: Such as `sagemaker:CreateTrainingJob`.
        resource: The ARN it is done to, or `*`.
        context: Condition keys, in lower case.
    """
    account, name = _parts(role_arn)
    request = iam_evaluator.EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:tagkeys": None, **(context or {})},
    )
    result = iam_evaluator.evaluate(
        request,
        iam_evaluator._gather_role_policies(name, account),
        *iam_evaluator._permissions_boundary(iam._roles, name, account),
    )
    if result.decision == "Allow":
        return None
    return denial_text(action, session_arn(role_arn), resource, result.decision == "Deny")


def trusts_role(role_arn: str, source_role_arn: str, external_id: str) -> bool:
    """Whether a role exists and lets another role assume it with this external id."""
    trust = _trust_policy(role_arn)
    if trust is None:
        return False
    request = _assume_request(source_role_arn, role_arn, {"sts:externalid": external_id})
    return bool(iam_evaluator.evaluate_trust_policy(trust, session_arn(source_role_arn), request))


def trusts_service(role_arn: str, service: str, context: Mapping[str, Any]) -> bool:
    """Whether a role exists and lets a service assume it, under these condition keys."""
    trust = _trust_policy(role_arn)
    if trust is None:
        return False
    request = _assume_request(service, role_arn, context)
    decision = iam_evaluator.evaluate_resource_policy(
        {"Statement": [{"Resource": "*", **statement} for statement in _statements(trust)]},
        request,
        service,
    ).decision
    return bool(decision == "Allow")


def _assume_request(
    principal: str, role_arn: str, context: Mapping[str, Any]
) -> iam_evaluator.EvalContext:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=_parts(role_arn)[0],
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        service_context=dict(context),
    )


def _trust_policy(role_arn: str) -> dict[str, Any] | None:
    account, name = _parts(role_arn)
    role = iam._roles.get_scoped(account, None, name)
    if role is None or role.get("Arn") != role_arn:
        return None
    document = role.get("AssumeRolePolicyDocument") or {}
    return dict(json.loads(document) if isinstance(document, str) else document)


def _statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = policy.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _parts(role_arn: str) -> tuple[str, str]:
    """Return account and name of a role; its path does not count."""
    account, _, resource = role_arn.removeprefix("arn:aws:iam::").partition(":")
    return account, resource.rpartition("/")[2]
