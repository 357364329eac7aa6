"""What an error of a Step Functions task that calls SageMaker says.

Step Functions names errors after Java classes and puts the service's words into the cause, as text
or as JSON; SageMaker's own code often stands in the words alone. So both are searched.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_LONGEST_TEXT = 4000

_TRANSIENT = re.compile(
    r"Throttl|TooManyRequests|Rate exceeded|RequestLimitExceeded|ServiceUnavailable"
    r"|InternalFailure|InternalServer|InternalError|Status Code: 5\d\d|SdkClientException"
    r"|States\.Timeout|Connection (reset|refused)|Read timed out|Unable to execute HTTP request"
)
_NO_SUCH_JOB = re.compile(r"ResourceNotFound|resource not found|could not find", re.IGNORECASE)
_NAME_TAKEN = re.compile(r"ResourceInUse|names must be unique", re.IGNORECASE)
_QUOTA = re.compile(r"ResourceLimitExceeded")
_CALLERS_NAMES = re.compile(r"arn:\S+|'[^']*'")
_OF_THE_JOB = frozenset({"States.TaskFailed", "States.Timeout"})
_BEFORE_THE_CALL = frozenset({"States.Permissions", "States.QueryEvaluationError"})
_AWAITING = frozenset({"sagemaker:DescribeTrainingJob", "sagemaker:ListTags"})
"""What `.sync` does once the job is made."""
_DENIED = re.compile(
    r"not authorized to perform: (?P<action>[\w:*-]+)(?: on resource: (?P<on>\S+))?"
)
# "The role A is not authorized to assume the task state's role, B."
_NOT_ASSUMED = re.compile(r"not authorized to assume the task state's role, (?P<role>[^\s,]+)")


class ServiceErrorKind(StrEnum):
    """What an error says about the call that met it."""

    NAME_TAKEN = "name taken"
    NO_SUCH_JOB = "no such job"
    QUOTA = "quota"
    TRANSIENT = "transient"
    REJECTED = "rejected"


@dataclass(frozen=True)
class ServiceError:
    """An error of a task.

    Attributes:
        kind: What it says about the call.
        words: The service's words, at most 4000 characters.
        of_call: Whether the call failed: then it made no job, unless its answer was lost. False
            when what failed is the job that it made, or the wait for that; None when the error
            does not tell.
    """

    kind: ServiceErrorKind
    words: str
    of_call: bool | None

    @property
    def denied(self) -> str:
        """The denied action and resource, such as "sts:AssumeRole on arn:..."; or ""."""
        return _denied(self.words)


def service_error(error: Any) -> ServiceError | None:
    """Return the error of a caught `$states.errorOutput`; None when there is none.

    Args:
        error: {Error, Cause}, either of which may be missing; None for no error.

    Example:
        >>> service_error({"Error": "SageMaker.SageMakerException", "Cause": "Rate exceeded"}).kind
        <ServiceErrorKind.TRANSIENT: 'transient'>
    """
    if not isinstance(error, dict) or not error:
        return None
    name, cause = str(error.get("Error") or ""), error.get("Cause")
    words = _words(cause) or name or "an error without a name or a cause"
    return ServiceError(_kind(name, words), words[:_LONGEST_TEXT], _of_call(name, words))


def _words(cause: Any) -> str:
    if not isinstance(cause, str):
        return "" if cause is None else json.dumps(cause, default=str)
    try:
        found = json.loads(cause)
    except (ValueError, RecursionError):
        return cause
    if isinstance(found, dict):
        for key in ("errorMessage", "FailureReason", "message", "Message"):
            if isinstance(found.get(key), str):
                return str(found[key])
    return cause


def _denied(words: str) -> str:
    if match := _NOT_ASSUMED.search(words):
        return f"sts:AssumeRole on {match['role'].rstrip('.')}"
    match = _DENIED.search(words)
    if match is None:
        return ""
    on = (match["on"] or "").rstrip(".")
    return f"{match['action']} on {on}" if on else match["action"]


def _of_call(name: str, words: str) -> bool | None:
    denied = _denied(words).partition(" ")[0]
    if denied in _AWAITING:
        return False
    if denied == "sts:AssumeRole" or name in _BEFORE_THE_CALL or name.startswith("SageMaker."):
        return True
    return False if name in _OF_THE_JOB else None


def _kind(name: str, words: str) -> ServiceErrorKind:
    text = f"{name} {_CALLERS_NAMES.sub('', words)}"
    if _QUOTA.search(text):
        return ServiceErrorKind.QUOTA
    if _NAME_TAKEN.search(text):
        return ServiceErrorKind.NAME_TAKEN
    if _denied(words):
        return ServiceErrorKind.REJECTED
    if _TRANSIENT.search(text):
        return ServiceErrorKind.TRANSIENT
    if _NO_SUCH_JOB.search(text):
        return ServiceErrorKind.NO_SUCH_JOB
    return ServiceErrorKind.REJECTED
