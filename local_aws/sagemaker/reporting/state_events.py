"""EventBridge events for changes of a training job's status.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

import contextvars
import json
import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any

from ministack.services import eventbridge

from local_aws.sagemaker.wire import to_event

_log = logging.getLogger(__name__)

DETAIL_TYPE = "SageMaker Training Job State Change"
"""`detail-type` of the events."""


class StateEvents:
    """Publishes events in order, from one thread: a slow target holds up no request."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[contextvars.Context, dict[str, Any]]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._run, name="sagemaker-events", daemon=True).start()

    def publish(self, description: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Publish a job's status as it is described, under the caller's account and region."""
        detail = to_event({**description, "Tags": dict(tags)})
        entry = {
            "Source": "aws.sagemaker",
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
            "Resources": [description["TrainingJobArn"]],
        }
        self._queue.put((contextvars.copy_context(), {"Entries": [entry]}))

    def _run(self) -> None:
        while True:
            context, entries = self._queue.get()
            try:
                context.run(eventbridge._put_events, entries, allow_aws_source=True)
            except Exception:  # a broken rule of the user's must not end all later events
                _log.exception("training job event could not be published")
