"""A learning curve as inline SVG: axes with round numbers, the values, and their running mean."""

import math
from collections.abc import Sequence
from html import escape

from kfp_component.durations import number

_WIDTH, _HEIGHT = 440, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 34
# From this many values on, a noisy curve is easier to read with a mean over a twentieth of it.
_MEAN_FROM = 60
_MEAN_SHARE = 20
_MARKED = 30

Point = tuple[int, float]


def learning_curve(name: str, points: Sequence[Point]) -> str:
    """Draws the values of a metric in the order of the log.

    Args:
        name: The metric.
        points: Position and value of each; at least one.

    Returns:
        An ``svg`` element; its colours are CSS classes, so that it follows light and dark.
    """
    axes = _Axes(points)
    last = points[-1]
    marked = points if len(points) <= _MARKED else points[-1:]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(name)}: '
        f'{len(points)} values, the last {number(last[1])}">'
        f"{axes.grid()}{_lines(points, axes)}"
        f"{_markers(marked, axes)}</svg>"
    )


def round_steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that span the range: multiples of 1, 2 or 5 times a power of ten."""
    if not high > low:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.floor(low / step)
    return [index * step for index in range(first, math.ceil(high / step) + 1)]


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

    def grid(self) -> str:
        right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        parts = []
        for step in self.y_steps:
            y = f"{self.y(step):.1f}"
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end">')
            parts.append(f"{number(step)}</text>")
        for step in round_steps(self.x_low + 1, self.x_high + 1):
            if self.x_low <= step - 1 <= self.x_high and step == int(step):
                parts.append(f'<text x="{self.x(step - 1):.1f}" y="{bottom + 16}" ')
                parts.append(f'text-anchor="middle">{number(step)}</text>')
        parts.append(f'<text class="axis" x="{right}" y="{_HEIGHT - 3}" text-anchor="end">')
        parts.append("values in the log</text>")
        return "".join(parts)


def _lines(points: Sequence[Point], axes: _Axes) -> str:
    raw = _polyline("value", points, axes)
    if len(points) < _MEAN_FROM:
        return raw
    return raw.replace('"value"', '"noise"') + _polyline("value", _running_mean(points), axes)


def _markers(points: Sequence[Point], axes: _Axes) -> str:
    return "".join(
        f'<circle cx="{axes.x(position):.1f}" cy="{axes.y(value):.1f}" r="3"/>'
        for position, value in points
    )


def _polyline(kind: str, points: Sequence[Point], axes: _Axes) -> str:
    path = " ".join(f"{axes.x(position):.1f},{axes.y(value):.1f}" for position, value in points)
    return f'<polyline class="{kind}" points="{path}"/>'


def _running_mean(points: Sequence[Point]) -> list[Point]:
    window = max(2, len(points) // _MEAN_SHARE)
    total, means = 0.0, []
    for index, (position, value) in enumerate(points):
        total += value
        if index >= window:
            total -= points[index - window][1]
        means.append((position, total / min(index + 1, window)))
    return means
