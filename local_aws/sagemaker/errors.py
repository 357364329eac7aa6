"""The errors SageMaker answers with, and the ones that end a training job."""

from __future__ import annotations


class SageMakerError(Exception):
    """A request SageMaker refuses.

    Attributes:
        code: SageMaker's error code, for example `ValidationException` or `ResourceInUse`.
        message: The sentence the caller sees.
        http_status: HTTP status of the response.
    """

    def __init__(self, code: str, message: str, http_status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status


def validation_error(message: str) -> SageMakerError:
    """Return the `ValidationException` with this message."""
    return SageMakerError("ValidationException", message)


def not_found() -> SageMakerError:
    """Return what SageMaker answers for a training job it does not have."""
    return validation_error("Requested resource not found.")


class JobFailure(Exception):
    """What makes a training job fail outside its script: its text is the FailureReason."""
