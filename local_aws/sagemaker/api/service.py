"""SageMaker over HTTP, as one more service in ministack's tables."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response

from local_aws.sagemaker.api import operations as api
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.platform import Platform
from local_aws.sagemaker.wire import to_json

_CONTENT_TYPE = "application/x-amz-json-1.1"
_NAME = "sagemaker"


def install(platform: Platform) -> None:
    """Register the service, before ministack serves its first request."""
    api.configure(platform)
    this = sys.modules[__name__]
    sys.modules["ministack.services.sagemaker"] = this
    app._loaded_modules[_NAME] = this
    app.SERVICE_REGISTRY[_NAME] = {"module": _NAME}
    app.SERVICE_HANDLERS[_NAME] = handle_request
    router.SERVICE_PATTERNS[_NAME] = {
        "host_patterns": [r"api\.sagemaker\."],
        "target_prefixes": ["SageMaker.", "LocalAws."],
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_NAME] = _NAME


async def handle_request(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """Answer one HTTP request (the interface of a ministack service)."""
    del method, path, query
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        params = json.loads(body or b"{}")
        # A fault plan may make it slow, which must not hold up other requests.
        document = await asyncio.to_thread(api.handle, operation, params)
    except ValueError as error:
        return _error(SageMakerError("SerializationException", f"Not a JSON document: {error}"))
    except SageMakerError as error:
        return _error(error)
    answer: tuple[int, dict[str, str], bytes] = json_response(
        to_json(document), content_type=_CONTENT_TYPE
    )
    return answer


def reset() -> None:
    """Forget everything (ministack calls this for `POST /_ministack/reset`)."""
    api.reset()


def get_state() -> None:
    """Return nothing to persist: training jobs do not outlive their server."""


def _error(error: SageMakerError) -> tuple[int, dict[str, str], bytes]:
    answer: tuple[int, dict[str, str], bytes] = error_response_json(
        error.code, error.message, error.http_status, content_type=_CONTENT_TYPE
    )
    return answer
