"""The HTML report of a run: one file, without scripts or anything from outside.

KFP shows it in a sandboxed frame of its own page.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from kfp_component.durations import duration, number
from kfp_component.execution.result import Trained
from kfp_component.report.chart import learning_curve
from kfp_component.report.style import STYLE
from kfp_component.report.timeline import draw, phases
from kfp_component.watch.watch import Record
from training_job.links import links


@dataclass(frozen=True)
class Report:
    """What a report shows.

    Attributes:
        arguments: What the author of the pipeline gave.
        execution_arn: The execution that trained.
        trained: Its result.
        record: What was seen while it ran.
    """

    arguments: dict[str, Any]
    execution_arn: str
    trained: Trained
    record: Record


def render(report: Report) -> str:
    """Renders the report as a complete HTML document."""
    output = report.trained.output
    sections = (
        ("Learning curves", _curves(report.record)),
        ("Timeline", _timeline(output)),
        ("Attempts", _attempts(output)),
        ("Debugger rules", _rules(output)),
        ("Final metrics", _final_metrics(report.trained)),
        ("Arguments", _arguments(report)),
        ("Last log lines", _last_lines(report.record)),
    )
    body = "".join(f"<section><h2>{title}</h2>{html}</section>" for title, html in sections if html)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.trained.job_name)}</title><style>{STYLE}</style></head>"
        f"<body>{_summary(report)}{body}</body></html>\n"
    )


def _summary(report: Report) -> str:
    trained, output = report.trained, report.trained.output
    pages = links(report.execution_arn, trained.job_name)
    names = {"execution": "Execution", "training_job": "Training job", "logs": "Logs"}
    anchors = " · ".join(
        f'<a href="{escape(url)}" target="_blank" rel="noopener">{names[key]}</a>'
        for key, url in pages.items()
    )
    status = str(output.get("status") or "Completed")
    detail = output.get("secondary_status")
    shown = status if not detail or detail == status else f"{status} ({detail})"
    tone = "good" if status == "Completed" else "noted"
    notes = "".join(f"<p>{escape(str(note))}</p>" for note in _list(output.get("notes")))
    return (
        f"<header><h1>{escape(trained.job_name)}</h1>"
        f'<p><span class="{tone}">{escape(shown)}</span> · {anchors}</p>'
        f"<p>Model: <code>{escape(trained.model_artifact_url)}</code></p>"
        f'<p class="soft">Image: <code>{escape(trained.training_image)}</code></p>{notes}'
        f"{_cards(report)}</header>"
    )


def _cards(report: Report) -> str:
    output = report.trained.output
    seconds = {
        label: output[key]
        for label, key in (("Training", "training_seconds"), ("Billable", "billable_seconds"))
        if isinstance(output.get(key), int | float)
    }
    cards = {label: duration(value) for label, value in seconds.items()}
    saving = report.trained.spot_saving_percent
    if saving is not None:
        cards["Saved by spot"] = f"{number(saving)} %"
    if report.record.attempts:
        last = report.record.attempts[-1]
        cards["Instances"] = f"{last.instance_count} x {last.instance_type}"
    attempts = _list(output.get("attempts"))
    if len(attempts) > 1:
        cards["Attempts"] = str(len(attempts))
    if report.record.log_lines:
        cards["Log lines"] = f"{report.record.log_lines:,}"
    return '<div class="cards">' + "".join(_card(*card) for card in cards.items()) + "</div>"


def _card(label: str, value: str) -> str:
    return (
        f'<div class="card"><span class="soft">{escape(label)}</span><b>{escape(value)}</b></div>'
    )


def _curves(record: Record) -> str:
    curves = "".join(
        f'<div class="card"><h3><span>{escape(name)}</span>'
        f'<span class="soft">last {number(points[-1][1])}</span></h3>'
        f"{learning_curve(name, points)}</div>"
        for name, points in record.metrics.points.items()
    )
    return f'<div class="curves">{curves}</div>' if curves else ""


def _timeline(output: Mapping[str, Any]) -> str:
    shown = phases(output.get("timeline"))
    rows = [(phase.status, phase.took, phase.message) for phase in shown]
    return draw(shown) + _table(("Status", "Time", "Message"), rows)


def _attempts(output: Mapping[str, Any]) -> str:
    attempts = [entry for entry in _list(output.get("attempts")) if isinstance(entry, dict)]
    if len(attempts) < 2:
        return ""
    keys = ("job_name", "instance_type", "status", "secondary_status", "failure_reason")
    return _table(
        ("Training job", "Instance type", "Status", "", "Reason"),
        [[entry.get(key) or "" for key in keys] for entry in attempts],
    )


def _rules(output: Mapping[str, Any]) -> str:
    rules = [entry for entry in _list(output.get("rule_evaluations")) if isinstance(entry, dict)]
    keys = ("name", "status", "details")
    return _table(
        ("Rule", "Status", "Details"), [[rule.get(key) or "" for key in keys] for rule in rules]
    )


def _final_metrics(trained: Trained) -> str:
    rows = [
        (name, number(value) if isinstance(value, int | float) else value)
        for name, value in trained.final_metrics.items()
    ]
    return _table(("Metric", "Value"), rows)


def _arguments(report: Report) -> str:
    defaults = report.trained.output.get("defaults_applied")
    rows: list[tuple[str, str]] = [
        (name, _shown(value)) for name, value in sorted(report.arguments.items())
    ]
    for name, value in sorted((defaults if isinstance(defaults, dict) else {}).items()):
        if name not in report.arguments:
            rows.append((name, f"{_shown(value)} (default)"))
    return _table(("Argument", "Value"), rows)


def _last_lines(record: Record) -> str:
    lines = "\n".join(escape(line) for line in record.last_lines)
    return f"<pre>{lines}</pre>" if lines else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not body:
        return ""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f'<div class="scroll"><table><tr>{titles}</tr>{body}</table></div>'


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
