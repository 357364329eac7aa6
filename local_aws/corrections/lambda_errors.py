"""Errors of Lambda functions, as the Python runtime reports them.

ministack calls every exception Runtime.HandlerError, so that no Catch or Retry on a function's own
error can work. On AWS the error is the exception's class, and the cause its whole report.
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import re
from collections.abc import Callable
from typing import Any

_FRAME = re.compile(r"^(?=  File )", re.MULTILINE)
_BEGIN = "Traceback (most recent call last):\n"


def corrected(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Wrap the warm executor, so that a failed invocation reports what was raised."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result = original(func, event, request_id)
        body = result.get("body")
        if not result.get("error") or not isinstance(body, dict):
            return result
        return {**result, "body": report(body, result.get("log") or "", request_id)}

    return execute


def report(body: dict[str, Any], log: str, request_id: str) -> dict[str, Any]:
    """Return the error payload of an invocation, completed from the traceback that ends its log.

    Args:
        body: Ministack's errorMessage and errorType.
        log: What the invocation wrote, with the traceback of an exception last.
        request_id: The invocation's id.
    """
    message = str(body.get("errorMessage", ""))
    if message == "Worker process died":
        gone = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return {"errorMessage": gone, "errorType": "Runtime.ExitError"}
    _, found, trace = log.rpartition(_BEGIN)
    last = trace.rstrip()
    ending = f": {message}".rstrip() if message else ""
    if body.get("errorType") != "Runtime.HandlerError" or not found or not last.endswith(ending):
        return body
    frames, _, qualified = last.removesuffix(ending).rpartition("\n")
    return {
        "errorMessage": message,
        "errorType": qualified.rpartition(".")[2],
        "requestId": request_id,
        # The first frame is ministack's own.
        "stackTrace": [frame for frame in _FRAME.split(f"{frames}\n") if frame][1:],
    }
