"""A local AWS of its own for measurements, bare or with the stack deployed onto it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage


@dataclass(frozen=True)
class LocalAws:
    """A local AWS of its own.

    Attributes:
        client: Makes a boto3 client of a service.
        endpoint_url: Where it answers.
        process_id: Of the server.
    """

    client: Callable[[str], Any]
    endpoint_url: str
    process_id: int

    def status(self, row: str) -> int:
        """Return a figure of the server that the kernel keeps, such as `VmHWM` (in KB)."""
        lines = Path(f"/proc/{self.process_id}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(row)).split()[1])


@contextmanager
def local_aws(wait_scale: float = 1) -> Iterator[LocalAws]:
    """Start a local AWS, and stop it in the end.

    Args:
        wait_scale: What the waits of state machines are multiplied by.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--port", "0", "--stop-grace", "2"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SFN_WAIT_SCALE": str(wait_scale)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("ready "):
            raise SystemExit(f"the local AWS did not start: {line!r}")
        client = partial(
            boto3.Session().client,
            region_name="us-east-1",
            endpoint_url=line.split()[1],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, max_pool_connections=50),
        )
        yield LocalAws(client, line.split()[1], process.pid)
    finally:
        process.terminate()
        process.wait(120)  # many Lambda workers end one after the other


@contextmanager
def deployed_stage(wait_scale: float) -> Iterator[Stage]:
    """Start a local AWS, deploy the stack, and stop everything in the end.

    Args:
        wait_scale: What the waits of state machines are multiplied by.
    """
    services = ("cloudformation", "s3", "ssm", "sts", "stepfunctions", "sagemaker")
    with local_aws(wait_scale) as server:
        clients = {service: server.client(service) for service in services}
        assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
        outputs = deployment.deploy(assembly, clients.__getitem__)
        yield Stage(clients.__getitem__, server.endpoint_url, outputs)
