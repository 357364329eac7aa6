"""The axes of a picture of curves: where a value stands, and the round numbers beside it."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kfp_component.durations import number
from kfp_component.report.html import Html, element


class Frame(NamedTuple):
    """A picture's size and margins, in units of its view box.

    Attributes:
        width: Of the picture.
        height: Of the picture.
        left: Margin, with the numbers of the values.
        right: margin.
        top: margin.
        bottom: Margin, with the numbers of the places.
        below: Of the curves are the numbers of the places.
    """

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    below: int

    @property
    def view_box(self) -> str:
        """What the picture's element says of it."""
        return f"0 0 {self.width} {self.height}"


class Axes:
    """Where a value of a metric stands in a picture.

    Args:
        frame: The picture.
        places: The first and the last place in the log, from 0.
        values: The lowest and the highest value that there is room for.
        steps: The values that have a line.

    Example:
        >>> Axes(Frame(440, 220, 62, 14, 12, 34, 16), (0, 10), (0, 1), [0, 1]).x(5)
        244.0
    """

    def __init__(
        self,
        frame: Frame,
        places: tuple[float, float],
        values: tuple[float, float],
        steps: Sequence[float],
    ) -> None:
        self._frame = frame
        self._first, self._last = places
        self._low, self._high = values
        self._steps = steps

    def x(self, place: float) -> float:
        """Return where a place in the log is."""
        frame = self._frame
        share = (place - self._first) / (self._last - self._first)
        return frame.left + share * (frame.width - frame.left - frame.right)

    def y(self, value: float) -> float:
        """Return where a value is."""
        frame = self._frame
        share = (self._high - value) / (self._high - self._low)
        return frame.top + share * (frame.height - frame.top - frame.bottom)

    def grid(self) -> Iterator[Html]:
        """Yield the lines and the numbers beside and below them."""
        frame = self._frame
        right, bottom = frame.width - frame.right, frame.height - frame.bottom
        for step in self._steps:
            y = f"{self.y(step):.1f}"
            yield element("line", class_="grid", x1=frame.left, x2=right, y1=y, y2=y)
            yield element("text", number(step), x=frame.left - 6, y=y, dy=4, text_anchor="end")
        for step in round_steps(self._first + 1, self._last + 1):
            if self._first <= step - 1 <= self._last and step == int(step):
                x, below = f"{self.x(step - 1):.1f}", bottom + frame.below
                yield element("text", number(step), x=x, y=below, text_anchor="middle")
        last = frame.height - 3
        yield element("text", "values in the log", x=right, y=last, text_anchor="end")

    def line(self, kind: str, points: Sequence[tuple[float, float]]) -> Html:
        """Return a line of this class through the points."""
        return element("polyline", class_=kind, points=self._path(points))

    def area(self, low: Sequence[tuple[float, float]], high: Sequence[tuple[float, float]]) -> Html:
        """Return the band between two lines."""
        return element("polygon", class_="band", points=self._path([*low, *reversed(high)]))

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)


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
