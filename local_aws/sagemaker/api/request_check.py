"""Check a request against the service model that botocore ships.

botocore itself enforces types, required members and minimums alone; the service enforces
patterns, maximums and enumerations too, and reports every violation at once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.sagemaker.errors import SageMakerError, validation_error

# Java's character classes, as far as the model uses them: Python's re has no \p{...}. \w adds the
# underscore, which every pattern that uses \p{L} allows anyway.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{Alnum}": "a-zA-Z0-9",
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float),
}


def check_request(shape: Any, request: Mapping[str, Any]) -> None:
    """Raise the error SageMaker would answer with, or return if the request fits the model.

    Args:
        shape: The operation's input shape (`botocore.model.StructureShape`).
        request: The request as decoded from JSON. A null counts as absent.

    Raises:
        SageMakerError: `SerializationException` for the first value of a wrong type, else
            `ValidationException` naming every violation.
    """
    for message in _type_problems(shape, request, ""):
        raise SageMakerError("SerializationException", message)
    problems = list(_problems(shape, request, ""))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        listed = "; ".join(problems)
        raise validation_error(f"{len(problems)} validation {noun} detected: {listed}")


def _children(shape: Any, value: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield (shape, value, path) of every value inside a structure, list or map."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield member, value[name], _join(path, name[:1].lower() + name[1:])
    elif shape.type_name == "list":
        for number, item in enumerate(value, start=1):
            yield shape.member, item, _join(path, f"{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield shape.value, item, _join(path, f"{key}.member")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _type_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    wanted = _PYTHON_TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        where = f" at '{path}'" if path else ""
        yield (
            f"Value {value!r} of type {type(value).__name__}{where} cannot be converted "
            f"to {shape.type_name}"
        )
        return
    for child, item, child_path in _children(shape, value, path):
        yield from _type_problems(child, item, child_path)


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _member_problems(shape, value, path)
    broken = broken_constraint(shape, value)
    if broken:
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: {broken}"
    if shape.type_name == "map":
        yield from _map_problems(shape, value, path)
        return  # every map of the service holds strings, which have just been checked
    for child, item, child_path in _children(shape, value, path):
        yield from _problems(child, item, child_path)


def _member_problems(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            member = _join(path, name[:1].lower() + name[1:])
            yield (
                f"Value null at '{member}' failed to satisfy constraint: Member must not be null"
            )
    for name in value:
        if name not in shape.members:
            yield f"Unknown field '{name}' at '{path or 'the top level'}': it is not documented"


def _map_problems(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, item in value.items():
        for kind, part, part_shape in (("keys", key, shape.key), ("value", item, shape.value)):
            broken = broken_constraint(part_shape, part)
            if broken:
                yield (
                    f"Value '{part}' at '{path}' failed to satisfy constraint: "
                    f"Map {kind} must satisfy constraint: [{broken}]"
                )


def broken_constraint(shape: Any, value: Any) -> str | None:
    """Return the first constraint of the shape that the value breaks, in the service's words."""
    limits = shape.metadata
    size = value if shape.type_name in ("integer", "long") else _length(value)
    word = "value" if shape.type_name in ("integer", "long") else "length"
    if size is not None and "max" in limits and size > limits["max"]:
        return f"Member must have {word} less than or equal to {limits['max']}"
    if size is not None and "min" in limits and size < limits["min"]:
        return f"Member must have {word} greater than or equal to {limits['min']}"
    if "enum" in limits and value not in limits["enum"]:
        return f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        return f"Member must satisfy regular expression pattern: {limits['pattern']}"
    return None


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | dict) else None


@functools.cache
def _pattern(java: str) -> re.Pattern[str]:
    for name, characters in _JAVA_CLASSES.items():
        java = java.replace(name, characters)
    return re.compile(java)
