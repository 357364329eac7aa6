"""The metrics of a run, picked from its log lines as SageMaker does.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

import math
import re
import time
from collections.abc import Callable, Mapping

_MOST_POINTS = 2000
# A metric is on a short line. A regular expression that backtracks would take minutes on long ones.
_LONGEST_LINE = 2000
_SLOWEST_MATCH_SECONDS = 0.5


class MetricSeries:
    """The values of each metric in the order of the log.

    A series that grows past 2,000 points keeps every second one, so memory stays bounded and the
    curve keeps its shape.

    Args:
        regexes: The regular expression of each metric; its first group is the value.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, regexes: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._clock = clock
        self._strides: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self.points: dict[str, list[tuple[int, float]]] = {}
        self.latest: dict[str, float] = {}
        self.define(regexes)

    def define(self, regexes: Mapping[str, str]) -> None:
        """Sets the metrics to look for; those seen so far are kept."""
        for name, regex in regexes.items():
            try:
                self._patterns[name] = re.compile(regex)
            except re.error:
                continue  # SageMaker's dialect is not exactly Python's; the job shows the metric.

    def take(self, line: str) -> None:
        """Looks for every metric in a log line."""
        for name, pattern in list(self._patterns.items()):
            began = self._clock()
            match = pattern.search(line[:_LONGEST_LINE])
            if self._clock() - began > _SLOWEST_MATCH_SECONDS:
                del self._patterns[name]
            value = _number(match)
            if value is not None:
                self._add(name, value)

    def _add(self, name: str, value: float) -> None:
        number = self._counts.get(name, 0)
        self._counts[name] = number + 1
        self.latest[name] = value
        points = self.points.setdefault(name, [])
        stride = self._strides.setdefault(name, 1)
        if number % stride == 0:
            points.append((number, value))
        if len(points) > _MOST_POINTS:
            del points[1::2]
            self._strides[name] = stride * 2


def _number(match: re.Match[str] | None) -> float | None:
    try:
        value = float(match[1]) if match else math.nan
    except (IndexError, TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
