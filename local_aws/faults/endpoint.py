"""The control endpoint of the fault plans: PUT, GET and DELETE /_local_aws/faults.

It lies before ministack and is not part of AWS: whoever reaches the server, which listens on the
loopback address alone, may use it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from local_aws.faults.plan import InvalidPlan, parse
from local_aws.faults.store import FaultStore

PATH = "/_local_aws/faults"
LARGEST_PLAN = 1_000_000
"""Bytes."""

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def with_faults(application: Application, faults: FaultStore) -> Application:
    """Return the ASGI application with the control endpoint in front."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await application(scope, receive, send)
            return
        body = await _body(receive)
        status, document = handle(scope["method"], scope["query_string"].decode(), body, faults)
        content = json.dumps(document, indent=2).encode() + b"\n"
        headers = [(b"content-type", b"application/json"), (b"allow", b"GET, PUT, DELETE")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return answer


def handle(method: str, query: str, body: bytes, faults: FaultStore) -> tuple[int, dict[str, Any]]:
    """Return the status and the document that answer one request.

    Args:
        method: `PUT` a plan, `GET` all plans, `DELETE` one plan or all.
        query: `job_name` is the pattern of the plan to delete.
        body: The plan as JSON.
        faults: Where plans are kept.
    """
    if method == "PUT":
        return _put(body, faults)
    if method == "DELETE":
        return _delete(query, faults)
    if method == "GET":
        return 200, {"plans": faults.to_json()}
    return 405, {"message": f"{PATH} takes PUT, GET and DELETE; got {method}."}


def _put(body: bytes, faults: FaultStore) -> tuple[int, dict[str, Any]]:
    if len(body) > LARGEST_PLAN:
        return 400, {"message": f"plan: at most {LARGEST_PLAN} bytes; got more."}
    try:
        faults.put(parse(body))
    except InvalidPlan as error:
        return 400, {"message": str(error)}
    return 200, {"plans": faults.to_json()}


def _delete(query: str, faults: FaultStore) -> tuple[int, dict[str, Any]]:
    given = parse_qs(query, keep_blank_values=True)
    unknown = sorted(set(given) - {"job_name"})
    if unknown:
        return 400, {"message": f"{unknown[0]}: unknown; DELETE takes job_name or nothing."}
    if not given:
        faults.clear()
    for job_name in given.get("job_name", []):
        if not faults.remove(job_name):
            return 404, {"message": f"job_name: there is no plan for {job_name!r}."}
    return 200, {"plans": faults.to_json()}


async def _body(receive: Receive) -> bytes:
    """Return the request's body; of one that is too large, no more than shows it."""
    body, more = b"", True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        if len(body) <= LARGEST_PLAN:
            body += message.get("body", b"")
    return body
