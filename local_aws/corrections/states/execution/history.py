"""The events of GetExecutionHistory, as AWS writes them.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

import contextvars
import json
import threading
from typing import Any

from ministack.core.responses import get_region, now_iso
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution.run import Ended

MAXIMUM_EVENTS = 25_000
"""Of one execution; https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
_lock = threading.Lock()
_previous: contextvars.ContextVar[int] = contextvars.ContextVar("previous_event", default=0)

NOT_TRUNCATED = {"truncated": False}


def text(value: Any) -> str:
    """Return a JSON value as Step Functions writes it: compact, not escaped beyond need."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def add_event(
    execution: dict[str, Any],
    event_type: str,
    details: dict[str, Any] | None = None,
    *,
    beside: int | None = None,
) -> dict[str, Any]:
    """Append an event, chained to the one before it on the same thread of states.

    ministack leaves `previousEventId` out, numbers events without a lock and counts no limit. Each
    iteration of a Map state has a chain of its own, as on AWS.

    Args:
        execution: The execution's record.
        event_type: Such as `TaskStarted`.
        details: The event's details, under their key.
        beside: The previous event of one that the chain does not continue from; without it, the
            chain's last event is the previous one and this one becomes the last.

    Raises:
        Ended: The execution has ended: nothing follows its last event.
        _ExecutionError: States.Runtime, since the event is number 25,000 and not the last.
    """
    with _lock:
        events = execution["events"]
        if event_type not in _ENDS:
            if execution["status"] != "RUNNING":
                raise Ended
            if len(events) >= MAXIMUM_EVENTS - 1:
                cause = "The execution reached the maximum number of history events (25000)."
                raise states._ExecutionError("States.Runtime", cause)
        event = {
            "id": len(events) + 1,
            "previousEventId": _previous.get() if beside is None else beside,
            "type": event_type,
            "timestamp": now_iso(),
            **(details or {}),
        }
        events.append(event)
    if beside is None:
        _previous.set(event["id"])
    return event


def last() -> int:
    """Return the id of the last event of this thread's chain; 0 when there is none."""
    return _previous.get()


def chain_from(event_id: int) -> None:
    """Go on from an event; from 0, the next event begins a chain, as an execution's first does."""
    _previous.set(event_id)


def entered(execution: dict[str, Any], name: str, state_type: str, value: Any) -> int:
    """Record that a state was entered; return the event's id, which error texts mention."""
    details = {"name": name, "input": text(value), "inputDetails": NOT_TRUNCATED}
    event = add_event(execution, f"{state_type}StateEntered", {"stateEnteredEventDetails": details})
    return int(event["id"])


def exited(
    execution: dict[str, Any],
    name: str,
    state_type: str,
    value: Any,
    assigned: dict[str, Any],
) -> None:
    """Record that a state was left, with the variables it assigned."""
    details: dict[str, Any] = {
        "name": name,
        "output": text(value),
        "outputDetails": NOT_TRUNCATED,
    }
    if assigned:
        details["assignedVariables"] = {key: text(item) for key, item in assigned.items()}
        details["assignedVariablesDetails"] = NOT_TRUNCATED
    add_event(execution, f"{state_type}StateExited", {"stateExitedEventDetails": details})


def resource_names(resource: str) -> dict[str, str]:
    """Return `resourceType` and `resource` of task events, read from a task's Resource ARN.

    `arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob` is type `aws-sdk:sagemaker`, resource
    `describeTrainingJob`; a function's own ARN is type `lambda` with the ARN as the resource.
    """
    if ":states:::" not in resource:
        kind = "lambda" if ":function:" in resource else "activity"
        return {"resourceType": kind, "resource": resource}
    called = resource.split(":states:::", 1)[1].split(":")
    parts = 2 if called[0] == "aws-sdk" else 1  # an action may have a colon: startExecution.sync:2
    return {"resourceType": ":".join(called[:parts]), "resource": ":".join(called[parts:])}


def task_event(execution: dict[str, Any], resource: str, event_type: str, **details: Any) -> None:
    """Record one step of a task: TaskStarted, TaskSubmitted, TaskSucceeded, TaskFailed..."""
    key = event_type[0].lower() + event_type[1:] + "EventDetails"
    present = {name: value for name, value in details.items() if value is not None}
    if "output" in present:
        present["outputDetails"] = NOT_TRUNCATED
    add_event(execution, event_type, {key: {**resource_names(resource), **present}})


def task_scheduled(
    execution: dict[str, Any],
    resource: str,
    arguments: Any,
    timeout: float | None,
    role_arn: str | None,
) -> None:
    """Record TaskScheduled, with what ministack leaves out: region, parameters, timeout, role."""
    task_event(
        execution,
        resource,
        "TaskScheduled",
        region=get_region(),
        parameters=text(arguments),
        timeoutInSeconds=None if timeout is None else int(timeout),
        taskCredentials={"roleArn": role_arn} if role_arn else None,
    )
