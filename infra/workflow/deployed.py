"""Finding the state machine of a deployed stack."""

from __future__ import annotations

import boto3


def state_machine_arn(stack: str) -> str:
    """Return the ARN of a deployed stack's state machine.

    Args:
        stack: the stack's name, in the region of the environment.

    Raises:
        ValueError: the stack is another one.
        botocore.exceptions.ClientError: there is no such stack.
    """
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    for output in stacks[0].get("Outputs", []):
        if output["OutputKey"] == "StateMachineArn":
            return output["OutputValue"]
    raise ValueError(f"The stack {stack} has no output StateMachineArn: it is not this one.")
