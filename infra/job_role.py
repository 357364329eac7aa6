"""The job role: what a training job may do once SageMaker runs it.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.s3_grants import list_objects, read_objects, write_objects
from infra.settings import Settings
from training_job.image import REGISTRY_ACCOUNTS

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker writes the logs of every training job of the account."""


def job_role(scope: Construct, settings: Settings, bucket: s3.IBucket) -> iam.Role:
    """Return the role that SageMaker assumes to run training jobs of this account and region."""
    role = iam.Role(
        scope,
        "JobRole",
        description=f"Training jobs of {settings.state_machine_name}",
        assumed_by=_sagemaker(scope),
    )
    written = [bucket.bucket_name, *settings.job_write_locations]
    readable = settings.job_read_locations
    role.add_to_policy(write_objects("WriteArtifacts", written))
    if readable:
        role.add_to_policy(read_objects("ReadData", readable))
    for statement in list_objects("ListData", [*written, *readable]):
        role.add_to_policy(statement)
    for statement in (*_image_statements(scope, settings), _logs(scope), _metrics()):
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
