"""Finding the state machines of a deployed stack, and its region."""

from __future__ import annotations

import os

import boto3


def use_region() -> None:
    """Have boto3 work where AWS_REGION says, which the CDK CLI reads, and boto3 does not.

    Without it the region is that of AWS_DEFAULT_REGION or of the profile.

    Raises:
        ValueError: None of them says one.
    """
    if region := os.environ.get("AWS_REGION"):
        os.environ["AWS_DEFAULT_REGION"] = region
    elif not boto3.Session().region_name:
        raise ValueError("No region: set AWS_REGION to that of the deployment, such as us-east-1.")


def state_machine_arn(stack: str, output: str = "StateMachineArn") -> str:
    """Return the ARN of a deployed stack's state machine.

    Args:
        stack: The stack's name, in the region of the environment.
        output: Of the stack; `SweepStateMachineArn` for the one of sweeps.

    Raises:
        ValueError: The stack is another one.
        botocore.exceptions.ClientError: There is no such stack.
    """
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    for each in stacks[0].get("Outputs", []):
        if each["OutputKey"] == output:
            return each["OutputValue"]
    raise ValueError(f"The stack {stack} has no output {output}: it is not this one.")
