"""StartExecution, StopExecution and DescribeExecution, as their API reference says.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import contextvars
import copy
import json
import re
import threading
from typing import Any

from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
    now_iso,
)
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import finish as states_finish
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.flow import walk as states_walk

Response = tuple[int, dict[str, str], bytes]

_FORBIDDEN_IN_NAMES = re.compile(
    r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]"
)
_MAXIMUM_NAME = 80


def start_execution(data: dict[str, Any]) -> Response:
    """Start an execution, or answer again for one that was started the same way.

    ministack refuses every name already used, and accepts any input and any name.
    """
    requested = data.get("stateMachineArn", "")
    machine_arn = states._resolve_state_machine_arn(requested)
    if machine_arn is None:
        return _error("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{requested}'")
    name = new_uuid() if data.get("name") is None else data["name"]
    given = data.get("input", "{}")
    refusal = _check_name(name) or _check_input(given)
    if refusal is not None:
        return refusal
    machine = states._state_machines[machine_arn]
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{name}"
    existing = states._executions.get(arn)
    if existing is not None:
        return _again(existing, given)
    execution = _new_execution(arn, name, given, requested, machine)
    states._executions[arn] = execution
    states._emit_execution_status_event(execution)
    launch(arn)
    return _answer({"executionArn": arn, "startDate": execution["startDate"]})


def launch(execution_arn: str) -> None:
    """Walk an execution on a thread of its own, under the caller's account and region."""
    states_walk.prepare(states._executions[execution_arn])
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(states._run_execution, execution_arn), daemon=True
    ).start()


def stop_execution(data: dict[str, Any]) -> Response:
    """End an execution with ABORTED, together with whatever it waits for.

    ministack sets the status and lets the task run on; AWS makes a best-effort attempt to cancel.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
    """
    execution = states._executions.get(data.get("executionArn"))
    if execution is None:
        return _no_execution(data)
    if execution["status"] not in ("RUNNING", "ABORTED"):
        return _error("ValidationException", "Execution is not running")
    states_finish.abort(execution, data.get("error"), data.get("cause"))
    return _answer({"stopDate": execution["stopDate"]})


def describe_execution(data: dict[str, Any]) -> Response:
    """Describe what an execution is and became.

    ministack reports the error of a failed execution as its output, and knows neither redrives nor
    which version or alias was started.
    """
    execution = states._executions.get(data.get("executionArn"))
    if execution is None:
        return _no_execution(data)
    known = (
        "executionArn stateMachineArn name status startDate stopDate input inputDetails error "
        "cause mapRunArn redriveCount redriveDate stateMachineVersionArn stateMachineAliasArn"
    )
    answer = {key: execution[key] for key in known.split() if execution.get(key) is not None}
    if execution["status"] == "SUCCEEDED":
        answer["output"] = execution["output"]
        answer["outputDetails"] = {"included": True}
    answer.setdefault("redriveCount", 0)
    reason = not_redrivable_reason(execution)
    answer["redriveStatus"] = "NOT_REDRIVABLE" if reason else "REDRIVABLE"
    if reason:
        answer["redriveStatusReason"] = reason
    return _answer(answer)


def not_redrivable_reason(execution: dict[str, Any]) -> str | None:
    """Return why an execution cannot be redriven; None when it can."""
    if execution["status"] in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution['status']} and cannot be redriven"
    if len(execution["events"]) >= 24_999:
        return "Execution history event limit exceeded"
    return None


def _again(existing: dict[str, Any], given: str) -> Response:
    """Answer a start under a used name: as the first time for the same start, while it runs."""
    if existing["status"] == "RUNNING" and existing["input"] == given:
        return _answer(
            {"executionArn": existing["executionArn"], "startDate": existing["startDate"]}
        )
    return _error(
        "ExecutionAlreadyExists", f"Execution Already Exists: '{existing['executionArn']}'"
    )


def _check_name(name: Any) -> Response | None:
    if isinstance(name, str) and 1 <= len(name) <= _MAXIMUM_NAME:
        if _FORBIDDEN_IN_NAMES.search(name) is None:
            return None
        return _error("InvalidName", f"Invalid Name: '{name}'")
    return _error(
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
        f"Member must have length between 1 and {_MAXIMUM_NAME}",
    )


def _check_input(given: Any) -> Response | None:
    if len(str(given).encode()) > states_errors.MAXIMUM_BYTES:
        return _error(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member "
            f"must have length less than or equal to {states_errors.MAXIMUM_BYTES}",
        )
    try:
        json.loads(given)
    except (TypeError, ValueError) as error:
        return _error("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'")
    return None


def _new_execution(
    arn: str, name: str, given: str, requested: str, machine: dict[str, Any]
) -> dict[str, Any]:
    """Return the record of a new execution, pinned to the definition and role it was started with.

    A version or an alias runs the version's definition, also after the machine was updated.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
    """
    version_arn = states._execution_version_arn(requested)
    pinned = states._state_machine_versions.get(version_arn) or machine
    alias_arn = requested if requested in states._state_machine_aliases else None
    started = {
        "input": given,
        "inputDetails": history.NOT_TRUNCATED,
        "roleArn": pinned["roleArn"],
        **({"stateMachineVersionArn": version_arn} if version_arn else {}),
        **({"stateMachineAliasArn": alias_arn} if alias_arn else {}),
    }
    now = now_iso()
    event = {
        "id": 1,
        "previousEventId": 0,
        "type": "ExecutionStarted",
        "timestamp": now,
        "executionStartedEventDetails": started,
    }
    return {
        "executionArn": arn,
        "stateMachineArn": machine["stateMachineArn"],
        "stateMachineVersionArn": version_arn,
        "stateMachineAliasArn": alias_arn,
        "name": name,
        "status": "RUNNING",
        "startDate": now,
        "stopDate": None,
        "input": given,
        "inputDetails": {"included": True},
        "output": None,
        "redriveCount": 0,
        "pinned": {key: pinned[key] for key in ("definition", "roleArn")},
        "encryptionConfiguration": copy.deepcopy(pinned.get("encryptionConfiguration")),
        "events": [event],
    }


def _no_execution(data: dict[str, Any]) -> Response:
    return _error(
        "ExecutionDoesNotExist", f"Execution Does Not Exist: '{data.get('executionArn')}'"
    )


def _answer(body: dict[str, Any]) -> Response:
    status, headers, content = json_response(body)
    return status, headers, content


def _error(code: str, message: str) -> Response:
    status, headers, content = error_response_json(code, message, 400)
    return status, headers, content
