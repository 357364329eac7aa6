"""An execution as one JSON document: its end, its events with their states, and what is read of it.

`record` asks; all else is pure.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from tools.verify_aws.assumption import Answer, NotAsked

Event = dict[str, Any]
LONGEST = 4000
"""Characters of a cause or input that are kept; of a failed job the cause is its description."""


def await_end(states: Any, arn: str, seconds: float) -> None:
    """Wait until an execution has ended.

    Raises:
        NotAsked: It has not after so many seconds.
    """
    until = time.monotonic() + seconds
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        if time.monotonic() > until:
            raise NotAsked(f"{arn} did not end within {seconds:.0f} s")
        time.sleep(1)


def record(states: Any, arn: str) -> Answer:
    """Return an execution's end and its events so far."""
    described = states.describe_execution(executionArn=arn)
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    state, events = "", []
    details: dict[str, Any]
    for event in (event for page in pages for event in page["events"]):
        details = next((event[key] for key in event if key.endswith("EventDetails")), {})
        if event["type"].endswith("StateEntered"):
            state = details["name"]
        # What a state was given counts only where it reports it.
        keys = ("error", "cause", *(["input"] if state == "Failed" else []))
        kept = {key: details[key] for key in keys if details.get(key)}
        events.append(
            {"type": event["type"], "at": _text(event["timestamp"]), "state": state}
            | {key: value[:LONGEST] for key, value in kept.items()}
        )
    ended = {key: described[key] for key in ("error", "cause", "output") if key in described}
    return {
        "arn": arn,
        "status": described["status"],
        "redrives": described.get("redriveCount", 0),
        "alias": described.get("stateMachineAliasArn", ""),
        **ended,
        "events": events,
    }


def entered(answer: Answer) -> list[str]:
    """Return the names of the states that were entered, in order."""
    return [each["state"] for each in answer["events"] if each["type"].endswith("StateEntered")]


def after(answer: Answer, kind: str) -> Answer:
    """Return the record from the first event of a type on; without events if there is none."""
    kinds = [each["type"] for each in answer["events"]]
    events = answer["events"][kinds.index(kind) :] if kind in kinds else []
    return {**answer, "events": events}


def of_state(answer: Answer, state: str, *kinds: str) -> list[Event]:
    """Return the events of these types while the execution was in a state."""
    return [each for each in answer["events"] if each["state"] == state and each["type"] in kinds]


ENDS = ("TaskSucceeded", "TaskFailed", "TaskSubmitFailed", "TaskStartFailed", "TaskTimedOut")


def end_of_task(answer: Answer, *states: str) -> Event:
    """Return the event that ended the first of these tasks.

    Raises:
        NotAsked: None of them ended.
    """
    for each in answer["events"]:
        if each["state"] in states and each["type"] in ENDS:
            return dict(each)
    came = ", ".join(entered(answer)) or "nowhere"
    raise NotAsked(f"{' or '.join(states)} did not end; the execution came to {came}")


def seconds_between(first: str, second: str) -> float:
    """Return the seconds from one ISO 8601 time to another."""
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
