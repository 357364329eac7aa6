"""The configurations of a space of hyperparameters: all combinations of lists, or random draws.

The same space gives the same configurations on every platform and in every version of Python, in
whatever order its names stand: an execution works them out more than once, and JSON's maps have no
order. So names are sorted, only `Random.random` is drawn from, whose sequence Python promises for a
seed, and logarithms are decimal's, which rounds them correctly where the platform's may differ in
the last digit.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import Any, Literal

Configuration = dict[str, Any]

_DIGITS = 6
"""Significant digits of a number that is drawn: more say nothing, and nobody reads them."""

_TRIES = 200
"""Draws for each of the configurations wanted, until all of them differ."""

_EXACT = Context(prec=40)


@dataclass(frozen=True)
class Range:
    """Numbers from `min` to `max`, both included.

    Attributes:
        min: Whole for the type int; above 0 for the scale log.
        max: Above `min`.
        scale: `linear`, or `log`: as likely from 1 to 10 as from 10 to 100.
        type: `int` or `float`.
    """

    min: float
    max: float
    scale: Literal["linear", "log"] = "linear"
    type: Literal["int", "float"] = "float"

    def at(self, place: float) -> float:
        """Return the number at a place from 0 to 1, which is drawn evenly.

        A float has six significant digits, or more in a narrow range, which has 100,000 steps.
        """
        with localcontext(_EXACT):
            least, greatest = Decimal(str(self.min)), Decimal(str(self.max))
            if self.type == "int":
                found = self._between(least, greatest + 1, place).to_integral_value("ROUND_FLOOR")
                return int(min(max(found, least), greatest))
            found = self._between(least, greatest, place)
            step = min(_step(greatest - least), _step(found or greatest - least))
            return float(min(max(found.quantize(step), least), greatest))

    def _between(self, least: Decimal, end: Decimal, place: float) -> Decimal:
        part = Decimal(place)
        if self.scale == "log":
            return (_ln(least) + part * (_ln(end) - _ln(least))).exp()
        return least + part * (end - least)


Space = Mapping[str, "Sequence[Any] | Range"]


def combinations(space: Space) -> float:
    """Return how many configurations a space holds; infinity with a range of floats."""
    return math.prod(_values(dimension) for dimension in space.values())


def grid(space: Space) -> Iterator[Configuration]:
    """Yield every combination; the last of the sorted names varies fastest.

    Args:
        space: Of lists and ranges of integers.

    Example:
        >>> list(grid({"b": [1, 2], "a": ["x"]}))
        [{'a': 'x', 'b': 1}, {'a': 'x', 'b': 2}]
    """
    names = sorted(space)
    for values in itertools.product(*(_listed(space[name]) for name in names)):
        yield dict(zip(names, values, strict=True))


def draws(space: Space, samples: int, seed: int) -> list[Configuration]:
    """Return random configurations, no two the same.

    A space of no more than `samples` combinations is returned whole, as `grid` orders it. Where a
    range is so narrow that its numbers repeat, there may be fewer than `samples` too.

    Args:
        space: Of lists, whose values are equally likely, and of ranges.
        samples: How many.
        seed: Another seed gives others.
    """
    if combinations(space) <= samples:
        return list(grid(space))
    draw = random.Random(seed).random
    names = sorted(space)
    found: dict[str, Configuration] = {}
    for _ in range(_TRIES * samples):
        configuration = {name: _drawn(space[name], draw()) for name in names}
        found.setdefault(json.dumps(configuration, sort_keys=True), configuration)
        if len(found) == samples:
            break
    return list(found.values())


def _drawn(dimension: Sequence[Any] | Range, place: float) -> Any:
    if isinstance(dimension, Range):
        return dimension.at(place)
    return dimension[int(place * len(dimension))]


def _values(dimension: Sequence[Any] | Range) -> float:
    if not isinstance(dimension, Range):
        return len(dimension)
    return dimension.max - dimension.min + 1 if dimension.type == "int" else math.inf


def _listed(dimension: Sequence[Any] | Range) -> Sequence[Any]:
    if isinstance(dimension, Range):
        return range(int(dimension.min), int(dimension.max) + 1)
    return dimension


@lru_cache
def _ln(value: Decimal) -> Decimal:
    """Return a logarithm to `_EXACT`'s digits, worked out once for the many draws of a range."""
    return value.ln(_EXACT)


def _step(value: Decimal) -> Decimal:
    """Return the place of a value's sixth significant digit."""
    return Decimal(1).scaleb(value.adjusted() - _DIGITS + 1)
