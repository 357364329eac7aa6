"""The report of a sweep: one file, without scripts or anything from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfp_component.durations import number, short_number
from kfp_component.execution.result import Swept
from kfp_component.execution.run import EndedExecution
from kfp_component.record.trials import words
from kfp_component.report.html import Html, element, join
from kfp_component.report.parts import (
    arguments_table,
    cards,
    document,
    pages,
    seconds,
    table,
    when,
)
from kfp_component.report.sweep.configurations import configurations
from kfp_component.report.sweep.costs import billable_time
from kfp_component.report.sweep.curves import learning_curves
from kfp_component.report.sweep.style import SWEEP_STYLE
from kfp_component.watch.ended_logs import Curves


@dataclass(frozen=True)
class SweepReport:
    """What a sweep's report shows.

    Attributes:
        arguments: What the author of the pipeline gave.
        ended: The execution that swept.
        swept: Its result.
        curves: Learning curves of some trials.
        last_lines: The end of the log of the first trials that failed, by job.
    """

    arguments: Mapping[str, Any]
    ended: EndedExecution
    swept: Swept
    curves: Curves
    last_lines: Mapping[str, Sequence[str]]


def render(report: SweepReport) -> str:
    """Return the report as a complete HTML document.

    Example:
        >>> Path("report.html").write_text(render(report))  # doctest: +SKIP
    """
    swept = report.swept
    best = swept.output["best"].get("configuration")
    own = [int(each["trial"]) for each in swept.trials if each.get("configuration") == best]
    sections = (
        ("Configurations", configurations(swept)),
        ("Learning curves", learning_curves(report.curves, own)),
        ("Failures", _failures(report)),
        ("Billable time of each trial", billable_time(swept)),
        ("Arguments", arguments_table(report.arguments)),
        ("Pages in the AWS console", pages(report.ended.arn, swept.job_name)),
    )
    return document(_title(report), _summary(report), sections, SWEEP_STYLE)


def _title(report: SweepReport) -> str:
    return f"Sweep {report.ended.arn.rpartition(':')[2]}"


def _summary(report: SweepReport) -> Html:
    swept = report.swept
    output, best = swept.output, swept.output["best"]
    found = words(output["best_hyperparameters"]) or "no hyperparameters"
    notes = [note for note in output.get("notes") or [] if isinstance(note, str)]
    return element(
        "header",
        element("h1", _title(report)),
        element("p", when(report.ended), class_="soft"),
        element("p", element("b", _claim(swept)), f" with {found}", class_="claim"),
        element(
            "p",
            f"Model of seed {output['best_seed']}: ",
            element("code", swept.model_artifact_url, class_="whole"),
        ),
        *(element("p", note, class_="note") for note in notes),
        cards({**_counted(swept), **seconds(output), **_saved(swept), **_seeds(best)}),
    )


def _claim(swept: Swept) -> str:
    best = swept.output["best"]
    claim = f"{swept.metric} {short_number(best.get('iqm', best.get('value', 0.0)))}"
    if interval := best.get("interval"):
        claim += f" [{short_number(interval[0])}, {short_number(interval[1])}]"
    return claim


def _counted(swept: Swept) -> dict[str, str]:
    counts = swept.output["counts"]
    failed = counts.get("failed")
    told = f"{counts.get('succeeded')} of {counts.get('trials')}"
    return {
        "Configurations": str(len(swept.configurations)),
        "Trials": told,
        **({"Failed": str(failed)} if failed else {}),
    }


def _saved(swept: Swept) -> dict[str, str]:
    saving = swept.spot_saving_percent
    return {} if saving is None else {"Saved by spot": f"{number(saving)} %"}


def _seeds(best: Mapping[str, Any]) -> dict[str, str]:
    return {"Seeds of the best": str(best["n"])} if best.get("n") else {}


def _failures(report: SweepReport) -> Html | None:
    output = report.swept.output
    shown = [each for each in output.get("failures") or [] if isinstance(each, dict)]
    failed = table(
        ("Trial", "Failure", "Reason"),
        [
            element(
                "tr",
                element("td", each.get("trial", "")),
                element("td", each.get("error", ""), class_="tight"),
                element("td", each.get("message", "")),
            )
            for each in shown
        ],
    )
    if failed is None:
        return None
    total = output["counts"].get("failed") or len(shown)
    more = f"The first {len(shown)} of {total}." if total > len(shown) else None
    logs = (
        join(element("h3", f"Last log lines of {job}"), element("pre", "\n".join(lines)))
        for job, lines in report.last_lines.items()
        if lines
    )
    return element("div", element("p", more, class_="soft") if more else None, failed, *logs)
