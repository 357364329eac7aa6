"""The stack, deployed onto a local AWS of its own, for measurements."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import boto3
from botocore.config import Config

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage


@contextmanager
def deployed_stage(wait_scale: float) -> Iterator[Stage]:
    """Start a local AWS, deploy the stack, and stop everything in the end.

    Args:
        wait_scale: what the waits of state machines are multiplied by.
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
        clients = {
            service: client(service)
            for service in ("cloudformation", "s3", "ssm", "sts", "stepfunctions", "sagemaker")
        }
        assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
        outputs = deployment.deploy(assembly, clients.__getitem__)
        yield Stage(clients.__getitem__, line.split()[1], outputs)
    finally:
        process.terminate()
        process.wait(30)
