"""An AWS of one execution and its training job, on loopback, that notes when each call came."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_SCHEDULED = {
    "id": 1,
    "type": "TaskScheduled",
    "taskScheduledEventDetails": {
        "resourceType": "sagemaker",
        "resource": "createTrainingJob.sync",
        "parameters": json.dumps({"TrainingJobName": "j"}),
    },
}
_OF_THE_JOB: dict[str, dict[str, Any]] = {
    "GetExecutionHistory": {"events": [_SCHEDULED]},
    "DescribeTrainingJob": {"TrainingJobStatus": "InProgress"},
    "DescribeLogStreams": {"logStreams": [{"logStreamName": "j/algo-1-1"}]},
    "GetLogEvents": {"events": [], "nextForwardToken": "f"},
}


class StubStepFunctions:
    """Answers what the launcher asks: there is one training job, and it writes no lines.

    Args:
        age: How long the execution has been running when the stub begins, in seconds.
        ends_after: For how much longer it runs.
    """

    def __init__(self, age: float, ends_after: float) -> None:
        self.began = time.time()
        self.started_at = self.began - age
        self.ends_at = self.began + ends_after
        self.calls: list[tuple[str, float]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.stub = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def serving(self) -> "Iterator[StubStepFunctions]":
        """Serve within the block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, operation: str, body: Any = None) -> dict[str, Any]:
        """What the service answers to an operation, whatever it asks for."""
        del body
        self.calls.append((operation, time.time()))
        if operation in _OF_THE_JOB:
            return _OF_THE_JOB[operation]
        ended = time.time() >= self.ends_at
        model = {"job_name": "j", "model_artifact_url": "s3://b/k", "training_image": "i"}
        return {
            "executionArn": "arn",
            "startDate": self.started_at,
            "status": "SUCCEEDED" if ended else "RUNNING",
            **({"stopDate": self.ends_at, "output": json.dumps(model)} if ended else {}),
        }

    def first(self, operation: str) -> float:
        """When an operation was called first, in seconds since the epoch."""
        return next(at for name, at in self.calls if name == operation)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        body = json.dumps(self.server.stub.answer(operation, given)).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
