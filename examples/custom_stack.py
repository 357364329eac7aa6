"""The training workflow in a stack of one's own, beside a bucket and a job role one has already.

    cdk synth --app "python3 -m examples.custom_stack"

`RlTrainingWorkflow` brings the state machine, its functions, its roles and its logs. What may
start it, and what trains, is the stack's own: here a bucket with sources and models, a job role
that reads and writes it, and a nightly schedule in place of a KFP pipeline.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.roles.job_role import job_role
from infra.settings.model import Settings
from infra.workflow.construct import RlTrainingWorkflow


class NightlyTraining(Stack):
    """Trains one policy anew every night, on the night's data."""

    def __init__(self, scope: Construct, construct_id: str, **stack: Any) -> None:
        super().__init__(scope, construct_id, **stack)
        bucket = s3.Bucket(
            self,
            "Policies",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        settings = Settings(
            state_machine_name="NightlyTraining",
            allowed_instance_types=["ml.m5.xlarge"],
            max_run_limit=4 * 3600,
            image_repositories=["nightly-rl"],
        )
        trainer = job_role(self, settings, bucket)
        workflow = RlTrainingWorkflow(self, "Training", job_roles=[trainer], settings=settings)
        self._every_night(workflow, trainer, bucket)
        CfnOutput(self, "StateMachineArn", value=workflow.state_machine.state_machine_arn)

    def _every_night(
        self, workflow: RlTrainingWorkflow, trainer: iam.IRole, bucket: s3.IBucket
    ) -> None:
        image = f"{self.account}.dkr.ecr.{self.region}.{self.url_suffix}/nightly-rl:latest"
        arguments = {
            "region": self.region,
            "role": trainer.role_arn,
            "image": image,
            "entry_point": "train.py",
            "source_dir": f"s3://{bucket.bucket_name}/source/sourcedir.tar.gz",
            "model_artifact_path": f"s3://{bucket.bucket_name}/policies",
            "instance_type": "ml.m5.xlarge",
        }
        scheduler.Schedule(
            self,
            "EveryNight",
            schedule=scheduler.ScheduleExpression.cron(hour="2", minute="0"),
            target=targets.StepFunctionsStartExecution(
                workflow.state_machine, input=scheduler.ScheduleTargetInput.from_object(arguments)
            ),
        )


def main() -> None:
    """Synthesize the app."""
    app = App()
    NightlyTraining(app, "NightlyTraining")
    app.synth()


if __name__ == "__main__":
    main()
