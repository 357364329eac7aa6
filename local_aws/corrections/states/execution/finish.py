"""How an execution ends: once, and for good.

ministack lets a task that fails later overwrite ABORTED with FAILED, and reports a failed
execution's error as its output too.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
"""

import threading
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution import run as states_run

_lock = threading.Lock()


def finish(execution: dict[str, Any], status: str, **facts: Any) -> bool:
    """Give a running execution its final status; return whether it had none yet."""
    with _lock:
        if execution["status"] != "RUNNING":
            return False
        execution.update(status=status, stopDate=now_iso(), **facts)
    return True


def succeed(execution: dict[str, Any], output: Any) -> None:
    """End with SUCCEEDED and this output."""
    written = history.text(output)
    if finish(execution, "SUCCEEDED", output=written):
        details = {"output": written, "outputDetails": history.NOT_TRUNCATED}
        event = {"executionSucceededEventDetails": details}
        _announce(execution, "ExecutionSucceeded", event)


def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
    """End with FAILED, unless the execution was already stopped or timed out."""
    if finish(execution, "FAILED", error=error, cause=cause):
        event = {"executionFailedEventDetails": {"error": error, "cause": cause}}
        _announce(execution, "ExecutionFailed", event)


def time_out(execution: dict[str, Any]) -> None:
    """End with TIMED_OUT: the state machine's own TimeoutSeconds has passed.

    Only the history names States.Timeout; DescribeExecution has no error and no cause then.
    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
    """
    if finish(execution, "TIMED_OUT"):
        history.chain_from(0)
        event = {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
        _announce(execution, "ExecutionTimedOut", event)
        states_run.end(execution["executionArn"])


def abort(execution: dict[str, Any], error: str | None, cause: str | None) -> None:
    """End with ABORTED and stop the walk, whatever it waits for."""
    if finish(execution, "ABORTED", error=error, cause=cause):
        history.chain_from(0)
        given = {
            key: text for key, text in (("error", error), ("cause", cause)) if text is not None
        }
        _announce(execution, "ExecutionAborted", {"executionAbortedEventDetails": given})
        states_run.end(execution["executionArn"])


def _announce(execution: dict[str, Any], event_type: str, event: dict[str, Any]) -> None:
    history.add_event(execution, event_type, event)
    states._emit_execution_status_event(execution)
    states_run.tell_end(execution["executionArn"])
