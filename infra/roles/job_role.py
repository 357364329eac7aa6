"""The job role: what a training job may do once SageMaker runs it.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from training_job.arguments.images.image import REGISTRY_ACCOUNTS

from ..grants.permissions import allow
from ..grants.s3 import allow_listing, allow_reading, allow_writing
from ..network.vpc import Network
from ..settings.model import Settings

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
"""The log group where SageMaker writes the logs of the account's training jobs."""

_PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"
"""The log group of Debugger's rules, which run as processing jobs."""


def job_log_group(scope: Construct, name: str = TRAINING_LOGS) -> str:
    """Return the ARN of a log group that SageMaker writes."""
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def job_role(
    scope: Construct,
    settings: Settings,
    bucket: s3.IBucket,
    *,
    key: kms.IKey | None = None,
    network: Network | None = None,
) -> iam.Role:
    """Return the role that SageMaker assumes to run training jobs of this account and region.

    Debugger's rules, which are processing jobs, run as it too.

    Args:
        scope: Where the role is made.
        settings: The further data, images and keys it may use.
        bucket: Where jobs read sources and write models and checkpoints.
        key: What the bucket is encrypted with, if with a customer managed key.
        network: Where jobs may have network interfaces; nowhere when None.

    Example:
        trainer = job_role(self, read_settings({"image_repositories": "rl"}), bucket)
    """
    role = iam.Role(
        scope,
        "JobRole",
        description=f"Training jobs of {settings.state_machine_name}",
        assumed_by=_sagemaker(scope),
    )
    written = [bucket.bucket_name, *settings.job_write_locations]
    read = [*written, *settings.job_read_locations]
    allow_writing(role, "WriteArtifacts", written)
    allow_reading(role, "ReadData", read)
    allow_listing(role, "ListData", read)
    _allow_images(role, settings)
    _allow_logs_and_metrics(role)
    _allow_keys(role, settings, key)
    if network:
        _allow_interfaces(role, network)
    return role


def _sagemaker(scope: Construct) -> iam.IPrincipal:
    """SageMaker, for jobs of this account only (the confused deputy rule).

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    """
    jobs = [
        Stack.of(scope).format_arn(service="sagemaker", resource=kind, resource_name="*")
        for kind in ("training-job", "processing-job")
    ]
    return iam.ServicePrincipal("sagemaker.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": jobs}}
    )


def _allow_images(role: iam.Role, settings: Settings) -> None:
    def repository(name: str, account: str = Aws.ACCOUNT_ID) -> str:
        return Stack.of(role).format_arn(
            service="ecr", account=account, resource="repository", resource_name=name
        )

    own = [
        name if name.startswith("arn:") else repository(name)
        for name in settings.image_repositories
    ]
    published = [repository("sagemaker-rl-*", account) for account in REGISTRY_ACCOUNTS]
    allow(
        role,
        "PullImages",
        [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ],
        [*own, *published],
        wildcard="The repositories of the RL images that AWS publishes, in AWS's own accounts.",
    )
    allow(
        role,
        "SignInToEcr",
        ["ecr:GetAuthorizationToken"],
        ["*"],
        wildcard="The action has no resource: one token serves every registry.",
    )


def _allow_logs_and_metrics(role: iam.Role) -> None:
    groups = [job_log_group(role, name) for name in (TRAINING_LOGS, _PROCESSING_LOGS)]
    allow(
        role,
        "WriteLogs",
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        [arn for group in groups for arn in (group, f"{group}:*")],
        wildcard="The groups' streams are named after the jobs, which callers name.",
    )
    allow(
        role,
        "PublishMetrics",
        ["cloudwatch:PutMetricData"],
        ["*"],
        conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        wildcard="The action has no resource; the condition on the namespace narrows it.",
    )


def _allow_keys(role: iam.Role, settings: Settings, key: kms.IKey | None) -> None:
    keys = [key.key_arn] if key else []
    required = settings.required_encryption_key
    keys += dict.fromkeys([*settings.job_encryption_keys, *([required] if required else [])])
    if keys:
        allow(role, "UseKeys", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], keys)


def _allow_interfaces(role: iam.Role, network: Network) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "private VPC"."""

    def arn(resource: str, name: str) -> str:
        return Stack.of(role).format_arn(service="ec2", resource=resource, resource_name=name)

    subnets = [arn("subnet", subnet) for subnet in network.subnet_ids]
    interfaces = arn("network-interface", "*")
    allow(
        role,
        "MakeInterfaces",
        ["ec2:CreateNetworkInterface"],
        [interfaces, arn("security-group", "*"), *subnets],
        wildcard="EC2 names the interfaces, and callers the security groups; subnets are listed.",
    )
    allow(
        role,
        "UseInterfaces",
        [
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
        ],
        [interfaces],
        wildcard="EC2 names the interfaces.",
    )
    allow(
        role,
        "SeeNetwork",
        [
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        ["*"],
        wildcard="EC2's Describe actions have no resource.",
    )
