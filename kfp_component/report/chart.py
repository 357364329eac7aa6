"""A learning curve as inline SVG: axes with round numbers, the values, and their running mean."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate

from kfp_component.durations import number
from kfp_component.record.metric_series import Series
from kfp_component.report.html import Html, element

_WIDTH, _HEIGHT = 440, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 34
# From this many values on, a noisy curve is easier to read with a mean over a twentieth of it.
_MEAN_FROM = 60
_MEAN_SHARE = 20
_MARKED = 30

Point = tuple[int, float]


def learning_curve(name: str, series: Series) -> Html:
    """Return a card with the values of a metric in the order of the log, and what they show.

    Args:
        name: The metric.
        series: Its values; at least one.

    Example:
        >>> learning_curve("reward", metrics.series["reward"])  # doctest: +SKIP
    """
    points = series.points
    axes = _Axes(points)
    window = max(2, len(points) // _MEAN_SHARE) if len(points) >= _MEAN_FROM else 0
    kind = "noise" if window else "value"
    drawing = [*axes.grid(), _polyline(kind, points, axes)]
    if window:
        drawing.append(_polyline("value", _running_mean(points, window), axes))
    marked = points if len(points) <= _MARKED else points[-1:]
    drawing += [
        element("circle", cx=f"{axes.x(x):.1f}", cy=f"{axes.y(y):.1f}", r=3) for x, y in marked
    ]
    told = f"{series.count} values, {_extremes(series)}, last {number(series.last)}"
    svg = element(
        "svg",
        *drawing,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=f"{name}: {told}",
    )
    values = element(
        "p",
        f"{_extremes(series)} · ",
        element("b", f"last {number(series.last)}"),
        class_="soft",
    )
    # Of a long series every n-th point is kept, so that the mean is over n times as many values.
    spanned = window * max(1, round(series.count / len(points)))
    return element(
        "div", element("h3", name), values, svg, _legend(spanned) if window else None, class_="card"
    )


def round_steps(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers that span the range: multiples of 1, 2 or 5 times a power of ten.

    Example:
        >>> round_steps(-3, 7)
        [-4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0]
    """
    if not high > low:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.floor(low / step)
    return [index * step for index in range(first, math.ceil(high / step) + 1)]


def _extremes(series: Series) -> str:
    """Return both: whether a metric is to rise or to fall, nobody has said."""
    return f"highest {number(series.highest)}, lowest {number(series.lowest)}"


def _legend(spanned: int) -> Html:
    return element(
        "p",
        element("span", class_="swatch noise"),
        "each value ",
        element("span", class_="swatch value"),
        f"mean of {spanned} values",
        class_="legend soft",
    )


class _Axes:
    def __init__(self, points: Sequence[Point]) -> None:
        values = [value for _, value in points]
        self.y_steps = round_steps(min(values), max(values))
        self.x_low, self.x_high = points[0][0], max(points[-1][0], points[0][0] + 1)

    def x(self, position: float) -> float:
        share = (position - self.x_low) / (self.x_high - self.x_low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_steps[0], self.y_steps[-1]
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> Iterator[Html]:
        right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        for step in self.y_steps:
            y = f"{self.y(step):.1f}"
            yield element("line", class_="grid", x1=_LEFT, x2=right, y1=y, y2=y)
            yield element("text", number(step), x=_LEFT - 6, y=y, dy=4, text_anchor="end")
        for step in round_steps(self.x_low + 1, self.x_high + 1):
            if self.x_low <= step - 1 <= self.x_high and step == int(step):
                x = f"{self.x(step - 1):.1f}"
                yield element("text", number(step), x=x, y=bottom + 16, text_anchor="middle")
        yield element("text", "values in the log", x=right, y=_HEIGHT - 3, text_anchor="end")


def _polyline(kind: str, points: Sequence[Point], axes: _Axes) -> Html:
    path = " ".join(f"{axes.x(position):.1f},{axes.y(value):.1f}" for position, value in points)
    return element("polyline", class_=kind, points=path)


def _running_mean(points: Sequence[Point], window: int) -> list[Point]:
    """Return at each point the mean of the values around it: one of those before it lags behind."""
    sums = [0.0, *accumulate(value for _, value in points)]
    means = []
    for index, (position, _) in enumerate(points):
        first, end = max(0, index - window // 2), min(len(points), index + window // 2 + 1)
        means.append((position, (sums[end] - sums[first]) / (end - first)))
    return means
