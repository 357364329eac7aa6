"""The learning curves of trials in one picture, with the band of the best configuration."""

from collections.abc import Mapping, Sequence

from kfp_component.report.axes import Axes, Frame, round_steps
from kfp_component.report.html import Html, element
from kfp_component.report.sweep.legend import legend
from kfp_component.watch.ended_logs import Curves, Point
from training_sweep.statistics import interquartile_mean

_FRAME = Frame(width=900, height=350, left=66, right=14, top=12, bottom=52, below=22)
_PLACES = 100
_ROOM = 0.04
"""Above and below the curves, as a share of their height."""
_BAND_FROM = 3
"""Seeds from which a band says something."""


def learning_curves(curves: Curves, best: Sequence[int]) -> Html | None:
    """Return the picture, and in words what it shows.

    Args:
        curves: Of the trials whose log was read.
        best: The trials of the best configuration.
    """
    if not curves.trials:
        return None
    if not curves.points:
        why = curves.problem or f"No log that was read has a value of {curves.metric}."
        return element("p", f"There are no learning curves. {why}", class_="soft")
    own = [curves.points[trial] for trial in best if trial in curves.points]
    others = [points for trial, points in curves.points.items() if trial not in set(best)]
    axes = _axes([*own, *others])
    band = _band(own) if len(own) >= _BAND_FROM else []
    drawing = [*axes.grid(), *(axes.line("other", points) for points in others)]
    if band:
        drawing.append(
            axes.area([(x, low) for x, low, _, _ in band], [(x, top) for x, _, _, top in band])
        )
    drawing += [axes.line("own" if band else "mean", points) for points in own]
    if band:
        drawing.append(axes.line("mean", [(x, middle) for x, _, middle, _ in band]))
    told = f"{curves.metric} of {len(curves.points)} trials"
    svg = element("svg", *drawing, viewBox=_FRAME.view_box, role="img", aria_label=told)
    return element(
        "div",
        element("div", _legend(bool(band), bool(others)), svg, class_="card wide"),
        _shown(curves, own),
    )


def _band(curves: Sequence[Sequence[Point]]) -> list[tuple[float, float, float, float]]:
    """Return place, lower quartile, interquartile mean and upper quartile along the curves.

    As far as at least half of the curves go.
    """
    ends = sorted(points[-1][0] for points in curves)
    end = ends[(len(ends) - 1) // 2]
    found = []
    for index in range(_PLACES + 1):
        x = end * index / _PLACES
        values = sorted(_at(points, x) for points in curves if points[-1][0] >= x)
        quarter = len(values) // 4
        middle = interquartile_mean(values)
        found.append((x, values[quarter], middle, values[-1 - quarter]))
    return found


def _at(points: Sequence[Point], x: float) -> float:
    """Return the value of a curve at a place, between the points beside it."""
    before = points[0]
    for point in points:
        if point[0] >= x:
            span = point[0] - before[0]
            share = (x - before[0]) / span if span else 1.0
            return before[1] + share * (point[1] - before[1])
        before = point
    return before[1]


def _axes(curves: Sequence[Sequence[Point]]) -> Axes:
    values = [value for points in curves for _, value in points]
    low, high = min(values), max(values)
    steps = round_steps(low, high)
    pad = (high - low) * _ROOM or (steps[-1] - steps[0]) / 2
    low, high = low - pad, high + pad
    end = max(1, *(points[-1][0] for points in curves))
    return Axes(_FRAME, (0, end), (low, high), [step for step in steps if low <= step <= high])


def _legend(has_band: bool, has_others: bool) -> Html:
    words: Mapping[str, str] = (
        {"mean": "interquartile mean of the best configuration", "band": "its middle half"}
        if has_band
        else {"mean": "best configuration"}
    )
    others = {"other": "trials of others"} if has_others else {}
    return legend(
        (element("i", class_=f"swatch {kind}"), text) for kind, text in {**words, **others}.items()
    )


def _shown(curves: Curves, own: Sequence[object]) -> Html | None:
    count = len(curves.points)
    if count == curves.trials:
        return None
    text = (
        f"{count} of {curves.trials} trials with a result are drawn: {len(own)} of the best "
        f"configuration, and an even sample of the others. {curves.problem}"
    )
    return element("p", text.strip(), class_="soft")
