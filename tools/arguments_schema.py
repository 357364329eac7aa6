"""docs/arguments.schema.json: the JSON Schema of an execution's input, for editors.

It takes every form that the parser takes. Text that stands for something else (a number, a list)
is checked roughly here; what exactly it has to be, the state machine says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from training_job import TrainingArguments
from training_job.arguments.checking import accepted
from training_job.arguments.images.instance_types import TRAINING_INSTANCE_TYPES
from training_sweep.arguments.model import SweepArguments
from training_sweep.limits import MAX_TRIALS

_BLANK = {"type": "string", "pattern": r"^\s*$"}
_PADDED = {"type": "string", "pattern": r"^\s+\S|\S\s+$"}
"""Text with white space around it, which the parser takes away."""
_ANY_TEXT = {"type": "string", "pattern": r"\S"}
_S3_URI = {"type": "string", "pattern": r"^\s*s3://"}
_NUMBER_AS_TEXT = {"type": "string", "pattern": r"^\s*[+-]?[0-9][0-9_]*(\.0*)?\s*$"}
_ANY_NUMBER_AS_TEXT = {
    "type": "string",
    "pattern": r"^\s*[+-]?\.?[0-9][0-9_.]*([eE][+-]?[0-9_]+)?\s*$",
}
_WORDS = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")


def arguments_schema() -> dict[str, Any]:
    """Return the schema of a training's input."""
    return _schema(TrainingArguments, "Execution input of the RlTraining state machine")


def sweep_schema() -> dict[str, Any]:
    """Return the schema of a sweep's input."""
    schema = _schema(SweepArguments, "Execution input of the RlSweep state machine")
    properties = schema["properties"]
    lists, _range = properties["space"]["anyOf"][0]["additionalProperties"]["anyOf"]
    for never_empty in (lists, properties["seeds"]["anyOf"][0]):
        never_empty["minItems"] = 1
    how_many = {"type": "integer", "minimum": 1, "maximum": MAX_TRIALS}
    properties["seeds"]["anyOf"] += [how_many, _ANY_TEXT]
    return schema


def _schema(model: type[TrainingArguments], title: str) -> dict[str, Any]:
    schema = _readable(model.model_json_schema())
    properties = {
        name: _property(name, field, schema["properties"][name])
        for name, field in model.model_fields.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **{key: value for key, value in schema.items() if key != "description"},
        "properties": {"$schema": {"type": "string"}, **properties},
    }


def _property(name: str, field: FieldInfo, own: dict[str, Any]) -> dict[str, Any]:
    documented = accepted(field)
    annotations = {key: own.pop(key) for key in ("default",) if key in own}
    own.pop("description", None)
    ways = own.pop("anyOf", None) or [own]
    ways = [_within(name, way) for way in ways if way != {"type": "null"}]
    return {
        "description": f"{field.description} Allowed: {documented.allowed}.",
        **annotations,
        "examples": [documented.example],
        "anyOf": [*ways, *_also(name, field), *([] if field.is_required() else _NOT_GIVEN)],
    }


_NOT_GIVEN: list[dict[str, Any]] = [{"type": "null"}, _BLANK]


def _also(name: str, field: FieldInfo) -> Iterator[dict[str, Any]]:
    """Yield the forms that the parser takes for a value of the model's type."""
    if isinstance(accepted(field).example, bool):
        yield {"enum": [0, 1]}
        yield {"type": "string", "pattern": rf"^\s*({'|'.join(map(_any_case, _WORDS))})\s*$"}
    elif isinstance(accepted(field).example, str) and "[]" not in str(field.default):
        yield _PADDED
        if name == "framework":
            words = next(arg for arg in get_args(field.annotation) if get_args(arg))
            yield {
                "type": "string",
                "pattern": f"^({'|'.join(map(_any_case, get_args(words)))})$",
            }
    elif not isinstance(accepted(field).example, int):
        yield _ANY_TEXT
    if isinstance(accepted(field).example, dict) and field.default is None and name != "space":
        yield {"type": "object", "maxProperties": 0}
    if name == "metric_definitions":
        yield {"type": "object", "additionalProperties": {"type": "string"}}
    if name == "tags":
        scalar = {"type": ["string", "number", "boolean"]}
        yield {"type": "object", "additionalProperties": scalar}
        yield {"type": "array", "items": {"type": "object", "required": ["Key", "Value"]}}


def _any_case(word: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word)


def _within(name: str, way: dict[str, Any]) -> dict[str, Any]:
    """Return a form of the model's with what it only checks, or reads, within a value."""
    known = {"type": "string", "enum": sorted(TRAINING_INSTANCE_TYPES)}
    if name == "instance_type":
        return known
    if name == "fallback_instance_types":
        return {**way, "items": {"anyOf": [known, _PADDED]}}
    if name == "inputs":
        ((names, channel),) = way["patternProperties"].items()
        return {**way, "patternProperties": {names: {"anyOf": [_S3_URI, channel]}}}
    if way.get("type") == "array" and way["items"].get("type") == "string":
        return {**way, "items": {"anyOf": [way["items"], _PADDED]}}
    return way


def _readable(schema: Any) -> Any:
    r"""Drop titles and patterns with \p{...}, which few validators read; take numbers as text."""
    if isinstance(schema, list):
        return [_readable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: _readable(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "pattern" and isinstance(value, str) and r"\p{" in value)
    }
    for pattern, values in found.get("patternProperties", {}).items():
        if r"\p{" in pattern:
            del found["patternProperties"]
        found["additionalProperties"] = values if r"\p{" in pattern else False
    if found.get("type") == "integer":
        limits = {key: found.pop(key) for key in list(found) if key not in _ANNOTATIONS}
        return {**found, "anyOf": [limits, _NUMBER_AS_TEXT]}
    if found == {"type": "number"}:
        return {"anyOf": [found, _ANY_NUMBER_AS_TEXT]}
    return found


_ANNOTATIONS = ("default", "description", "examples")
