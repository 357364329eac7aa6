"""The metrics of a run, picked from its log lines as SageMaker does.

https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_MOST_POINTS = 2000
# A metric is on a short line. A regular expression that backtracks would take minutes on long ones.
_LONGEST_LINE = 2000
_SLOWEST_MATCH_SECONDS = 0.5


@dataclass
class Series:
    """The values of one metric in the order of the log, on one host if there are several.

    A series that grows past 2,000 points keeps every second one, so memory stays bounded and the
    curve keeps its shape; `lowest`, `highest` and `last` are of all values.

    Attributes:
        points: Position and value.
        count: How many values there were.
    """

    points: list[tuple[int, float]] = field(default_factory=list)
    count: int = 0
    lowest: float = math.inf
    highest: float = -math.inf
    last: float = math.nan
    _stride: int = 1

    def add(self, value: float) -> None:
        """Append a value."""
        if self.count % self._stride == 0:
            self.points.append((self.count, value))
        if len(self.points) > _MOST_POINTS:
            del self.points[1::2]
            self._stride *= 2
        self.count += 1
        self.last = value
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)


class MetricSeries:
    """The series of every metric of a run.

    Args:
        regexes: The regular expression of each metric; its first group is the value.
        clock: A monotonic clock, in seconds.

    Attributes:
        series: By metric, or `metric (host)` where there are several hosts.

    Example:
        >>> metrics = MetricSeries({"reward": "reward=([0-9.]+)"})
        >>> metrics.take("episode 3 reward=1.5")
        >>> metrics.latest
        {'reward': 1.5}
    """

    def __init__(
        self, regexes: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._matched: set[str] = set()
        self._clock = clock
        self.series: dict[str, Series] = {}
        self.define(regexes)

    def define(self, regexes: Mapping[str, str]) -> None:
        """Set the metrics to look for; those seen so far are kept."""
        for name, regex in regexes.items():
            try:
                self._patterns[name] = re.compile(regex)
            except re.error:
                continue  # SageMaker's dialect is not exactly Python's; the job shows the metric.

    def take(self, line: str, host: str = "") -> None:
        """Look for every metric in a log line; `host` is '' if there is only one."""
        for name, pattern in list(self._patterns.items()):
            began = self._clock()
            match = pattern.search(line[:_LONGEST_LINE])
            if self._clock() - began > _SLOWEST_MATCH_SECONDS:
                del self._patterns[name]
            value = _number(match)
            if value is not None:
                self._matched.add(name)
                label = f"{name} ({host})" if host else name
                self.series.setdefault(label, Series()).add(value)

    @property
    def latest(self) -> dict[str, float]:
        """The newest value of each series."""
        return {name: series.last for name, series in self.series.items()}

    @property
    def never_matched(self) -> dict[str, str]:
        """The regular expressions, by metric, that found a value in no line."""
        return {
            name: pattern.pattern
            for name, pattern in self._patterns.items()
            if name not in self._matched
        }


def _number(match: re.Match[str] | None) -> float | None:
    try:
        value = float(match[1]) if match else math.nan
    except (IndexError, TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
