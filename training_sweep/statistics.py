"""What a configuration's results over its seeds come to: interquartile mean, interval and the rest.

The interquartile mean and its percentile bootstrap interval are what rliable 1.2 computes for one
task (tests/support/recordings/record_rliable.py records it): robust against an outlier, as a
median is, and less noisy than one. Agarwal et al., Deep Reinforcement Learning at the Edge of the
Statistical Precipice, https://arxiv.org/abs/2108.13264
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from math import floor, fsum
from typing import Any

RESAMPLES = 2_000
CONFIDENCE = 0.95
ROUGH_BELOW = 5
"""Seeds below which a bootstrap interval is rough: it knows of no result but the few it has."""

Draw = tuple[int, ...]
"""Indexes of results, in ascending order."""


@dataclass(frozen=True)
class Summary:
    """The results of a configuration, in words of statistics.

    Attributes:
        n: results.
        iqm: Interquartile mean, the mean of what is left without a quarter at either end.
        interval: 95 % percentile bootstrap interval of it; None for a single result, which tells
            nothing of the others.
        mean: Of all.
        least: Of all.
        greatest: Of all.
    """

    n: int
    iqm: float
    interval: tuple[float, float] | None
    mean: float
    least: float
    greatest: float

    def to_json(self) -> dict[str, Any]:
        """Return it for the output; without `interval` where there is none."""
        interval = {} if self.interval is None else {"interval": list(self.interval)}
        return {
            "n": self.n,
            "iqm": self.iqm,
            **interval,
            "mean": self.mean,
            "least": self.least,
            "greatest": self.greatest,
        }


def summarise(values: Sequence[float]) -> Summary:
    """Return the summary of at least one result.

    Example:
        >>> summarise([1.0, 2.0, 3.0, 100.0]).iqm
        2.5
    """
    return Summary(
        n=len(values),
        iqm=interquartile_mean(values),
        interval=interval(values, resamples(len(values))) if len(values) > 1 else None,
        mean=_mean(values),
        least=min(values),
        greatest=max(values),
    )


def interquartile_mean(values: Iterable[float]) -> float:
    """Return the mean without the least and the greatest quarter, each rounded down.

    Args:
        values: At least one number; of up to three, none is left out.
    """
    ordered = sorted(values)
    cut = len(ordered) // 4
    return _mean(ordered[cut : len(ordered) - cut])


def interval(values: Sequence[float], draws: Mapping[Draw, int]) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the interquartile mean.

    Args:
        values: The results.
        draws: The resamples, each as many indexes into `values` as there are values, and how often
            it was drawn.
    """
    means = sorted(
        mean
        for draw, times in draws.items()
        for mean in repeat(interquartile_mean(values[index] for index in draw), times)
    )
    tail = (1 - CONFIDENCE) / 2
    return _quantile(means, tail), _quantile(means, 1 - tail)


@lru_cache(maxsize=8)
def resamples(n: int, count: int = RESAMPLES) -> Mapping[Draw, int]:
    """Return draws of n of n indexes with replacement, always the same for the same n.

    Their order does not count: there are no more than 126 different ones of 5.

    Only `Random.random` is used: Python promises its sequence for a seed in all versions.
    https://docs.python.org/3/library/random.html#notes-on-reproducibility
    """
    draw = random.Random(0).random
    return Counter(tuple(sorted(int(draw() * n) for _ in range(n))) for _ in range(count))


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _quantile(ordered: Sequence[float], fraction: float) -> float:
    """Return the quantile, interpolated linearly between two values as NumPy's percentile is."""
    place = fraction * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
