"""What a call of a scripted AWS comes to."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Returned(NamedTuple):
    """The task returns this JSON."""

    result: str


class Raised(NamedTuple):
    """The task fails; `for_good`, however often it is tried."""

    output: Mapping[str, Any]
    for_good: bool = False


class Stopped(NamedTuple):
    """Somebody calls StopExecution."""


Outcome = Returned | Raised | Stopped
