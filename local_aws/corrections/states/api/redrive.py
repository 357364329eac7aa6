"""RedriveExecution, which ministack lacks.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html. The history shows the
state entered again; whether AWS records that for every kind of state is not documented.
"""

import copy
import json
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as states

from local_aws.corrections.states.api import executions as states_execution
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.flow.walk import RESUME

Response = tuple[int, dict[str, str], bytes]


def redrive_execution(data: dict[str, Any]) -> Response:
    """Continue an execution that failed, was stopped or timed out, from the state it was in.

    It keeps its ARN, its definition, and that state's input and variables; retry counts and the
    execution's own timeout start anew. A task is started again, with its arguments evaluated anew;
    a Fail state is entered again, and fails again; of a Map state only the iterations that failed
    or were aborted go on, each from the state it was in.
    """
    execution = states._executions.get(data.get("executionArn"))
    if execution is None:
        message = f"Execution Does Not Exist: '{data.get('executionArn')}'"
        return _answer(error_response_json("ExecutionDoesNotExist", message, 400))
    repeated = data.get("clientToken")
    if repeated is not None and repeated == execution.get("redriveToken"):
        return _answer(json_response({"redriveDate": execution["redriveDate"]}))
    reason = states_execution.not_redrivable_reason(execution)
    if reason is not None:
        return _answer(error_response_json("ExecutionNotRedrivable", reason, 400))
    _reopen(execution, repeated)
    states_execution.launch(execution["executionArn"])
    return _answer(json_response({"redriveDate": execution["redriveDate"]}))


def _reopen(execution: dict[str, Any], token: str | None) -> None:
    for key in ("error", "cause"):
        execution.pop(key, None)
    execution.update(
        status="RUNNING",
        stopDate=None,
        redriveCount=execution.get("redriveCount", 0) + 1,
        redriveDate=now_iso(),
        redriveToken=token,
        # The old walk may take a moment to notice its end: it keeps the position it has.
        **{RESUME: copy.deepcopy(execution[RESUME])},
    )
    history.chain_from(0)
    details = {"redriveCount": execution["redriveCount"]}
    history.add_event(execution, "ExecutionRedriven", {"executionRedrivenEventDetails": details})
    states._emit_execution_status_event(execution)


def with_redrive(original: Any) -> Any:
    """Wrap the entry point of the service, so that it also knows RedriveExecution."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: Any, query_params: Any
    ) -> Response:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return _answer(states._finalize_response(redrive_execution(json.loads(body))))
        return _answer(await original(method, path, headers, body, query_params))

    return handle_request


def _answer(response: Any) -> Response:
    status, headers, content = response
    return status, headers, content
