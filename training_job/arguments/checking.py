"""Checking named values against a model and the rules between its fields, all problems at once.

The arguments of a run are checked so, and the settings of a deployment; whatever else people give
by name can be.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from training_job.arguments.forms import is_given
from training_job.arguments.problems import Problem, shown

M = TypeVar("M", bound=BaseModel)

Rule = tuple[tuple[str, ...], Callable[[M], list[Problem]]]
"""The fields that a rule reads, and the function that returns what is wrong between them. It is
called when each of those fields is right by itself."""

_SAID_BY_ALLOWED = {
    *("missing", "extra_forbidden", "literal_error", "string_pattern_mismatch"),
    *("int_type", "int_parsing", "int_from_float", "bool_type", "bool_parsing"),
}
"""Errors of a whole value whose message adds nothing to the words of what is allowed."""

_SAID_OF_A_PART = {"missing", "extra_forbidden", "string_pattern_mismatch"}
"""Those of a part of one; no message shows a pattern."""

_WORDS = {
    "too_long": "must be at most {max_length}",
    "too_short": "must be at least {min_length}",
    "model_type": "must be a map",
    "string_type": "must be text",
}
"""Of errors for which pydantic has words of Python's."""

_KINDS: dict[type, str] = {
    **{str: "text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"},
    **{dict: "a map", list: "a list"},
}
"""What JSON calls a value; Python's names say nothing to a caller."""

_LIKENESS = 0.65
"""Of a name to a field's that it may have been meant for: more than learning_rate has to any."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What a field takes; every field of a model that is checked has one in its metadata.

    Attributes:
        allowed: What is accepted, in words; the end of an error message.
        example: A value as JSON writes it. A required field that is wrong stands as its example
            while the rules that do not read it are checked.
    """

    allowed: str
    example: Any = None


def accepted(field: FieldInfo) -> Accepted:
    """Return what a field of a model takes."""
    return next(item for item in field.metadata if isinstance(item, Accepted))


@dataclass(frozen=True)
class Wording:
    """How messages speak of a model's fields.

    Attributes:
        unknown: Of a name that is no field, such as "is not an argument".
        page: Where the fields are listed.
        unlike: What to say of a name that is like no field's, before the page.
        elsewhere: Names that are something else's to what to say of them.
        private: Fields whose values no message repeats.
        allowed: What fields take where that is less than the model says: all that messages tell.
    """

    unknown: str
    page: str
    unlike: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    allowed: Mapping[str, str] = field(default_factory=dict)


def check(
    model: type[M],
    given: Mapping[str, Any],
    rules: Iterable[Rule[M]],
    wording: Wording,
    defaults: Mapping[str, Any] | None = None,
) -> tuple[M, list[Problem]]:
    """Return the model of the given values, and everything that is wrong with them.

    Args:
        model: Its fields are the names that may be given.
        given: Names to values. None and blank text count as not given.
        rules: What must hold between fields.
        wording: How messages speak of the fields.
        defaults: Values below the given ones; a problem of one says so.

    Returns:
        The model, to be used when there is no problem, and the problems in the order of the fields,
        unknown names last.

    Example:
        >>> from training_job import TrainingArguments
        >>> wording = Wording("is not an argument", page="docs/arguments.md")
        >>> check(TrainingArguments, {"rgion": "us-east-1"}, (), wording)[1][-1]
        Problem(argument='rgion', message='is not an argument; did you mean region?')
    """
    given, defaults = _those_given(given), _those_given(defaults or {})
    fields = model.model_fields
    values = {name: value for name, value in {**defaults, **given}.items() if name in fields}
    found, problems = _validated(model, values, wording)
    wrong = {problem.argument for problem in problems}
    for names, rule in rules:
        if wrong.isdisjoint(names):
            problems += rule(found)
    problems += [_unknown(name, fields, wording) for name in given if name not in fields]
    order = {name: index for index, name in enumerate(fields)}
    problems.sort(key=lambda problem: order.get(problem.argument, len(order)))
    return found, [_with_origin(problem, defaults, given) for problem in problems]


def _those_given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if is_given(value)}


def _validated(model: type[M], values: dict[str, Any], wording: Wording) -> tuple[M, list[Problem]]:
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    fields = model.model_fields
    wrong = {str(detail["loc"][0]) for detail in details}
    right = {name: value for name, value in values.items() if name not in wrong}
    examples = {
        name: accepted(fields[name]).example for name in wrong if fields[name].is_required()
    }
    problems = [_problem(detail, fields, wording) for detail in details]
    return model.model_validate(right | examples), problems


def _problem(detail: ErrorDetails, fields: Mapping[str, FieldInfo], wording: Wording) -> Problem:
    name, *path = detail["loc"]
    own = wording.allowed.get(str(name))
    allowed = f"allowed: {own or accepted(fields[str(name)]).allowed}"
    if detail["type"] == "missing" and not path:
        return Problem(str(name), f"is required; {allowed}")
    if path[-1:] == ["[key]"]:  # pydantic's mark of a map's key, which stands before it
        *path, key, _ = path
        got = f"has the key {shown(key)}"
    elif detail["type"] in ("missing", "extra_forbidden"):
        got = "is missing" if detail["type"] == "missing" else "is not a key of it"
    else:
        got = f"got {_shown(detail['input'], private=name in wording.private)}"
    where = "".join(map(_place, path))
    subject = f"{name}{where} {got}" if where else got
    reason = "" if own else _reason(detail, whole=all(isinstance(part, int) for part in path))
    return Problem(str(name), f"{subject}; {reason}{allowed}")


def _place(part: int | str) -> str:
    """Return a part of a value as programs write it: .S3Uri, [0], ["a key"]."""
    return f".{part}" if isinstance(part, str) and part.isidentifier() else f"[{shown(part)}]"


def _reason(detail: ErrorDetails, *, whole: bool) -> str:
    """Return why, where the field's own words for what is allowed do not say it.

    Args:
        detail: An error.
        whole: Whether it is of the whole value or of an item of a list, of which those words speak.
    """
    kind = detail["type"]
    if kind == "value_error":
        return f"{detail['ctx']['error']}; "
    if kind in (_SAID_BY_ALLOWED if whole else _SAID_OF_A_PART):
        return ""
    if kind in _WORDS:
        return f"{_WORDS[kind].format(**detail.get('ctx', {}))}; "
    return f"{detail['msg'].removeprefix('Input ').removeprefix('String ')}; "


def _shown(value: Any, *, private: bool) -> str:
    kind = _KINDS.get(type(value), f"a {type(value).__name__}")
    if private:
        return f"{kind} (not repeated here)"
    return f"{kind} of {len(value)}" if isinstance(value, dict | list) else shown(value)


def _unknown(name: Any, fields: Iterable[str], wording: Wording) -> Problem:
    lower = str(name).lower()
    near = difflib.get_close_matches(lower, fields, n=1, cutoff=_LIKENESS)
    near += [field for field in fields if field.startswith(f"{lower}_") and field not in near]
    meant = f"did you mean {' or '.join(near)}?"
    hint = meant if near else f"{wording.unlike}{wording.page} lists them"
    hint = wording.elsewhere.get(str(name), hint)
    return Problem(str(name), f"{wording.unknown}; {hint}")


def _with_origin(
    problem: Problem, defaults: Mapping[str, Any], given: Mapping[str, Any]
) -> Problem:
    name, message = problem
    if name in given or name not in defaults:
        return problem
    return Problem(name, f"{message} (the value is the deployment's default)")
