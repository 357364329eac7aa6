"""Documents as they travel: datetimes become numbers, everything else stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any


def _convert(value: Any, timestamp: Callable[[datetime], float | int]) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, dict):
        return {key: _convert(item, timestamp) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_convert(item, timestamp) for item in value]
    return value


def without_nulls(value: Any) -> Any:
    """Return the document without its null members: a null counts as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def to_json(document: Any) -> Any:
    """Return the document with epoch seconds, as the JSON 1.1 protocol sends datetimes."""
    return _convert(document, lambda moment: round(moment.timestamp(), 3))


def to_event(document: Any) -> Any:
    """Return the document with epoch milliseconds, as EventBridge events carry datetimes."""
    return _convert(document, lambda moment: int(moment.timestamp() * 1000))
