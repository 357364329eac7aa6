"""What the marks of a picture mean."""

from collections.abc import Iterable

from kfp_component.report.html import Html, element


def legend(marks: Iterable[tuple[Html, str]]) -> Html:
    """Return a line of marks, each with what it means; where it is too long, none is torn apart."""
    return element("p", *(element("span", *each) for each in marks), class_="legend soft")
