"""Which errors of AWS calls heal by themselves."""

from enum import Enum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)


class Kind(Enum):
    """What an error says about trying again."""

    THROTTLED = "throttled"
    TRANSIENT = "transient"
    EXPIRED = "expired credentials"
    PERMANENT = "permanent"


_THROTTLES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "LimitExceededException",
        "BandwidthLimitExceeded",
        "SlowDown",
        "KmsThrottlingException",
    }
)
_EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "CredentialsExpired",
    }
)
_TRANSIENT = frozenset(
    {
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "InternalServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestExpired",
        "RequestTimeout",
        "RequestTimeoutException",
        "PriorRequestNotComplete",
        "TransactionInProgressException",
    }
)
# What the caller, his role or his configuration must change; time does not.
_CONFIGURATION = (
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)
_SERVER_ERROR = 500


def error_code(error: Exception) -> str:
    """The service's name of the error, such as ``ThrottlingException``; '' if there is none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def kind_of(error: Exception) -> Kind:
    """Classifies what a botocore call raised.

    An answer that could not be read (a truncated body) and everything that happened on the network
    may heal, so an unknown error counts as transient unless the service itself refused.
    """
    if isinstance(error, ClientError):
        return _kind_of_refusal(error)
    if isinstance(error, _CONFIGURATION):
        return Kind.PERMANENT
    if isinstance(error, NoCredentialsError):
        # A pod's credential endpoint may answer a moment later than the pod starts.
        return Kind.EXPIRED
    if isinstance(error, BotoCoreError | OSError | ValueError):
        return Kind.TRANSIENT
    return Kind.PERMANENT


def _kind_of_refusal(error: ClientError) -> Kind:
    code = error_code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLES or status == 429:
        return Kind.THROTTLED
    if code in _EXPIRED:
        return Kind.EXPIRED
    if code in _TRANSIENT or status >= _SERVER_ERROR:
        return Kind.TRANSIENT
    return Kind.PERMANENT
