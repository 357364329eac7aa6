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


class CallErrorKind(Enum):
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
        # Of the next page of a history, which expires: it is read from the newest event again.
        "InvalidToken",
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
    """Return the service's name of the error, such as `ThrottlingException`; '' for none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def in_short(error: Exception) -> str:
    """Return the error's name, and the URL that cannot be reached.

    Example:
        >>> from botocore.exceptions import EndpointConnectionError
        >>> in_short(EndpointConnectionError(endpoint_url="https://logs.example"))
        'EndpointConnectionError: https://logs.example'
    """
    name = error_code(error) or type(error).__name__
    known = error.kwargs if isinstance(error, BotoCoreError) else {}
    url = known.get("endpoint_url") or known.get("proxy_url")
    return f"{name}: {url}" if url else name


def kind_of(error: Exception) -> CallErrorKind:
    """Return what an error of a botocore call says about trying again.

    An answer that could not be read (a truncated body) and everything that happened on the network
    may heal, so an unknown error counts as transient unless the service itself refused.

    Example:
        >>> kind_of(TimeoutError())
        <CallErrorKind.TRANSIENT: 'transient'>
    """
    if isinstance(error, ClientError):
        return _kind_of_refusal(error)
    if isinstance(error, _CONFIGURATION):
        return CallErrorKind.PERMANENT
    if isinstance(error, NoCredentialsError):
        # A pod's credential endpoint may answer a moment later than the pod starts.
        return CallErrorKind.EXPIRED
    if isinstance(error, BotoCoreError | OSError | ValueError):
        return CallErrorKind.TRANSIENT
    return CallErrorKind.PERMANENT


def _kind_of_refusal(error: ClientError) -> CallErrorKind:
    code = error_code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLES or status == 429:
        return CallErrorKind.THROTTLED
    if code in _EXPIRED:
        return CallErrorKind.EXPIRED
    if code in _TRANSIENT or status >= _SERVER_ERROR:
        return CallErrorKind.TRANSIENT
    return CallErrorKind.PERMANENT
