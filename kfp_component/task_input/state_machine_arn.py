"""The ARN of the state machine that trains or sweeps, and what follows from it."""

import re
from dataclasses import dataclass
from typing import Any, Self

from kfp_component.errors import BadInput

_PATTERN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):states:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":stateMachine:(?P<name>[^:\s]{1,80})(:(?P<qualifier>[^:\s]+))?"
)


@dataclass(frozen=True)
class StateMachineArn:
    """A parsed `arn:aws:states:<region>:<account>:stateMachine:<name>[:<version or alias>]`.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
    """

    arn: str
    partition: str
    region: str
    account: str
    name: str

    @classmethod
    def parse(cls, value: Any, output: str = "StateMachineArn") -> Self:
        """Read the component's `state_machine_arn`.

        Args:
            value: What was given.
            output: The stack's output that has it.

        Raises:
            BadInput: It was not given or is not the ARN of a state machine.
        """
        if value is None:
            raise BadInput(
                f"state_machine_arn is required. It is the output {output} of the deployed "
                "stack RlTraining (aws cloudformation describe-stacks --stack-name RlTraining)."
            )
        match = _PATTERN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise BadInput(
                f"state_machine_arn is not the ARN of a state machine; got {value!r}, expected "
                "arn:aws:states:<region>:<account>:stateMachine:<name>, the output "
                f"{output} of the deployed stack RlTraining."
            )
        return cls(value, match["partition"], match["region"], match["account"], match["name"])

    def execution_arn(self, execution_name: str) -> str:
        """Return the ARN that an execution of that name has, known before it is started."""
        return (
            f"arn:{self.partition}:states:{self.region}:{self.account}"
            f":execution:{self.name}:{execution_name}"
        )
