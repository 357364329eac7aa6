"""The launcher role: what the pod of a KFP step, or a person, needs to start and follow a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ..grants.permissions import allow
from ..grants.s3 import allow_listing, allow_reading, allow_writing
from ..settings.model import Settings
from ..sweep.construct import RlSweepWorkflow
from ..workflow.construct import RlTrainingWorkflow
from .job_role import job_log_group
from .launcher_trust import associate_service_accounts, launcher_trust

SOURCE_PREFIX = "source"
"""The prefix of the artifact bucket that launchers upload training code to."""


def launcher_role(
    scope: Construct,
    settings: Settings,
    workflows: Sequence[RlTrainingWorkflow | RlSweepWorkflow],
    bucket: s3.IBucket,
    key: kms.IKey | None,
) -> iam.Role:
    """Return the role that starts trainings and sweeps, follows them and reads their models."""
    role = iam.Role(
        scope,
        "LauncherRole",
        description=f"Starts and follows executions of {settings.state_machine_name}",
        assumed_by=iam.AccountRootPrincipal(),
        # Pods renew their credentials; for a person who assumes the role, a working day.
        max_session_duration=Duration.hours(12),
    )
    cast(iam.CfnRole, role.node.default_child).assume_role_policy_document = launcher_trust(
        settings, Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID
    )
    for workflow in workflows:
        workflow.grant_launch(role)
    _allow_following(role)
    _allow_artifacts(role, settings, bucket.bucket_name)
    if key:
        allow(role, "UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])
    if settings.launcher_eks_cluster:
        associate_service_accounts(scope, settings, role)
    return role


def _allow_following(role: iam.Role) -> None:
    group = job_log_group(role)
    allow(
        role,
        "ReadTrainingLogs",
        ["logs:DescribeLogStreams", "logs:GetLogEvents"],
        [group, f"{group}:*"],
        wildcard="The group's streams are named after the jobs, which callers name.",
    )
    # The stages of a running job (Starting, Downloading, Training, ...): an execution tells of the
    # job only when it is over.
    allow(
        role,
        "SeeTrainingJobs",
        ["sagemaker:DescribeTrainingJob"],
        [
            Stack.of(role).format_arn(
                service="sagemaker", resource="training-job", resource_name="*"
            )
        ],
        wildcard="Callers name the jobs.",
    )


def _allow_artifacts(role: iam.Role, settings: Settings, bucket: str) -> None:
    # A later step of the pipeline loads the model, under the same service account.
    read = [bucket, *settings.launcher_s3_locations]
    allow_reading(role, "ReadArtifacts", read)
    allow_listing(role, "ListArtifacts", read)
    written = [f"{bucket}/{SOURCE_PREFIX}", *settings.launcher_s3_locations]
    allow_writing(role, "UploadSources", written)
