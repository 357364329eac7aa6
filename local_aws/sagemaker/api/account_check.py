"""What a request refers to must exist in the account: the job role, subnets, security groups."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2, iam

from local_aws.sagemaker.errors import validation_error

_SERVICE = "sagemaker.amazonaws.com"
_ASSUME = frozenset({"sts:assumerole", "sts:*", "*"})


def check_account(request: Mapping[str, Any]) -> None:
    """Raise ValidationException unless everything the request names exists.

    Must be called under the account and region of the request.
    """
    check_job_role(request["RoleArn"])
    check_network(request.get("VpcConfig"))


def check_job_role(role_arn: str) -> None:
    """Raise ValidationException unless SageMaker could assume the role.

    Conditions in the trust policy are not evaluated.
    """
    account, path = role_arn.split(":")[4], role_arn.split(":", 5)[5]
    if account != get_account_id():
        raise validation_error("RoleArn: Cross-account pass role is not allowed.")
    role = iam._roles.get(path.rsplit("/", 1)[-1])
    if role is None or role["Arn"] != role_arn or not trusts_sagemaker(_trust_policy(role)):
        raise validation_error(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
            f"principal '{_SERVICE}' to assume the role."
        )


def _trust_policy(role: Mapping[str, Any]) -> Any:
    document = role.get("AssumeRolePolicyDocument") or "{}"
    return json.loads(document) if isinstance(document, str) else document


def trusts_sagemaker(policy: Mapping[str, Any]) -> bool:
    """Return whether a trust policy lets SageMaker assume its role."""
    effects = {
        statement.get("Effect")
        for statement in _as_list(policy.get("Statement"))
        if _names_sagemaker(statement.get("Principal"))
        and any(action.lower() in _ASSUME for action in _as_list(statement.get("Action")))
    }
    return effects == {"Allow"}


def _names_sagemaker(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return _SERVICE in _as_list(principal.get("Service"))
    return bool(principal == "*")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def check_network(config: Mapping[str, Any] | None) -> None:
    """Raise ValidationException unless the subnets and security groups exist, in one VPC."""
    if not config:
        return
    ec2._ensure_defaults_initialized()
    vpcs = set(_vpcs("subnet ID", config["Subnets"], ec2._subnets))
    vpcs |= set(_vpcs("security group", config["SecurityGroupIds"], ec2._security_groups))
    if len(vpcs) > 1:
        raise validation_error(
            "VpcConfig: subnets and security groups must belong to one VPC; got "
            f"{', '.join(sorted(vpcs))}."
        )


def _vpcs(kind: str, names: list[str], store: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        if name not in store:
            raise validation_error(f"VpcConfig: The {kind} '{name}' does not exist")
        yield str(store[name]["VpcId"])
