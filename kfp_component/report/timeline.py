"""All attempts of a run on one line of time, with the waits between them: a bar and a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kfp_component.durations import duration
from kfp_component.record.record import RunRecord, Transition
from kfp_component.report.html import Html, element

# The colour of each status is a class; others are drawn as "other".
_KNOWN = frozenset(
    {"Starting", "Pending", "Downloading", "Training", "Uploading", "Interrupted", "Stopping"}
)


@dataclass(frozen=True)
class Stretch:
    """An attempt, or the wait before the next.

    Attributes:
        number: Which attempt it is, or is waited for.
        is_wait: Whether it is the wait.
        phases: Its statuses, oldest first; a wait is one.
        detail: What is known of an attempt.
    """

    number: int
    is_wait: bool
    phases: Sequence[Transition]
    detail: str = ""

    @property
    def title(self) -> str:
        """What it is."""
        return f"Wait for attempt {self.number}" if self.is_wait else f"Attempt {self.number}"

    @property
    def start(self) -> float:
        """When it began, in seconds since the epoch."""
        return self.phases[0].start

    @property
    def end(self) -> float:
        """When it ended."""
        return max(_end(phase) for phase in self.phases)


def stretches(output: Mapping[str, Any], record: RunRecord) -> list[Stretch]:
    """Return the attempts of a run and the waits between them, oldest first.

    Args:
        output: The execution's output. `attempts` are the training jobs; `timeline` has the
            statuses of the last.
        record: What was seen of the statuses of each.

    Example:
        >>> [stretch.title for stretch in stretches(output, record)]  # doctest: +SKIP
        ['Attempt 1', 'Wait for attempt 2', 'Attempt 2']
    """
    attempts = [entry for entry in _list(output.get("attempts")) if isinstance(entry, dict)]
    attempts = attempts or [{"job_name": output.get("job_name")}]
    found: list[Stretch] = []
    for number, attempt in enumerate(attempts, 1):
        is_last = number == len(attempts)
        phases = record.transitions.get(str(attempt.get("job_name"))) or (
            _transitions(output.get("timeline")) if is_last else []
        )
        phases = _closed(phases, attempt) or _transitions([attempt])
        if not phases:
            continue
        if found and phases[0].start > found[-1].end:
            wait = Transition("Waiting", found[-1].end, phases[0].start, "")
            found.append(Stretch(number, True, [wait]))
        found.append(Stretch(number, False, phases, _detail(attempt)))
    return found


def bar(shown: Sequence[Stretch]) -> Html | None:
    """Return the stretches as a bar, to scale; None if they took no time."""
    parts = [_part(phase) for stretch in shown for phase in stretch.phases if _took(phase) > 0]
    if not parts:
        return None
    begin, end = shown[0].start, max(stretch.end for stretch in shown)
    attempts = (
        element("div", None if stretch.is_wait else stretch.number, style=_width(stretch))
        for stretch in shown
    )
    several = element("div", *attempts, class_="numbers") if len(shown) > 1 else None
    ends = element(
        "div",
        element("span", _clock(begin, begin)),
        element("span", duration(end - begin)),
        element("span", _clock(end, begin)),
        class_="ends soft",
    )
    return element("div", several, element("div", *parts, class_="bar"), ends, class_="timeline")


def rows(shown: Sequence[Stretch]) -> list[Html]:
    """Return the rows of the table: status, when it began, how long it took, SageMaker's word."""
    found = []
    for stretch in shown:
        if len(shown) > 1:
            about = f" {stretch.detail}" if stretch.detail else ""
            took = duration(stretch.end - stretch.start)
            title = element("b", f"{stretch.title}, {took}")
            found.append(element("tr", element("td", title, about, colspan=4), class_="group"))
        if stretch.is_wait:
            continue
        for phase in stretch.phases:
            kind = _kind(phase)
            cells = (
                element("td", element("span", class_=f"dot {kind}"), phase.status, class_="tight"),
                element("td", _clock(phase.start, shown[0].start), class_="tight"),
                element("td", duration(_took(phase)) if _took(phase) > 0 else "", class_="tight"),
                element("td", phase.message),
            )
            found.append(element("tr", *cells))
    return found


def _detail(attempt: Mapping[str, Any]) -> str:
    status = status_words(attempt)
    reason = str(attempt.get("failure_reason") or "").partition("\n")[0]
    ended = f"{status}: {reason}" if reason else status
    parts = (attempt.get("instance_type"), attempt.get("job_name"), ended)
    return " · ".join(str(part) for part in parts if part)


def status_words(facts: Mapping[str, Any]) -> str:
    """Return a job's status, and its secondary status where that tells more.

    Example:
        >>> status_words({"status": "Stopped", "secondary_status": "MaxRuntimeExceeded"})
        'Stopped (MaxRuntimeExceeded)'
    """
    status, more = str(facts.get("status") or ""), facts.get("secondary_status")
    return status if not more or more == status else f"{status} ({more})"


def _closed(phases: Sequence[Transition], attempt: Mapping[str, Any]) -> list[Transition]:
    """Return the phases, the last of which may have lasted until the attempt's end."""
    known = list(phases)
    ended = _moment(attempt.get("ended_at"))
    if known and known[-1].end is None and ended is not None and known[-1].status in _KNOWN:
        known[-1] = known[-1]._replace(end=ended)
    return known


def _transitions(entries: Any) -> list[Transition]:
    """Read entries of the execution's output; those that are no such thing are left out."""
    found = []
    for entry in _list(entries):
        start = _moment(entry.get("started_at")) if isinstance(entry, dict) else None
        if start is not None and entry.get("status"):
            end = _moment(entry.get("ended_at"))
            found.append(
                Transition(str(entry["status"]), start, end, str(entry.get("message") or ""))
            )
    return found


def _part(phase: Transition) -> Html:
    label = f"{phase.status}, {duration(_took(phase))}"
    share = f"flex-grow: {_took(phase):.0f}"
    return element("div", element("span", label), class_=_kind(phase), title=label, style=share)


def _kind(phase: Transition) -> str:
    return phase.status if phase.status in (*_KNOWN, "Waiting") else "other"


def _width(stretch: Stretch) -> str:
    return f"flex-grow: {max(stretch.end - stretch.start, 0):.0f}"


def _end(phase: Transition) -> float:
    return phase.start if phase.end is None else max(phase.start, phase.end)


def _took(phase: Transition) -> float:
    return _end(phase) - phase.start


def _clock(seconds: float, begin: float) -> str:
    """Return a time of day in UTC, with its date unless that is the run's first."""
    moment, first = (datetime.fromtimestamp(each, UTC) for each in (seconds, begin))
    return moment.strftime("%H:%M:%S" if moment.date() == first.date() else "%d %b %H:%M:%S")


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (AttributeError, ValueError):
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
