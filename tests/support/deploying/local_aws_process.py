"""The local AWS as a process: start it, make clients of it, stop it."""

import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

READY_SECONDS = 30  # generous: 0.5 s on an idle machine


@dataclass
class LocalAws:
    """A running local AWS: where it answers, and clients of it."""

    process: subprocess.Popen[str]
    endpoint_url: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: Any, **credentials: str) -> Any:
        """A boto3 client; of the root user unless credentials are given."""
        key = f"{service} {credentials}"
        if key not in self._clients:
            keys: Any = credentials or {
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
            }
            self._clients[key] = boto3.client(
                service,
                region_name="us-east-1",
                endpoint_url=self.endpoint_url,
                config=Config(proxies={}, max_pool_connections=30),
                **keys,
            )
        return self._clients[key]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server with a signal; returns its exit code."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            assert self.process.stdout
            self.process.stdout.close()


def start_local_aws(*arguments: str, **environment: str) -> LocalAws:
    """Start a server on a free port, with more in its environment, and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "AWS_ENDPOINT_URL": "http://stray.invalid", **environment},
    )
    assert process.stdout
    readable, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    line = process.stdout.readline() if readable else ""
    if not line.startswith("ready "):
        process.kill()
        process.stdout.close()
        pytest.fail(f"the local AWS did not start: {line!r}")
    return LocalAws(process, line.split()[1])
