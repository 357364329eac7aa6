"""Metrics taken from log lines by the regular expressions of the request.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class FinalMetrics:
    """The last value of each metric a job has logged.

    Args:
        definitions: `MetricDefinitions` of the request: `Name` and `Regex`, whose first
            group (or whole match, without one) is the value.
    """

    def __init__(self, definitions: Sequence[Mapping[str, str]]) -> None:
        self._patterns = [(item["Name"], re.compile(item["Regex"])) for item in definitions]
        self._last: dict[str, tuple[float, datetime]] = {}

    def read(self, line: str, moment: datetime) -> None:
        """Take the metrics of one log line; text that is not a finite number is passed over."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                value = _number(match.group(1) if pattern.groups else match.group())
                if value is not None:
                    self._last[name] = (value, moment)

    def describe(self) -> list[dict[str, Any]]:
        """Return the `FinalMetricDataList` of DescribeTrainingJob, in order of definition."""
        return [
            {"MetricName": name, "Value": self._last[name][0], "Timestamp": self._last[name][1]}
            for name, _ in self._patterns
            if name in self._last
        ]


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
