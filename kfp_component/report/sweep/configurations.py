"""The configurations of a sweep, best first: interval, interquartile mean and every seed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kfp_component.durations import number, short_number
from kfp_component.execution.result import Swept
from kfp_component.record.trials import words
from kfp_component.report.axes import round_steps
from kfp_component.report.html import Html, element
from kfp_component.report.sweep.legend import legend

MOST_SHOWN = 40
_MANY = 40
"""Seeds from which their circles lie so close that each is drawn fainter."""
_MARGIN = 3
"""Percent of a strip at either end where no label of the scale has room."""


def configurations(swept: Swept) -> Html | None:
    """Return a row for each of the best 40 configurations that have a result."""
    ranked = [each for each in swept.configurations if "iqm" in each]
    shown = ranked[:MOST_SHOWN]
    if not shown:
        return None
    values = _values(swept)
    scale = _Scale(
        [value for each in shown for value in values[each.get("configuration")]]
        + [bound for each in shown for bound in each.get("interval") or [each["iqm"]]]
    )
    cells = [cell for each in shown for cell in _row(each, values, scale, each is shown[0])]
    grid = element("div", *cells, *scale.axis(), class_="ranks")
    intervals = any(each.get("interval") for each in shown)
    return element("div", _legend(swept, intervals), grid, _left_out(swept, len(shown)))


def _values(swept: Swept) -> Mapping[Any, list[float]]:
    """Return the values of each configuration's seeds."""
    found: dict[Any, list[float]] = defaultdict(list)
    for trial in swept.trials:
        if isinstance(trial.get("value"), int | float):
            found[trial.get("configuration")].append(trial["value"])
    return found


def _row(
    each: Mapping[str, Any], values: Mapping[Any, Sequence[float]], scale: "_Scale", first: bool
) -> Iterator[Html]:
    name = words(each.get("hyperparameters") or {}) or f"configuration {each.get('configuration')}"
    best = " first" if first else ""
    interval = each.get("interval")
    told = short_number(each["iqm"])
    if interval:
        told += f" [{short_number(interval[0])}, {short_number(interval[1])}]"
    drawn = []
    if interval:
        low, high = map(scale.place, interval)
        drawn.append(element("i", class_="range", style=f"left:{low:.2f}%;width:{high - low:.2f}%"))
    drawn += [
        element("i", class_="seed", style=f"left:{scale.place(value):.2f}%", title=number(value))
        for value in values[each.get("configuration")]
    ]
    drawn.append(element("i", class_="iqm", style=f"left:{scale.place(each['iqm']):.2f}%"))
    yield element("div", name, class_=f"name{best}")
    seeds = element("span", f" n={each.get('n')}", class_="soft")
    yield element("div", told, seeds, class_="value")
    many = " many" if len(values[each.get("configuration")]) >= _MANY else ""
    kind = f"strip{best}{many}"
    yield element("div", *drawn, class_=kind, role="img", aria_label=f"{name}: {told}")


class _Scale:
    """Places of values, in percent of a strip's width."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values), max(values)
        self.steps = round_steps(low, high)
        pad = (high - low) * 0.03 or (self.steps[-1] - self.steps[0]) / 2
        self._low, self._high = low - pad, high + pad

    def place(self, value: float) -> float:
        return (value - self._low) / (self._high - self._low) * 100

    def axis(self) -> Iterator[Html]:
        """Yield what stands below the rows."""
        places = [(step, self.place(step)) for step in self.steps]
        labels = (
            element("span", number(step), style=f"left:{place:.2f}%")
            for step, place in places
            if _MARGIN <= place <= 100 - _MARGIN
        )
        yield element("div", *labels, class_="scale")


def _legend(swept: Swept, intervals: bool) -> Html:
    marks = {"seed": f"{swept.metric} of a seed", "iqm": "interquartile mean"}
    if intervals:
        marks["range"] = "its 95 % interval"
    return legend((element("i", class_=mark), text) for mark, text in marks.items())


def _left_out(swept: Swept, shown: int) -> Html | None:
    total = len(swept.configurations)
    if total == shown:
        return None
    return element(
        "p", f"The best {shown} of {total} configurations; trials has all.", class_="soft"
    )
