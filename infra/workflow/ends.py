"""The events of executions that end, of EventBridge.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")


def ends_of(
    machines: Sequence[sfn.IStateMachine], statuses: Sequence[str] = UNSUCCESSFUL
) -> events.EventPattern:
    """Return the pattern of the ends of executions of these state machines."""
    return events.EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={
            "status": list(statuses),
            "stateMachineArn": [machine.state_machine_arn for machine in machines],
        },
    )


def calls_at_ends(
    scope: Construct,
    machine: sfn.IStateMachine,
    statuses: Sequence[str],
    *,
    description: str,
    function: lambda_.IFunction,
) -> None:
    """Have a function called for each execution that ends with one of these statuses."""
    events.Rule(
        scope,
        "EndedExecutions",
        description=description,
        event_pattern=ends_of([machine], statuses),
        targets=[targets.LambdaFunction(function)],
    )
