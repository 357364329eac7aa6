"""Who may assume the launcher role."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from training_job import Problem
from training_job.arguments.checking import Rule

from ..settings.model import Settings

MAX_TRUST = 2048
"""Characters of a trust policy, white space aside, unless AWS has raised the account's quota.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

_LONGEST_PLACE = ("aws-us-gov", "ap-southeast-99", "123456789012")


def launcher_trust(settings: Settings, partition: str, region: str, account: str) -> dict[str, Any]:
    """Return the trust policy of the launcher role: the principals that the settings name.

    With none named, the account itself: whoever its administrators allow `sts:AssumeRole` on the
    role, and nobody else.
    """
    statements = []
    if settings.launcher_principals:
        statements.append(_assume({"AWS": _one_or_list(settings.launcher_principals)}))
    if settings.launcher_oidc_provider:
        statements.append(_service_accounts_by_oidc(settings, settings.launcher_oidc_provider))
    if settings.launcher_eks_cluster:
        cluster = f"arn:{partition}:eks:{region}:{account}:cluster/{settings.launcher_eks_cluster}"
        statements += _service_accounts_by_pod_identity(settings, cluster)
    if not statements:
        statements.append(_assume({"AWS": f"arn:{partition}:iam::{account}:root"}))
    return {"Version": "2012-10-17", "Statement": statements}


def _trust_fits(settings: Settings) -> list[Problem]:
    document = launcher_trust(settings, *_LONGEST_PLACE)
    size = len(json.dumps(document, separators=(",", ":")))
    if size <= MAX_TRUST:
        return []
    lists = ("launcher_principals", "launcher_service_accounts")
    longest = max(lists, key=lambda name: len(str(getattr(settings, name))))
    message = f"makes the launcher role's trust policy about {size} characters"
    way = "Service accounts of one name in many namespaces take the least"
    return [Problem(longest, f"{message}; allowed: {MAX_TRUST}, IAM's default quota. {way}")]


TRUST_FITS: Rule[Settings] = (
    (
        "launcher_principals",
        "launcher_oidc_provider",
        "launcher_eks_cluster",
        "launcher_service_accounts",
    ),
    _trust_fits,
)
"""The rule that IAM takes the trust policy."""


def associate_service_accounts(scope: Construct, settings: Settings, role: iam.IRole) -> None:
    """Give the role to the service accounts of `launcher_eks_cluster` by EKS Pod Identity."""
    from aws_cdk import aws_eks as eks  # noqa: PLC0415  large, and seldom needed

    for service_account in settings.launcher_service_accounts:
        namespace, name = service_account.split("/")
        eks.CfnPodIdentityAssociation(
            scope,
            f"PodIdentity-{namespace}-{name}",
            cluster_name=settings.launcher_eks_cluster or "",
            namespace=namespace,
            service_account=name,
            role_arn=role.role_arn,
        )


def _service_accounts_by_oidc(settings: Settings, provider: str) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html."""
    issuer = provider.partition("oidc-provider/")[2]
    subjects = [
        "system:serviceaccount:" + account.replace("/", ":")
        for account in settings.launcher_service_accounts
    ]
    return _assume(
        {"Federated": provider},
        action="sts:AssumeRoleWithWebIdentity",
        equal={f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": _one_or_list(subjects)},
    )


def _service_accounts_by_pod_identity(settings: Settings, cluster: str) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html.

    Namespace and name are tags of their own. Those of one statement are the names that the same
    namespaces have: no service account is trusted that is not listed.
    """
    namespaces: dict[str, list[str]] = {}
    for service_account in settings.launcher_service_accounts:
        namespace, name = service_account.split("/")
        namespaces.setdefault(name, []).append(namespace)
    names: dict[tuple[str, ...], list[str]] = {}
    for name, found in namespaces.items():
        names.setdefault(tuple(sorted(found)), []).append(name)
    return [
        _assume(
            {"Service": "pods.eks.amazonaws.com"},
            action=["sts:AssumeRole", "sts:TagSession"],
            equal={
                "aws:RequestTag/eks-cluster-arn": cluster,
                "aws:RequestTag/kubernetes-namespace": _one_or_list(among),
                "aws:RequestTag/kubernetes-service-account": _one_or_list(named),
            },
        )
        for among, named in names.items()
    ]


def _assume(
    principal: dict[str, Any],
    *,
    action: str | list[str] = "sts:AssumeRole",
    equal: dict[str, Any] | None = None,
) -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": equal}} if equal else {}
    return {"Effect": "Allow", "Principal": principal, "Action": action, **condition}


def _one_or_list(values: list[str] | tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
