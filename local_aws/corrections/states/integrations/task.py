"""What one attempt of a task is, once everything in it is evaluated."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """One attempt of a task.

    Attributes:
        resource: The state's Resource.
        arguments: What is sent.
        role_arn: The role the call is made with: the state machine's, or that of Credentials.
        timeout: Seconds it may take; None for the default of 99,999,999.
        deadline: When it times out, in seconds of the run's clock.
        token: The task token that its arguments could name; None but for a callback.
    """

    resource: str
    arguments: Any
    role_arn: str
    timeout: float | None
    deadline: float | None
    token: str | None = None
