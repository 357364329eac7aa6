"""Finding the state machines of a deployed stack."""

from __future__ import annotations

import boto3


def state_machine_arn(stack: str, output: str = "StateMachineArn") -> str:
    """Return the ARN of a deployed stack's state machine.

    Args:
        stack: the stack's name, in the region of the environment.
        output: of the stack; `SweepStateMachineArn` for the one of sweeps.

    Raises:
        ValueError: the stack is another one.
        botocore.exceptions.ClientError: there is no such stack.
    """
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    for each in stacks[0].get("Outputs", []):
        if each["OutputKey"] == output:
            return each["OutputValue"]
    raise ValueError(f"The stack {stack} has no output {output}: it is not this one.")
