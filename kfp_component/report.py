"""The HTML report of a run: one file without scripts or outside resources."""

from dataclasses import dataclass
from html import escape
from typing import Any

from kfp_component.result import Trained
from kfp_component.watch import Record
from training_job.links import links


@dataclass(frozen=True)
class Report:
    """What a report shows."""

    arguments: dict[str, Any]
    execution_arn: str
    description: dict[str, Any]
    trained: Trained
    record: Record


def render(report: Report) -> str:
    """Renders the report as a complete HTML document."""
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>"
        for name, value in report.trained.output.items()
    )
    link = links(report.execution_arn, None)["execution"]
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Training run</title>"
        f"<h1>{escape(report.trained.job_name)}</h1><table>{rows}</table>"
        f"<p><a href='{escape(link)}'>Execution</a></p></html>\n"
    )
