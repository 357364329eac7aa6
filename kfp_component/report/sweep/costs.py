"""Billable time of each trial of a sweep, as columns."""

from typing import Any

from kfp_component.durations import duration
from kfp_component.execution.result import Swept
from kfp_component.report.html import Html, element

_FEW = 60
_LEAST = 7
"""Height in percent of what is too short, or not known, to be seen."""


def billable_time(swept: Swept) -> Html | None:
    """Return a column for each trial, in their order; those that failed are red.

    None for a single trial: the summary has its time.
    """
    trials = swept.trials
    known = [_seconds(trial) for trial in trials if _seconds(trial) is not None]
    most = max((each for each in known if each), default=0)
    if not most or len(trials) == 1:
        return None
    columns = [
        element(
            "i",
            class_="failed" if trial.get("error") else "done",
            style=f"height:{max((_seconds(trial) or 0) / most * 100, _LEAST):.1f}%",
            title=f"trial {trial.get('trial')}: {_told(trial)}",
        )
        for trial in trials
    ]
    ordered = sorted(each for each in known if each is not None)
    told = (
        f"Least {duration(ordered[0])}, median {duration(ordered[len(ordered) // 2])}, "
        f"most {duration(ordered[-1])}, all {duration(sum(ordered))}."
    )
    failed = any(trial.get("error") for trial in trials)
    note = " Red: failed; their time is not known." if failed else ""
    ends = (element("span", text) for text in ("trial 1", f"trial {len(trials)}"))
    return element(
        "div",
        element("p", told + note, class_="soft"),
        element("div", *columns, class_="columns few" if len(trials) <= _FEW else "columns"),
        element("div", *ends, class_="ends soft"),
    )


def _seconds(trial: dict[str, Any]) -> float | None:
    found = trial.get("billable_seconds")
    return found if isinstance(found, int | float) else None


def _told(trial: dict[str, Any]) -> str:
    found = _seconds(trial)
    return str(trial.get("error") or "") if found is None else duration(found)
