"""What the reports of trainings and of sweeps share: the document, tables, cards, pages.

KFP shows a report in a sandboxed frame of its own page that opens no links: so each URL is text
that one click selects.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from kfp_component.durations import as_text, duration
from kfp_component.execution.run import EndedExecution
from kfp_component.report.html import Html, element
from kfp_component.report.style import STYLE
from training_job.links import links

_LONGEST_VALUE = 1_000
_TIMES = (("Training time", "training_seconds"), ("Billable time", "billable_seconds"))
_PAGES = {"execution": "Execution", "training_job": "Training job", "logs": "Logs"}


def document(
    title: str, header: Html, sections: Iterable[tuple[str, Html | None]], style: str = ""
) -> str:
    """Return a complete HTML document; sections of None are left out."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE + style)),
    )
    shown = (element("section", element("h2", name), html) for name, html in sections if html)
    return f"<!doctype html>\n{element('html', head, element('body', header, *shown), lang='en')}\n"


def when(ended: EndedExecution) -> str:
    """Return the date of a run, and how long its execution took."""
    began = ended.description["startDate"]
    date = began.astimezone(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    return f"{date} · execution time {execution_time(ended)}"


def execution_time(ended: EndedExecution) -> str:
    """Return how long an execution took: its training, and all that came before and after."""
    took = ended.description["stopDate"] - ended.description["startDate"]
    return duration(took.total_seconds())


def seconds(output: Mapping[str, Any]) -> dict[str, str]:
    """Return training and billable seconds, as far as they are known."""
    return {
        label: duration(output[key])
        for label, key in _TIMES
        if isinstance(output.get(key), int | float)
    }


def cards(values: Mapping[str, str]) -> Html:
    """Return values below their labels, side by side."""
    shown = (
        element("div", element("span", label, class_="soft"), element("b", value), class_="card")
        for label, value in values.items()
    )
    return element("div", *shown, class_="cards")


def arguments_table(arguments: Mapping[str, Any], defaults: Any = None) -> Html | None:
    """Return what was given, and defaults where they are known."""
    given = {name: as_text(value) for name, value in sorted(arguments.items())}
    for name, value in sorted((defaults if isinstance(defaults, dict) else {}).items()):
        given.setdefault(name, f"{as_text(value)} (default)")
    rows = [
        element("tr", element("td", name, class_="tight"), element("td", _cut(value)))
        for name, value in given.items()
    ]
    return table(("Argument", "Value"), rows)


def pages(execution_arn: str, job_name: str) -> Html:
    """Return the pages of the AWS console."""
    return element(
        "div",
        *(
            element(
                "p",
                element("span", f"{_PAGES[key]} ", class_="soft"),
                element("code", url, class_="whole"),
            )
            for key, url in links(execution_arn, job_name).items()
        ),
    )


def row(*cells: object) -> Html:
    """Return a row of a table."""
    return element("tr", *(element("td", cell) for cell in cells))


def table(head: Iterable[str], body: Sequence[Html]) -> Html | None:
    """Return a table; None without rows."""
    if not body:
        return None
    titles = element("tr", *(element("th", title) for title in head))
    return element("div", element("table", titles, *body), class_="scroll")


def _cut(text: str) -> str:
    """Return a text, or the beginning of one that would be most of the page."""
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_LONGEST_VALUE]} ... ({len(text):,} characters)"
