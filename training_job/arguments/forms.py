"""The forms in which values are given: by KFP, JSON, the console and the predecessor's users.

Each function takes whatever was given and returns the value meant, or raises ValueError with what
is allowed. None of them knows an argument: limits and names are the model's. Whole numbers and
booleans are read as pydantic does by itself (30, 30.0, "30"; true, "True", "yes", "off", 1):
https://docs.pydantic.dev/latest/concepts/conversion_table/.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from typing import Any

_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def is_given(value: Any) -> bool:
    """Whether a value counts as given: None and blank text do not; 0, False and {} do."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def text(value: Any) -> Any:
    """Return text without surrounding white space; anything else is an error.

    Raises:
        ValueError: The value is not text. Numbers are not taken for text: 0.10 would become "0.1".
    """
    if not isinstance(value, str):
        scalar = isinstance(value, int | float)
        raise ValueError("must be text; write it in quotes" if scalar else "must be text")
    return _encodable(value.strip())


def no_boolean(value: Any) -> Any:
    """Return anything but a boolean, which pydantic would take for the number 0 or 1.

    Raises:
        ValueError: The value is a boolean.
    """
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def stripped(value: Any) -> Any:
    """Return text without surrounding white space, and anything else as it is."""
    return value.strip() if isinstance(value, str) else value


def json_map(value: Any) -> dict[str, Any]:
    """Return a map given as a JSON object or as its text.

    Raises:
        ValueError: The value is no map, or holds something that JSON cannot.
    """
    found = _json_value(value)
    if not isinstance(found, dict):
        raise ValueError("must be a map (a JSON object)")
    return found


def section(value: Any) -> dict[str, Any] | None:
    """Return a map without the keys that are null, which count as absent; None for an empty one.

    Raises:
        ValueError: As `json_map`.
    """
    return {key: item for key, item in json_map(value).items() if item is not None} or None


def json_list(value: Any) -> list[Any]:
    """Return a list given as a JSON array or as its text.

    Raises:
        ValueError: The value is no list, or holds something that JSON cannot.
    """
    found = _json_value(value)
    if not isinstance(found, list):
        raise ValueError("must be a list (a JSON array)")
    return found


def id_list(value: Any) -> list[Any]:
    """Return the ids of "sg-1,sg-2", of a list, or of a list's JSON text.

    Raises:
        ValueError: The value is neither.
    """
    if isinstance(value, str) and not value.strip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [stripped(item) for item in json_list(value)]


def metric_definitions(value: Any) -> list[Any]:
    """Return a list of {Name, Regex} from that list or from a map of names to expressions.

    Raises:
        ValueError: The value is neither.
    """
    found = _json_value(value)
    if isinstance(found, dict):
        if set(found) == {"Name", "Regex"}:
            raise ValueError("must be a list of {Name, Regex}, or a map of name to expression")
        return [{"Name": name, "Regex": regex} for name, regex in found.items()]
    return json_list(found)


def channels(value: Any) -> dict[str, Any]:
    """Return a map of channel names to Channels; an S3 URI stands for the Channel of its objects.

    Raises:
        ValueError: The value is no map.
    """
    return {name: _channel(item) for name, item in json_map(value).items()}


def _channel(item: Any) -> Any:
    if isinstance(item, str):
        return {"DataSource": {"S3DataSource": {"S3Uri": item.strip()}}}
    return item


def tags(value: Any) -> dict[str, str]:
    """Return a map of keys to values from that map or from a list of {Key, Value}.

    Scalars become text as the SageMaker SDK writes them: 1 -> "1".

    Raises:
        ValueError: The value is neither, a key stands twice, or a value is no scalar.
    """
    found = _json_value(value)
    if isinstance(found, list):
        found = _tag_pairs(found)
    if not isinstance(found, dict):
        raise ValueError("must be a map, or a list of {Key, Value}")
    wrong = [key for key, item in found.items() if not isinstance(item, str | int | float)]
    if wrong:
        raise ValueError(f"the value of {wrong[0]!r} must be text or a number")
    return {key: str(item) for key, item in found.items()}


def _tag_pairs(pairs: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or set(pair) != {"Key", "Value"}:
            raise ValueError("must be a map, or a list of {Key, Value}")
        if not isinstance(pair["Key"], str) or pair["Key"] in found:
            raise ValueError(f"each Key must be text and stand once: {pair['Key']!r}")
        found[pair["Key"]] = pair["Value"]
    return found


def _json_value(value: Any) -> Any:
    found = _parsed(value) if isinstance(value, str) else value
    return _checked(found, depth=0)


def _parsed(source: str) -> Any:
    """Read JSON; failing that, JSON with trailing commas; failing that, Python's own notation.

    The predecessor read the last two through YAML, and its documentation shows single quotes.
    """
    lenient = _STRING_OR_TRAILING_COMMA.sub(lambda match: match[1] or "", source)
    for read, candidate in (
        (json.loads, source),
        (json.loads, lenient),
        (ast.literal_eval, source),
    ):
        try:
            return read(candidate.strip())
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    raise ValueError("is text that cannot be read as JSON")


def _checked(value: Any, depth: int) -> Any:
    """Return the value with text keys, provided that JSON can hold it."""
    if depth > 50:
        raise ValueError("is nested more than 50 levels deep")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("must have text for keys")
        return {_encodable(key): _checked(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, int | float):
        return _finite(value)
    if value is None:
        return value
    raise ValueError(f"must be JSON; a {type(value).__name__} is not")


def _finite(value: float) -> float:
    if abs(value) <= sys.float_info.max:
        return value
    raise ValueError("must not hold NaN, an infinite number or one of more than 308 digits")


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be text that UTF-8 can encode") from None
    return value
