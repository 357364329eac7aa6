"""The launcher role: what the pod of a KFP step, or a person, needs to start and follow a run."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.job_role import LOG_GROUP
from infra.launcher_trust import associate_service_accounts, launcher_trust
from infra.s3_grants import list_objects, read_objects, write_objects
from infra.settings import Settings
from infra.workflow import RlTrainingWorkflow

SOURCE_PREFIX = "source"
"""The prefix of the artifact bucket that launchers upload training code to."""


def launcher_role(
    scope: Construct, settings: Settings, workflow: RlTrainingWorkflow, bucket: s3.IBucket
) -> iam.Role:
    """Return the role that starts executions of `workflow`, follows them and reads their models."""
    role = iam.Role(
        scope,
        "LauncherRole",
        description=f"Starts and follows executions of {settings.state_machine_name}",
        assumed_by=launcher_trust(scope, settings),
        # SageMaker lets a training job run for five days, and a launcher waits for it; pods renew
        # their credentials, people need not for half a day.
        max_session_duration=Duration.hours(12),
    )
    workflow.grant_launch(role)
    for statement in (*_follow(scope), *_artifacts(settings, bucket.bucket_name)):
        role.add_to_policy(statement)
    associate_service_accounts(scope, settings, role)
    return role


def _follow(scope: Construct) -> list[iam.PolicyStatement]:
    stack = Stack.of(scope)
    group = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=LOG_GROUP,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    jobs = stack.format_arn(service="sagemaker", resource="training-job", resource_name="*")
    return [
        # ":*" is the streams of the group, named after the jobs, which callers name.
        iam.PolicyStatement(
            sid="ReadTrainingLogs",
            actions=["logs:DescribeLogStreams", "logs:GetLogEvents"],
            resources=[group, f"{group}:*"],
        ),
        # The stages of a running job (Starting, Downloading, Training, ...): an execution tells
        # of the job only when it is over.
        iam.PolicyStatement(
            sid="SeeTrainingJobs", actions=["sagemaker:DescribeTrainingJob"], resources=[jobs]
        ),
    ]


def _artifacts(settings: Settings, bucket: str) -> Sequence[iam.PolicyStatement]:
    statements = [
        # A later step of the pipeline loads the model, under the same service account.
        read_objects("ReadArtifacts", [bucket]),
        write_objects(
            "UploadSources", [f"{bucket}/{SOURCE_PREFIX}", *settings.launcher_s3_locations]
        ),
    ]
    return statements + list_objects("ListArtifacts", [bucket, *settings.launcher_s3_locations])
