"""Given values -> checked arguments, or every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from training_job.arguments import forms, rules
from training_job.arguments.guard_rails import GuardRails
from training_job.arguments.model import Documented, TrainingArguments
from training_job.arguments.problems import InvalidArguments, Problem, shown

_PRIVATE = {"environment", "hyperparameters"}
"""Arguments whose values no message repeats: people put secrets there, though they should not."""


def parse_arguments(
    given: Mapping[str, Any], guard_rails: GuardRails | None = None
) -> TrainingArguments:
    """Return the arguments in `given`, checked by every rule.

    Args:
        given: documented names to values, in any accepted form (docs/arguments.md). None and
            blank text count as not given.
        guard_rails: defaults and limits of the deployment. Default: none but the documented
            limits.

    Raises:
        InvalidArguments: with every problem found, not only the first.

    Example:
        >>> parse_arguments({"region": "us-east-1", "entry_point": "train.py"})
        Traceback (most recent call last):
        training_job.arguments.problems.InvalidArguments: 6 argument problems; nothing was started.
    """
    guard_rails = guard_rails or GuardRails()
    model = TrainingArguments
    if not isinstance(given, Mapping):
        message = f"got {shown(given)}; must be a map of argument names to values"
        raise InvalidArguments([Problem("arguments", message)])
    values = {name: value for name, value in given.items() if forms.is_given(value)}
    problems = [_unknown(name, model) for name in values if name not in model.model_fields]
    values = guard_rails.defaults_below(values) | values
    values = {name: value for name, value in values.items() if name in model.model_fields}

    arguments, wrong = _validated(model, values)
    problems += wrong
    bad = {problem.argument for problem in wrong}
    for names, check in (*rules.RULES, *guard_rails.rules()):
        if not bad.intersection(names):
            problems += check(arguments)
    if problems:
        supplied = set(guard_rails.argument_defaults) - set(given)
        raise InvalidArguments(list(_in_order(model, problems, supplied)))
    return arguments


def _validated(
    model: type[TrainingArguments], values: dict[str, Any]
) -> tuple[TrainingArguments, list[Problem]]:
    """Return the arguments and what is wrong with single ones.

    An argument that is wrong stands in the result as its documented example, so that the rules
    that span other arguments can still be checked.
    """
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = [_problem(detail, model) for detail in details]
    examples = {
        problem.argument: _documented(model, problem.argument).example for problem in problems
    }
    return model.model_validate(values | examples), problems


def _problem(detail: ErrorDetails, model: type[TrainingArguments]) -> Problem:
    name, *path = detail["loc"]
    documented = _documented(model, str(name))
    allowed = f"allowed: {documented.allowed}"
    if detail["type"] == "missing" and not path:
        return Problem(str(name), f"is required; {allowed}")
    # pydantic writes the place of a map's key as that key and then "[key]".
    where = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != "[key]"
    )
    got = f"got {_shown(str(name), detail['input'])}"
    if detail["type"] in ("missing", "extra_forbidden"):
        got = "is missing" if detail["type"] == "missing" else "is not a key of it"
    subject = f"{name}{where} {got}" if where else got
    return Problem(str(name), f"{subject}; {_reason(detail)}{allowed}")


def _reason(detail: ErrorDetails) -> str:
    """Return why, where the argument's own words for what is allowed do not say it."""
    if detail["type"] == "value_error":
        return f"{detail['ctx']['error']}; "
    if detail["type"] in ("missing", "extra_forbidden", "literal_error", "string_pattern_mismatch"):
        return ""
    return f"{detail['msg'].removeprefix('Input ').removeprefix('String ').lower()}; "


def _shown(name: str, value: Any) -> str:
    if name in _PRIVATE:
        return f"a {type(value).__name__} (not repeated here)"
    if isinstance(value, dict | list):
        kind = "map" if isinstance(value, dict) else "list"
        return f"a {kind} of {len(value)}"
    return shown(value)


def _unknown(name: Any, model: type[TrainingArguments]) -> Problem:
    near = difflib.get_close_matches(str(name), model.model_fields, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "; docs/arguments.md lists the arguments"
    return Problem(str(name), f"is not an argument{hint}")


def _documented(model: type[TrainingArguments], name: str) -> Documented:
    metadata: Iterable[Any] = model.model_fields[name].metadata
    found: Documented = next(item for item in metadata if hasattr(item, "allowed"))
    return found


def _in_order(
    model: type[TrainingArguments], problems: list[Problem], supplied: set[str]
) -> Iterator[Problem]:
    """Yield the problems in the documented order, unknown names last, defaults marked as such."""
    names = list(model.model_fields)
    known = {name: index for index, name in enumerate(names)}
    for name, message in sorted(problems, key=lambda item: known.get(item.argument, len(known))):
        whose = " (the value is the deployment's default)" if name in supplied else ""
        yield Problem(name, message + whose)
