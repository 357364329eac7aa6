"""Who may assume the launcher role."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..settings.model import Settings


def launcher_trust(scope: Construct, settings: Settings) -> iam.IPrincipal:
    """Return the principals that the settings name.

    With none named, the account itself: whoever its administrators allow `sts:AssumeRole` on the
    role, and nobody else.
    """
    principals: list[iam.IPrincipal] = [
        iam.ArnPrincipal(arn) for arn in settings.launcher_principals
    ]
    if settings.launcher_oidc_provider:
        principals.append(_service_accounts_by_oidc(scope, settings))
    if settings.launcher_eks_cluster:
        principals += _service_accounts_by_pod_identity(scope, settings)
    if not principals:
        return iam.AccountRootPrincipal()
    return principals[0] if len(principals) == 1 else iam.CompositePrincipal(*principals)


def associate_service_accounts(scope: Construct, settings: Settings, role: iam.IRole) -> None:
    """Give the role to the service accounts of `launcher_eks_cluster` by EKS Pod Identity."""
    if not settings.launcher_eks_cluster:
        return
    from aws_cdk import aws_eks as eks  # noqa: PLC0415  large, and seldom needed

    for service_account in settings.launcher_service_accounts:
        namespace, name = _split(service_account)
        eks.CfnPodIdentityAssociation(
            scope,
            f"PodIdentity-{namespace}-{name}",
            cluster_name=settings.launcher_eks_cluster,
            namespace=namespace,
            service_account=name,
            role_arn=role.role_arn,
        )


def _service_accounts_by_oidc(scope: Construct, settings: Settings) -> iam.IPrincipal:
    """https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html."""
    arn = settings.launcher_oidc_provider or ""
    issuer = arn.partition("oidc-provider/")[2]
    subjects = [
        "system:serviceaccount:" + account.replace("/", ":")
        for account in settings.launcher_service_accounts
    ]
    provider = iam.OpenIdConnectProvider.from_open_id_connect_provider_arn(
        scope, "OidcProvider", arn
    )
    return iam.OpenIdConnectPrincipal(provider).with_conditions(
        {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subjects}}
    )


def _service_accounts_by_pod_identity(scope: Construct, settings: Settings) -> list[iam.IPrincipal]:
    """https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html."""
    cluster = Stack.of(scope).format_arn(
        service="eks", resource="cluster", resource_name=settings.launcher_eks_cluster
    )
    return [
        iam.SessionTagsPrincipal(
            iam.ServicePrincipal("pods.eks.amazonaws.com").with_conditions(
                {
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-arn": cluster,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": name,
                    }
                }
            )
        )
        for namespace, name in map(_split, settings.launcher_service_accounts)
    ]


def _split(service_account: str) -> tuple[str, str]:
    namespace, _, name = service_account.partition("/")
    return namespace, name
