"""The job role: what a training job may do once SageMaker runs it.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.network import Network
from infra.s3_grants import list_objects, read_objects, write_objects
from infra.settings import Settings
from training_job.image import REGISTRY_ACCOUNTS

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker writes the logs of every training job of the account."""


def job_role(
    scope: Construct,
    settings: Settings,
    bucket: s3.IBucket,
    *,
    key: kms.IKey | None = None,
    network: Network | None = None,
) -> iam.Role:
    """Return the role that SageMaker assumes to run training jobs of this account and region.

    Args:
        scope: where the role is made.
        settings: the further data, images and keys it may use.
        bucket: where jobs read sources and write models and checkpoints.
        key: what the bucket is encrypted with, if with a customer managed key.
        network: where jobs may have network interfaces; nowhere when None.
    """
    role = iam.Role(
        scope,
        "JobRole",
        description=f"Training jobs of {settings.state_machine_name}",
        assumed_by=_sagemaker(scope),
    )
    written = [bucket.bucket_name, *settings.job_write_locations]
    readable = settings.job_read_locations
    statements = [
        write_objects("WriteArtifacts", written),
        *([read_objects("ReadData", readable)] if readable else []),
        *list_objects("ListData", [*written, *readable]),
        *_image_statements(scope, settings),
        _logs(scope),
        _metrics(),
        *_key_statements(settings, key),
        *(_network_statements(scope, network) if network else []),
    ]
    for statement in statements:
        role.add_to_policy(statement)
    return role


def _sagemaker(scope: Construct) -> iam.IPrincipal:
    """SageMaker, for training jobs of this account only (the confused deputy rule).

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    """
    jobs = Stack.of(scope).format_arn(
        service="sagemaker", resource="training-job", resource_name="*"
    )
    return iam.ServicePrincipal("sagemaker.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": jobs}}
    )


def _image_statements(scope: Construct, settings: Settings) -> list[iam.PolicyStatement]:
    def repository(name: str, account: str = Aws.ACCOUNT_ID) -> str:
        return Stack.of(scope).format_arn(
            service="ecr", account=account, resource="repository", resource_name=name
        )

    own = [repository(name) for name in settings.image_repositories]
    published = [repository("sagemaker-rl-*", account) for account in REGISTRY_ACCOUNTS]
    return [
        iam.PolicyStatement(
            sid="PullImages",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[*own, *published],
        ),
        # ecr:GetAuthorizationToken has no resource: one token serves every registry.
        iam.PolicyStatement(
            sid="SignInToEcr", actions=["ecr:GetAuthorizationToken"], resources=["*"]
        ),
    ]


def _logs(scope: Construct) -> iam.PolicyStatement:
    group = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=LOG_GROUP,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    # The group is the account's, made by the first job; ":*" is its streams, named after the jobs.
    return iam.PolicyStatement(
        sid="WriteLogs",
        actions=[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        resources=[group, f"{group}:*"],
    )


def _metrics() -> iam.PolicyStatement:
    # cloudwatch:PutMetricData has no resource: the namespace narrows it.
    return iam.PolicyStatement(
        sid="PublishMetrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
    )


def _key_statements(settings: Settings, key: kms.IKey | None) -> list[iam.PolicyStatement]:
    keys = [key.key_arn] if key else []
    keys += settings.job_encryption_keys
    required = settings.required_encryption_key
    if required and required not in keys:
        keys.append(required)
    if not keys:
        return []
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    return [iam.PolicyStatement(sid="UseKeys", actions=actions, resources=keys)]


def _network_statements(scope: Construct, network: Network) -> list[iam.PolicyStatement]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "private VPC"."""

    def arn(resource: str, name: str) -> str:
        return Stack.of(scope).format_arn(service="ec2", resource=resource, resource_name=name)

    # SageMaker names the interfaces, and callers the security groups.
    interfaces = arn("network-interface", "*")
    return [
        iam.PolicyStatement(
            sid="MakeInterfaces",
            actions=["ec2:CreateNetworkInterface"],
            resources=[
                interfaces,
                arn("security-group", "*"),
                *(arn("subnet", subnet) for subnet in network.subnet_ids),
            ],
        ),
        iam.PolicyStatement(
            sid="UseInterfaces",
            actions=[
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            resources=[interfaces],
        ),
        # EC2's Describe actions have no resource.
        iam.PolicyStatement(
            sid="SeeNetwork",
            actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        ),
    ]
