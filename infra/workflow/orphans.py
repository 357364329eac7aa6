"""What stops the training jobs that an execution left running: a rule and a function.

Step Functions stops only the job that a task awaits; the rule sees every execution that failed,
timed out or was stopped.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ..grants.permissions import allow
from ..settings.model import Settings
from .ends import UNSUCCESSFUL, calls_at_ends
from .functions import WorkflowFunction
from .machine import executions


class Orphans(Construct):
    """The function StopOrphans, called for each execution that did not succeed.

    Attributes:
        function: The function.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        machine: sfn.IStateMachine,
        code: lambda_.Code,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, "Orphans")
        stops = WorkflowFunction(
            self,
            "StopOrphans",
            code=code,
            handler="lambdas.stop_orphans.handler",
            settings=settings,
            key=key,
        )
        self.function = stops.function
        _allow_stopping(stops.role)
        _allow_reading_input(stops.role, settings, key)
        calls_at_ends(
            self,
            machine,
            UNSUCCESSFUL,
            description=f"Executions of {settings.state_machine_name} that may leave a job running",
            function=self.function,
        )


def _allow_stopping(role: iam.IRole) -> None:
    jobs = Stack.of(role).format_arn(
        service="sagemaker", resource="training-job", resource_name="*"
    )
    allow(
        role,
        "StopTrainingJobs",
        ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
        [jobs],
        wildcard="Callers name the jobs.",
    )


def _allow_reading_input(role: iam.IRole, settings: Settings, key: kms.IKey | None) -> None:
    allow(
        role,
        "ReadExecutions",
        ["states:DescribeExecution"],
        [f"{executions(role, settings.state_machine_name)}*"],
        wildcard="Callers name the executions of this one state machine.",
    )
    if key:
        allow(role, "UseKey", ["kms:Decrypt"], [key.key_arn])
