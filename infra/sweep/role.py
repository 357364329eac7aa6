"""The role of sweeps: they start trainings, and nothing else.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html lists what
`startExecution.sync:2` needs.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ..grants.permissions import allow
from ..workflow.machine import startable
from ..workflow.role import allow_events, allow_functions, allow_own_failure, step_functions


def sweep_role(
    scope: Construct, name: str, trainings: sfn.IStateMachine, trials: str, function_arn: str
) -> iam.Role:
    """Return the role that executions of the sweeps' state machine run as.

    Args:
        scope: Where the role is made.
        name: Of the state machine.
        trainings: The state machine whose executions are the trials.
        trials: What the ARNs of these executions begin with.
        function_arn: Of PlanSweep, without a version.
    """
    role = iam.Role(
        scope,
        "Role",
        description=f"Executions of {name}",
        assumed_by=step_functions(Stack.of(scope), name),
    )
    allow_functions(role, [function_arn])
    allow(role, "StartTrials", ["states:StartExecution"], startable(trainings))
    allow(
        role,
        "FollowTrials",
        ["states:DescribeExecution", "states:StopExecution"],
        [f"{trials}*"],
        wildcard="Callers name the sweeps, and so the executions of this one state machine.",
    )
    allow_events(role, "HearOfTrials", "StepFunctionsGetEventsForStepFunctionsExecutionRule")
    allow_own_failure(role)
    return role
