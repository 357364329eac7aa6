"""What stops the trials that a sweep left running: a rule and a function.

Step Functions stops the execution that a task awaits, by best effort; the rule sees every end of a
sweep. What runs on after a sweep that succeeded is a trial whose end could not be learnt.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ..grants.permissions import allow
from ..settings.model import Settings
from ..workflow.ends import UNSUCCESSFUL, calls_at_ends
from ..workflow.functions import WorkflowFunction
from ..workflow.machine import executions

TRAININGS = "TRAININGS"
"""Where the function finds the ARN of the state machine that the trials are executions of."""


class OrphanedTrials(Construct):
    """The function StopTrials, called for each sweep that has ended.

    Attributes:
        function: The function.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        sweeps: sfn.IStateMachine,
        trainings: sfn.IStateMachine,
        code: lambda_.Code,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, "Trials")
        stops = WorkflowFunction(
            self,
            "StopTrials",
            code=code,
            handler="lambdas.stop_trials.handler",
            settings=settings,
            environment={TRAININGS: trainings.state_machine_arn},
            of=settings.sweep_state_machine_name,
            key=key,
        )
        self.function = stops.function
        _allow_stopping(stops.role, settings, trainings, key)
        calls_at_ends(
            self,
            sweeps,
            ["SUCCEEDED", *UNSUCCESSFUL],
            description=f"Executions of {settings.sweep_state_machine_name} that have ended",
            function=self.function,
        )


def _allow_stopping(
    role: iam.IRole, settings: Settings, trainings: sfn.IStateMachine, key: kms.IKey | None
) -> None:
    names = (settings.state_machine_name, settings.sweep_state_machine_name)
    trials, sweeps = (f"{executions(role, name)}*" for name in names)
    named = "Callers name the executions of these state machines."
    allow(role, "ListTrials", ["states:ListExecutions"], [trainings.state_machine_arn])
    allow(
        role,
        "ReadExecutions",
        ["states:DescribeExecution"],
        [trials, sweeps],
        wildcard=named,
    )
    allow(role, "StopTrials", ["states:StopExecution"], [trials], wildcard=named)
    if key:
        allow(role, "UseKey", ["kms:Decrypt"], [key.key_arn])
