"""Endpoint policies: through an endpoint this account's principals reach this account's resources.

They bound what a role's own policies allow; they allow nothing by themselves.
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from ..settings.model import Settings

_PULL_IMAGES = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
)


def endpoint_policy(name: str, settings: Settings) -> iam.PolicyDocument:
    """Return the policy of the endpoint `name`."""
    statements: dict[str, Callable[[], list[iam.PolicyStatement]]] = {
        "states": lambda: [_own("states:*", _arn("states"))],
        "logs": lambda: [_own("logs:*", _arn("logs"))],
        "sagemaker.api": lambda: [_own("sagemaker:*", _arn("sagemaker"))],
        "kms": lambda: [_own("kms:*", _arn("kms"))],
        # PutMetricData names no resource; the metrics are the caller's account's.
        "monitoring": lambda: [_own("cloudwatch:PutMetricData", "*")],
        "eks-auth": lambda: [
            _anyone("eks-auth:AssumeRoleForPodIdentity", _arn("eks", "cluster/*"))
        ],
        "sts": _sts,
        # Nodes pull the images of EKS add-ons from registries of AWS as well, so any registry,
        # but nothing is pushed through here.
        "ecr.api": lambda: [_own(_PULL_IMAGES, "*")],
        "ecr.dkr": lambda: [_own(_PULL_IMAGES, "*")],
        "s3": lambda: _s3(settings),
    }
    return iam.PolicyDocument(statements=statements[name]())


def _sts() -> list[iam.PolicyStatement]:
    roles = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/*"
    return [
        # A web identity has no account yet: the role's trust decides.
        _anyone("sts:AssumeRoleWithWebIdentity", roles),
        _own(("sts:AssumeRole", "sts:TagSession"), roles),
        _own("sts:GetCallerIdentity", "*"),
    ]


def _s3(settings: Settings) -> list[iam.PolicyStatement]:
    own = iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["s3:*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
    )
    # Where the layers of ECR images are:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    layers = f"arn:{Aws.PARTITION}:s3:::prod-{Aws.REGION}-starport-layer-bucket/*"
    statements = [own, _anyone("s3:GetObject", layers)]
    named = (
        *settings.job_read_locations,
        *settings.job_write_locations,
        *settings.launcher_s3_locations,
    )
    buckets = dict.fromkeys(location.split("/")[0] for location in named)
    if buckets:
        arns = [f"arn:{Aws.PARTITION}:s3:::{bucket}" for bucket in buckets]
        statements.append(_own("s3:*", *arns, *(f"{arn}/*" for arn in arns)))
    return statements


def _own(actions: str | Sequence[str], *resources: str) -> iam.PolicyStatement:
    statement = _anyone(actions, *resources)
    statement.add_condition("StringEquals", {"aws:PrincipalAccount": Aws.ACCOUNT_ID})
    return statement


def _anyone(actions: str | Sequence[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=[actions] if isinstance(actions, str) else list(actions),
        resources=list(resources),
    )


def _arn(service: str, resource: str = "*") -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
