"""The stack: composes the parts and grants each what it needs of the others."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.artifact_bucket import artifact_bucket
from infra.job_role import job_role
from infra.launcher_role import launcher_role
from infra.settings import Settings
from infra.workflow import RlTrainingWorkflow


class RlTrainingStack(Stack):
    """Everything that training runs need in one account and region."""

    def __init__(self, scope: Construct, settings: Settings, **stack: Any) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Trains reinforcement-learning models on SageMaker.",
            termination_protection=settings.termination_protection,
            **stack,
        )
        bucket = artifact_bucket(self, settings, None)
        trainer = job_role(self, settings, bucket)
        workflow = RlTrainingWorkflow(self, "Training", job_roles=[trainer], settings=settings)
        launcher = launcher_role(self, settings, workflow, bucket)
        self._bound(settings)
        for key, value in settings.resource_tags.items():
            Tags.of(self).add(key, value)
        self._output(
            StateMachineArn=workflow.state_machine.state_machine_arn,
            StateMachineAliasArn=workflow.alias_arn,
            JobRoleArn=trainer.role_arn,
            LauncherRoleArn=launcher.role_arn,
            ArtifactBucketName=bucket.bucket_name,
        )

    def _bound(self, settings: Settings) -> None:
        if settings.permissions_boundary:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(
                self, "Boundary", settings.permissions_boundary
            )
            iam.PermissionsBoundary.of(self).apply(boundary)

    def _output(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
