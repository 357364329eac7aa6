"""Accepted forms of a sweep's own arguments, as training_job/arguments/forms.py has for others.

Each function takes whatever was given and returns the value meant, or raises ValueError with what
is wrong with it, all at once.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from training_job.arguments import forms
from training_job.arguments.problems import shown
from training_sweep.limits import MAX_TRIALS
from training_sweep.space import Range

_WHOLE = TypeAdapter[int](Annotated[int, BeforeValidator(forms.no_boolean)])

LARGEST_SEED = 2**32 - 1
"""What NumPy's seeds, and with them most programs', go up to."""

_RANGE_KEYS = frozenset({"min", "max", "scale", "type"})


def number(value: Any) -> float:
    """Return the finite number meant by 0.1, "0.1" or "1e-4", which YAML reads as text.

    A whole number is not rounded to a float's 53 bits.

    Raises:
        ValueError: The value is none of those.
    """
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            whole = str(value).strip().lstrip("+-").isdecimal()
            return int(value) if whole else found
    raise ValueError("must be a number")


def seeds(value: Any) -> list[int]:
    """Return the seeds meant by how many (3 is 1, 2, 3), by "11,12,13" or by a list.

    They begin at 1 because scripts take a seed of 0 for none more often than they should.

    Raises:
        ValueError: The value is neither, is more than 500 or none, or holds a seed that is no whole
            number from 0 to 4294967295 or stands twice.
    """
    listed = isinstance(value, list | tuple) or (
        isinstance(value, str) and ("," in value or value.strip().startswith("["))
    )
    if not listed:
        return list(range(1, _count(value) + 1))
    found, wrong = [], []
    for item in forms.id_list(value):
        try:
            seed = _WHOLE.validate_python(item)
        except ValueError:
            wrong.append(f"the seed {shown(item)} is not a whole number")
            continue
        if not 0 <= seed <= LARGEST_SEED:
            wrong.append(f"the seed {seed} is not from 0 to {LARGEST_SEED}")
        if seed in found:
            wrong.append(f"the seed {seed} stands more than once")
        found.append(seed)
    if not found and not wrong:
        wrong.append("is empty")
    _raise(list(dict.fromkeys(wrong)))
    return found


def _count(value: Any) -> int:
    try:
        count = _WHOLE.validate_python(value)
    except ValueError:
        raise ValueError("must be how many seeds, or a list of them") from None
    if not 1 <= count <= MAX_TRIALS:
        raise ValueError(f"must be from 1 to {MAX_TRIALS} seeds")
    return count


def configurations(value: Any) -> list[dict[str, Any]]:
    """Return the configurations of a JSON list of maps of hyperparameters.

    Raises:
        ValueError: The value is none, is empty, or a configuration is no map.
    """
    found = forms.json_list(value)
    wrong = [] if found else ["is empty"]
    wrong += [
        f"configuration {index} is {shown(item)}, not a map of hyperparameters"
        for index, item in enumerate(found, start=1)
        if not isinstance(item, dict)
    ]
    _raise(wrong)
    return found


def space(value: Any) -> dict[str, list[Any] | Range]:
    """Return the space of a JSON map of names to lists of values or to ranges.

    Raises:
        ValueError: The value is none, is empty, or names every dimension that is wrong, and why.
    """
    found = forms.json_map(value)
    wrong = [] if found else ["is empty; leave it out to vary only the seeds"]
    dimensions: dict[str, list[Any] | Range] = {}
    for name, item in found.items():
        try:
            dimensions[name] = _range(item) if isinstance(item, dict) else _choices(item)
        except ValueError as error:
            wrong.append(f"{shown(name)} {error}")
    _raise(wrong)
    return dimensions


def _choices(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"is {shown(value)}, neither a list of values nor a map of min and max")
    if not value:
        raise ValueError("has no values")
    return value


def _range(value: dict[str, Any]) -> Range:
    wrong = [f"has the unknown key {shown(key)}" for key in value if key not in _RANGE_KEYS]
    scale, kind = value.get("scale", "linear"), value.get("type", "float")
    if scale not in ("linear", "log"):
        wrong.append(f"has the scale {shown(scale)}, which is neither linear nor log")
    if kind not in ("int", "float"):
        wrong.append(f"has the type {shown(kind)}, which is neither int nor float")
    bounds = {end: _bound(value, end, kind, wrong) for end in ("min", "max")}
    least, greatest = bounds["min"], bounds["max"]
    if least is not None and greatest is not None and least >= greatest:
        wrong.append(f"has a min of {least:g}, which is not below its max of {greatest:g}")
    if least is not None and least <= 0 and scale == "log":
        wrong.append(f"has a min of {least:g}, and a log scale needs one above 0")
    _raise(wrong, joint=" and ")
    assert least is not None
    assert greatest is not None
    return Range(least, greatest, scale=scale, type=kind)


def _bound(value: dict[str, Any], end: str, kind: Any, wrong: list[str]) -> float | None:
    if end not in value:
        wrong.append(f"has no {end}")
        return None
    try:
        bound = number(value[end])
    except ValueError:
        wrong.append(f"has {shown(value[end])} for its {end}, which is not a number")
        return None
    if kind != "int":
        return float(bound)
    if bound != int(bound):
        wrong.append(f"has a {end} of {bound:g}, and its type int needs whole numbers")
    return int(bound)


def _raise(wrong: list[str], joint: str = "; ") -> None:
    if wrong:
        raise ValueError(joint.join(wrong))
