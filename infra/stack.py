"""The stack: composes the parts and grants each what it needs of the others."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from .launcher_image import BUILDS_FROM_A_CLONE, launcher_image_uri
from .network.endpoints import Endpoints
from .network.vpc import Network, network
from .operations.alarms import Alarms, dashboard
from .operations.first_run import first_run_input
from .operations.notifications import Notifications
from .roles.job_role import job_role
from .roles.launcher_role import launcher_role
from .roles.launcher_trust import TRUST_FITS
from .settings import rules
from .settings.model import Settings
from .storage.artifact_bucket import artifact_bucket
from .storage.encryption import encryption_key
from .sweep.construct import RlSweepWorkflow
from .workflow.construct import RlTrainingWorkflow

RULES = (*rules.RULES, TRUST_FITS, BUILDS_FROM_A_CLONE)
"""Every rule between the settings of a stack."""


class RlTrainingStack(Stack):
    """Everything that training runs need in one account and region.

    Example:
        app = App()
        RlTrainingStack(app, read_settings({"required_tags": "team"}))
        app.synth()
    """

    def __init__(self, scope: Construct, settings: Settings, **stack: Any) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Trains reinforcement-learning models on SageMaker.",
            termination_protection=settings.termination_protection,
            **stack,
        )
        key = encryption_key(self, settings)
        place = network(self, settings, key)
        bucket = artifact_bucket(self, settings, key)
        trainer = job_role(self, settings, bucket, key=key, network=place)
        workflow = RlTrainingWorkflow(
            self,
            "Training",
            job_roles=[trainer],
            settings=settings,
            argument_defaults={**_where_jobs_run(place), **_what_encrypts_models(settings, key)},
            key=key,
        )
        sweeps = RlSweepWorkflow(self, "Sweeps", training=workflow, settings=settings, key=key)
        launcher = launcher_role(self, settings, [workflow, sweeps], bucket, key)
        self._operations(settings, workflow, sweeps, key)
        self._bound(settings)
        for name, value in settings.resource_tags.items():
            Tags.of(self).add(name, value)
        self._output(
            StateMachineArn=workflow.state_machine.state_machine_arn,
            StateMachineAliasArn=workflow.alias_arn,
            SweepStateMachineArn=sweeps.state_machine.state_machine_arn,
            JobRoleArn=trainer.role_arn,
            LauncherRoleArn=launcher.role_arn,
            ArtifactBucketName=bucket.bucket_name,
        )
        first_run = first_run_input(
            settings, region=self.region, role=trainer.role_arn, bucket=bucket.bucket_name
        )
        if first_run:
            self._output(FirstRunInput=self.to_json_string(first_run))
        image = launcher_image_uri(self, settings)
        if image:
            self._output(LauncherImageUri=image)
        if place:
            self._network(settings, place)

    def _network(self, settings: Settings, place: Network) -> None:
        endpoints = Endpoints(self, settings, place)
        self._output(SecurityGroupId=place.security_group.security_group_id)
        if settings.network == "create":
            self._output(VpcId=place.vpc.vpc_id, SubnetIds=",".join(place.subnet_ids))
        if endpoints.states_dns:
            self._output(StatesEndpointDns=endpoints.states_dns)

    def _operations(
        self,
        settings: Settings,
        workflow: RlTrainingWorkflow,
        sweeps: RlSweepWorkflow,
        key: kms.IKey | None,
    ) -> None:
        machines = [workflow.state_machine, sweeps.state_machine]
        topic = Notifications(self, settings, machines, key).topic
        alarms = Alarms(self, workflow, sweeps, topic).alarms if settings.alarms else []
        if settings.dashboard:
            dashboard(self, workflow, sweeps, alarms)

    def _bound(self, settings: Settings) -> None:
        if settings.permissions_boundary:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(
                self, "Boundary", settings.permissions_boundary
            )
            iam.PermissionsBoundary.of(self).apply(boundary)

    def _output(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)


def _where_jobs_run(place: Network | None) -> dict[str, object]:
    """The network's subnets and security group, for callers who name none."""
    if place is None:
        return {}
    return {
        "vpc_subnets": list(place.subnet_ids),
        "vpc_security_group_ids": [place.security_group.security_group_id],
    }


def _what_encrypts_models(settings: Settings, key: kms.IKey | None) -> dict[str, object]:
    """The deployment's key, for callers who name none: SageMaker ignores the bucket's.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    named = settings.required_encryption_key or (key.key_arn if key else None)
    return {"output_encryption_key": named} if named else {}
