"""Rules of the hyperparameters that vary: what they may be called and hold, and what stands twice.

A rule for each argument and each pair: what is wrong with one hides nothing of another.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import Any

from training_job.arguments import limits
from training_job.arguments.checking import Rule, accepted
from training_job.arguments.problems import Problem, shown
from training_sweep.arguments.model import SweepArguments
from training_sweep.space import Range


def _space(arguments: SweepArguments) -> list[Problem]:
    wrong = []
    for name, dimension in (arguments.space or {}).items():
        wrong += limits.wrong_in_name(name)
        if isinstance(dimension, Range):
            continue
        wrong += _too_long(name, dimension)
        for place, first in _repeats(dimension):
            once, again = shown(dimension[first]), shown(dimension[place])
            what = f"{once} twice" if once == again else f"{once} and {again}, which are the same"
            wrong.append(f"{shown(name)} has {what}")
    return _problem("space", wrong)


def _configurations(arguments: SweepArguments) -> list[Problem]:
    listed = arguments.configurations or []
    wrong = [
        f"configuration {place + 1} is the same as configuration {first + 1}"
        for place, first in _repeats(listed)
    ]
    for name in _names(arguments, "configurations"):
        wrong += limits.wrong_in_name(name)
        wrong += _too_long(name, [each[name] for each in listed if name in each])
    return _problem("configurations", wrong)


def _problem(argument: str, wrong: Sequence[str]) -> list[Problem]:
    if not wrong:
        return []
    allowed = accepted(SweepArguments.model_fields[argument]).allowed
    return [Problem(argument, "; ".join([*dict.fromkeys(wrong), f"allowed: {allowed}"]))]


def _too_long(name: str, values: Sequence[Any]) -> list[str]:
    return [message for value in values for message in limits.wrong_in_value(name, value)]


def _repeats(values: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the places of values that stand before too, each with the place where."""
    first: dict[Hashable, int] = {}
    known = [(place, first.setdefault(_meaning(each), place)) for place, each in enumerate(values)]
    return [(place, before) for place, before in known if place != before]


def _meaning(value: Any) -> Hashable:
    """Return what is equal for values that a script gets as the same: 1, 1.0 and "1".

    Its command line has no quotes, and KFP makes text of a number within a map.
    """
    if isinstance(value, dict):
        return frozenset((name, _meaning(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(_meaning(item) for item in value)
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except ValueError:
            return value
        return read if type(read) in (int, float) else value
    return (bool, value) if isinstance(value, bool) else value  # True equals 1


def _names(arguments: SweepArguments, argument: str) -> list[str]:
    """Return the names that vary by an argument, each once."""
    if argument == "space":
        return list(arguments.space or {})
    listed = arguments.configurations or []
    return list(dict.fromkeys(name for configuration in listed for name in configuration))


def _fixed_too(argument: str) -> Rule[SweepArguments]:
    def check(arguments: SweepArguments) -> list[Problem]:
        allowed = "allowed: in one of the two, for a hyperparameter is fixed or varies"
        return [
            Problem(argument, f"{shown(name)} stands in `hyperparameters` too; {allowed}")
            for name in _names(arguments, argument)
            if name in arguments.hyperparameters
        ]

    return (argument, "hyperparameters"), check


def _seed_too(argument: str) -> Rule[SweepArguments]:
    def check(arguments: SweepArguments) -> list[Problem]:
        name = arguments.seed_hyperparameter
        fixed = argument == "hyperparameters"
        if name not in (arguments.hyperparameters if fixed else _names(arguments, argument)):
            return []
        message = f"got {shown(name)}, which stands in `{argument}` too; the sweep sets it from"
        next_step = "leave it out there, or name another"
        return [Problem("seed_hyperparameter", f"{message} `seeds`: {next_step}")]

    return (argument, "seed_hyperparameter"), check


RULES: tuple[Rule[SweepArguments], ...] = (
    (("space",), _space),
    (("configurations",), _configurations),
    _fixed_too("space"),
    _fixed_too("configurations"),
    _seed_too("hyperparameters"),
    _seed_too("space"),
    _seed_too("configurations"),
)
