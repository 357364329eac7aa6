"""A learning curve as inline SVG: axes with round numbers, the values, and their running mean."""

from collections.abc import Sequence
from itertools import accumulate

from kfp_component.durations import number
from kfp_component.record.metric_series import Series
from kfp_component.report.axes import Axes, Frame, round_steps
from kfp_component.report.html import Html, element

_FRAME = Frame(width=440, height=220, left=62, right=14, top=12, bottom=34, below=16)
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
    axes = _axes(points)
    window = max(2, len(points) // _MEAN_SHARE) if len(points) >= _MEAN_FROM else 0
    kind = "noise" if window else "value"
    drawing = [*axes.grid(), axes.line(kind, points)]
    if window:
        drawing.append(axes.line("value", _running_mean(points, window)))
    marked = points if len(points) <= _MARKED else points[-1:]
    drawing += [
        element("circle", cx=f"{axes.x(x):.1f}", cy=f"{axes.y(y):.1f}", r=3) for x, y in marked
    ]
    told = f"{series.count} values, {_extremes(series)}, last {number(series.last)}"
    svg = element(
        "svg",
        *drawing,
        viewBox=_FRAME.view_box,
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


def _axes(points: Sequence[Point]) -> Axes:
    values = [value for _, value in points]
    steps = round_steps(min(values), max(values))
    first, last = points[0][0], points[-1][0]
    return Axes(_FRAME, (first, max(last, first + 1)), (steps[0], steps[-1]), steps)


def _running_mean(points: Sequence[Point], window: int) -> list[Point]:
    """Return at each point the mean of the values around it: one of those before it lags behind."""
    sums = [0.0, *accumulate(value for _, value in points)]
    means = []
    for index, (position, _) in enumerate(points):
        first, end = max(0, index - window // 2), min(len(points), index + window // 2 + 1)
        means.append((position, (sums[end] - sums[first]) / (end - first)))
    return means
