"""The HTML report of a training: one file, without scripts or anything from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfp_component.durations import number
from kfp_component.execution.result import Trained
from kfp_component.execution.run import EndedExecution
from kfp_component.record.record import RunRecord
from kfp_component.report.chart import learning_curve
from kfp_component.report.html import Html, element, join
from kfp_component.report.parts import (
    arguments_table,
    cards,
    document,
    pages,
    row,
    seconds,
    table,
    when,
)
from kfp_component.report.timeline import bar, rows, status_words, stretches


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
    record: RunRecord
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
        ("Arguments", arguments_table(report.arguments, output.get("defaults_applied"))),
        ("Pages in the AWS console", pages(report.ended.arn, report.trained.job_name)),
        ("Last log lines", _last_lines(report.record)),
    )
    return document(report.trained.job_name, _summary(report), sections)


def _summary(report: Report) -> Html:
    trained, output = report.trained, report.trained.output
    status = status_words({"status": "Completed", **output})
    tone = "good" if output.get("status", "Completed") == "Completed" else "noted"
    return element(
        "header",
        element("h1", trained.job_name),
        element("p", element("span", status, class_=tone), f" · {when(report.ended)}"),
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


def _cards(report: Report) -> Html:
    output, record = report.trained.output, report.record
    shown = seconds(output)
    saving = report.trained.spot_saving_percent
    if saving is not None:
        shown["Saved by spot"] = f"{number(saving)} %"
    if record.attempts and record.attempts[-1].instance_type:
        last = record.attempts[-1]
        shown["Instances"] = last.instances
    attempts = _list(output.get("attempts"))
    if len(attempts) > 1:
        shown["Attempts"] = str(len(attempts))
    if record.log_lines:
        shown["Log lines"] = f"{record.log_lines:,}"
    return cards(shown)


def _curves(record: RunRecord) -> Html | None:
    series = record.metrics.series
    curves = (learning_curve(name, each) for name, each in sorted(series.items()))
    return element("div", *curves, class_="curves") if series else None


def _timeline(output: Mapping[str, Any], record: RunRecord) -> Html | None:
    shown = stretches(output, record)
    if not shown:
        return None
    return join(bar(shown), table(("Status", "UTC", "Took", "Message"), rows(shown)))


def _rules(output: Mapping[str, Any]) -> Html | None:
    rules = [entry for entry in _list(output.get("rule_evaluations")) if isinstance(entry, dict)]
    keys = ("name", "status", "details")
    return table(
        ("Rule", "Status", "Details"),
        [row(*(rule.get(key) or "" for key in keys)) for rule in rules],
    )


def _final_metrics(trained: Trained) -> Html | None:
    shown = [
        row(name, number(value) if isinstance(value, int | float) else value)
        for name, value in trained.final_metrics.items()
    ]
    return table(("Metric", "Value"), shown)


def _last_lines(record: RunRecord) -> Html | None:
    lines = "\n".join(map(str, record.last_lines))
    return element("pre", lines) if lines else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
