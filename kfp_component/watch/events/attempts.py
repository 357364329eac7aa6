"""What the events of a training execution say: which jobs it starts, and why another follows.

The names of the states and what they put out are those of infra/workflow/definition.py; the rest is
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html . Whatever an
event lacks is done without: the history is shown, and decides nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfp_component.durations import duration
from kfp_component.record.record import SeenAttempt
from training_job.failure import sentence

_LONGEST_REASON = 300
_UNKNOWN = "no reason is known"
_JUDGE, _PLANNER = "JudgeAttempt", "BuildRequest"


@dataclass(frozen=True)
class Planned:
    """The instance types that the attempts may use, in order."""

    instance_types: list[str]


@dataclass(frozen=True)
class Submitted:
    """SageMaker has taken the request: there is a training job."""


@dataclass(frozen=True)
class Refused:
    """SageMaker has not taken the request, or the job ended badly; in the service's words."""

    words: str


@dataclass(frozen=True)
class Judged:
    """What the state machine made of an attempt.

    Attributes:
        decision: `retry`, `wait`, `succeed`, `fail` and so on (docs/outcomes.md).
        wait_seconds: The longest wait before what follows.
        jobs: The training jobs that ended and are followed by another, oldest first.
        instance: Index of the instance type that follows.
        waits: Waits for capacity so far.
    """

    decision: str
    wait_seconds: int
    jobs: list[Mapping[str, Any]]
    instance: int
    waits: int = 0


AttemptNews = SeenAttempt | Planned | Submitted | Refused | Judged


def read_event(event: Mapping[str, Any]) -> AttemptNews | None:
    """Return what an event of the history says of the attempts; None if it is about others."""
    try:
        return _of_state(event.get("stateExitedEventDetails") or {}) or _of_task(event)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def explanation(
    verdict: Judged, ended: int, instance_types: Sequence[str], refused: str, waits: int = 0
) -> str:
    """Return why another attempt follows, when, and on what.

    Args:
        verdict: A verdict to try again.
        ended: How many training jobs had ended before.
        instance_types: Those that the attempts may use, in order.
        refused: Why the last request was not taken; '' if it was.
        waits: Waits for capacity before this one.

    Example:
        >>> job = {"failure_reason": "CapacityError: none left"}
        >>> explanation(Judged("retry", 30, [job], 1), 0, ["ml.p3.2xlarge", "ml.g5.xlarge"], "")
        ... # doctest: +ELLIPSIS
        'Attempt 1 ended without a model: CapacityError: none left. ... on ml.g5.xlarge.'
    """
    number, kinds = len(verdict.jobs), instance_types[verdict.instance :]
    when = f"within {duration(verdict.wait_seconds)}" + (f" on {kinds[0]}" if kinds else "")
    if verdict.waits > waits:
        reason = _reason(verdict.jobs[-1]) if number > ended else sentence(refused or _UNKNOWN)
        return (
            f"No instance type has room: {reason} Wait {verdict.waits} for capacity; training is "
            f"tried again {when}."
        )
    if number > ended:
        reason = _reason(verdict.jobs[-1])
        return (
            f"Attempt {number} ended without a model: {reason} Attempt {number + 1} begins {when}."
        )
    return f"SageMaker did not take the request ({refused or _UNKNOWN}). It is sent again {when}."


def _reason(job: Mapping[str, Any]) -> str:
    """Return why a job ended, as a sentence."""
    said = job.get("failure_reason") or job.get("secondary_status") or job.get("status") or ""
    return sentence(str(said).partition("\n")[0].strip()[:_LONGEST_REASON] or _UNKNOWN)


def _of_state(details: Mapping[str, Any]) -> AttemptNews | None:
    if details.get("name") == _PLANNER:
        types = json.loads(details["output"])["plan"]["instance_types"]
        return Planned([str(kind) for kind in types]) if isinstance(types, list) else None
    if details.get("name") != _JUDGE:
        return None
    verdict = json.loads(details["output"])
    progress = verdict["progress"]
    return Judged(
        str(verdict["decision"]),
        int(verdict["wait_seconds"]),
        [dict(job) for job in progress["jobs"]],
        int(progress["instance"]),
        int((progress.get("waits") or {}).get("times", 0)),
    )


def _of_task(event: Mapping[str, Any]) -> AttemptNews | None:
    kind = str(event.get("type", ""))
    details = event.get(f"{kind[:1].lower()}{kind[1:]}EventDetails") or {}
    if details.get("resourceType") != "sagemaker":
        return None
    if not str(details.get("resource", "")).startswith("createTrainingJob"):
        return None
    if kind == "TaskScheduled":
        request = json.loads(details["parameters"])
        return SeenAttempt.from_request(request, elsewhere=bool(details.get("taskCredentials")))
    if kind == "TaskSubmitted":
        return Submitted()
    if kind in ("TaskFailed", "TaskSubmitFailed"):
        cause = str(details.get("cause") or "").partition("\n")[0][:_LONGEST_REASON]
        return Refused(": ".join(filter(None, (str(details.get("error") or ""), cause))))
    return None
