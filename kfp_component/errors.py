"""The ways a step can end other than well, and the exit codes that tell them apart."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the launcher's process returns to Kubeflow Pipelines."""

    SUCCEEDED = 0
    FAILED = 1
    BAD_ARGUMENTS = 2
    STOPPED = 143


class StepError(Exception):
    """The step cannot go on; its message is complete and written for a person.

    Attributes:
        exit_code: What the process is to return.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class BadInput(StepError):
    """What the step was given cannot be used; nothing was started."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.BAD_ARGUMENTS)
