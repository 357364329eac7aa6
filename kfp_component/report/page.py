"""The HTML report of a run: one file, without scripts or anything from outside.

KFP shows it in a sandboxed frame of its own page that opens no links: so each URL is text that one
click selects.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from kfp_component.durations import duration, number
from kfp_component.execution.result import Trained
from kfp_component.execution.run import EndedExecution
from kfp_component.record.record import Record
from kfp_component.report.chart import learning_curve
from kfp_component.report.html import Html, element, join
from kfp_component.report.style import STYLE
from kfp_component.report.timeline import bar, rows, status_words, stretches
from training_job.links import links

_PAGES = {"execution": "Execution", "training_job": "Training job", "logs": "Logs"}


@dataclass(frozen=True)
class Report:
    """What a report shows.

    Attributes:
        arguments: What the author of the pipeline gave.
        ended: The execution that trained.
        trained: Its result.
        record: What was seen while it ran.
        notes: What else a person is to know.
    """

    arguments: dict[str, Any]
    ended: EndedExecution
    trained: Trained
    record: Record
    notes: Sequence[str] = ()


def render(report: Report) -> str:
    """Return the report as a complete HTML document.

    Example:
        >>> Path("report.html").write_text(render(report))  # doctest: +SKIP
    """
    output = report.trained.output
    sections = (
        ("Learning curves", _curves(report.record)),
        ("Timeline", _timeline(output, report.record)),
        ("Debugger rules", _rules(output)),
        ("Final metrics", _final_metrics(report.trained)),
        ("Arguments", _arguments(report)),
        ("Pages in the AWS console", _links(report)),
        ("Last log lines", _last_lines(report.record)),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", report.trained.job_name),
        element("style", Html(STYLE)),
    )
    body = element(
        "body",
        _summary(report),
        *(element("section", element("h2", title), html) for title, html in sections if html),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _summary(report: Report) -> Html:
    trained, output = report.trained, report.trained.output
    status = status_words({"status": "Completed", **output})
    tone = "good" if output.get("status", "Completed") == "Completed" else "noted"
    return element(
        "header",
        element("h1", trained.job_name),
        element("p", element("span", status, class_=tone), f" · {_when(report.ended)}"),
        element("p", "Model: ", element("code", trained.model_artifact_url, class_="whole")),
        element("p", "Image: ", element("code", trained.training_image), class_="soft"),
        *_tensorboard(output),
        *(element("p", note, class_="note") for note in report.notes),
        _cards(report),
    )


def _tensorboard(output: Mapping[str, Any]) -> list[Html]:
    path = output.get("tensorboard_path")
    shown = element("code", path, class_="whole")
    return [element("p", "TensorBoard files: ", shown, class_="soft")] if path else []


def _when(ended: EndedExecution) -> str:
    """Return the date of a run, and how long it took."""
    began, end = ended.description["startDate"], ended.description["stopDate"]
    date = began.astimezone(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    return f"{date} · {duration((end - began).total_seconds())}"


def _cards(report: Report) -> Html:
    output, record = report.trained.output, report.record
    cards = {
        label: duration(output[key])
        for label, key in (("Training", "training_seconds"), ("Billable", "billable_seconds"))
        if isinstance(output.get(key), int | float)
    }
    saving = report.trained.spot_saving_percent
    if saving is not None:
        cards["Saved by spot"] = f"{number(saving)} %"
    if record.attempts and record.attempts[-1].instance_type:
        last = record.attempts[-1]
        cards["Instances"] = last.instances
    attempts = _list(output.get("attempts"))
    if len(attempts) > 1:
        cards["Attempts"] = str(len(attempts))
    if record.log_lines:
        cards["Log lines"] = f"{record.log_lines:,}"
    shown = (
        element("div", element("span", label, class_="soft"), element("b", value), class_="card")
        for label, value in cards.items()
    )
    return element("div", *shown, class_="cards")


def _curves(record: Record) -> Html | None:
    series = record.metrics.series
    curves = (learning_curve(name, each) for name, each in sorted(series.items()))
    return element("div", *curves, class_="curves") if series else None


def _timeline(output: Mapping[str, Any], record: Record) -> Html | None:
    shown = stretches(output, record)
    if not shown:
        return None
    return join(bar(shown), _table(("Status", "UTC", "Took", "Message"), rows(shown)))


def _rules(output: Mapping[str, Any]) -> Html | None:
    rules = [entry for entry in _list(output.get("rule_evaluations")) if isinstance(entry, dict)]
    keys = ("name", "status", "details")
    return _table(
        ("Rule", "Status", "Details"),
        [_row(*(rule.get(key) or "" for key in keys)) for rule in rules],
    )


def _final_metrics(trained: Trained) -> Html | None:
    shown = [
        _row(name, number(value) if isinstance(value, int | float) else value)
        for name, value in trained.final_metrics.items()
    ]
    return _table(("Metric", "Value"), shown)


def _arguments(report: Report) -> Html | None:
    defaults = report.trained.output.get("defaults_applied")
    given = {name: _shown(value) for name, value in sorted(report.arguments.items())}
    for name, value in sorted((defaults if isinstance(defaults, dict) else {}).items()):
        given.setdefault(name, f"{_shown(value)} (default)")
    return _table(("Argument", "Value"), [_row(*each) for each in given.items()])


def _links(report: Report) -> Html:
    pages = links(report.ended.arn, report.trained.job_name)
    return element(
        "div",
        *(
            element(
                "p",
                element("span", f"{_PAGES[key]} ", class_="soft"),
                element("code", url, class_="whole"),
            )
            for key, url in pages.items()
        ),
    )


def _last_lines(record: Record) -> Html | None:
    lines = "\n".join(map(str, record.last_lines))
    return element("pre", lines) if lines else None


def _row(*cells: object) -> Html:
    return element("tr", *(element("td", cell) for cell in cells))


def _table(head: Iterable[str], body: Sequence[Html]) -> Html | None:
    if not body:
        return None
    titles = element("tr", *(element("th", title) for title in head))
    return element("div", element("table", titles, *body), class_="scroll")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
