"""The event of EventBridge that tells each change of an execution's status.

ministack's names neither the version nor the alias that was started, counts no redrive, and leaves
out the error of an execution that was stopped.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import json
import logging
from datetime import datetime
from typing import Any

from ministack.services import eventbridge

from local_aws.corrections.states.api.executions import describe_execution

_logger = logging.getLogger("states")
_LARGEST = 248 * 1024
"""Bytes of an input or output that the event still includes."""

_MEMBERS = (
    "executionArn",
    "stateMachineArn",
    "name",
    "status",
    "startDate",
    "stopDate",
    "input",
    "inputDetails",
    "output",
    "outputDetails",
    "stateMachineVersionArn",
    "stateMachineAliasArn",
    "redriveCount",
    "redriveDate",
    "redriveStatus",
    "redriveStatusReason",
    "error",
    "cause",
)
"""Members of the detail; null without a value."""


def emit(execution: dict[str, Any]) -> None:
    """Publish "Step Functions Execution Status Change"; like AWS, by best effort."""
    if execution.get("sync"):  # of an express workflow, which emits none
        return
    arn = execution["executionArn"]
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(_detail(json.loads(describe_execution({"executionArn": arn})[2]))),
        "Resources": [arn],
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        _logger.warning("The status of %s was not published", arn, exc_info=True)


def _detail(description: dict[str, Any]) -> dict[str, Any]:
    detail: dict[str, Any] = {name: description.get(name) for name in _MEMBERS}
    for name in ("startDate", "stopDate", "redriveDate"):
        if detail[name] is not None:
            detail[name] = int(datetime.fromisoformat(detail[name]).timestamp() * 1000)
    for name in ("input", "output"):
        if detail[name] is not None and len(json.dumps(detail[name])) > _LARGEST:
            detail |= {name: None, f"{name}Details": {"included": False}}
    return detail
