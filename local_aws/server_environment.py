"""The environment ministack reads while it is imported."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from local_aws.sagemaker.job.process_marks import SERVER_MARK

_REMOVED = (
    "AWS_",
    "MINISTACK_",
    "LOCALSTACK_",
    "S3_",
    "PERSIST",
    "SERVICES",
    "EDGE_PORT",
    "USE_SSL",
)

REGION = "us-east-1"
"""Region of requests that name none."""

ROOT_KEY = "test"
"""Access key and secret key of the account's root user."""


def prepare(
    environment: MutableMapping[str, str], *, port: int, state_dir: Path, server: str, iam: bool
) -> None:
    """Set what ministack reads, and remove what would lead it or its Lambda workers astray.

    A stray `AWS_ENDPOINT_URL` or profile would send Lambda functions to the real AWS; a Docker
    host would make ministack look for containers to remove.
    """
    for name in [name for name in environment if name.startswith(_REMOVED)]:
        del environment[name]
    temporary = state_dir / "tmp"
    temporary.mkdir(exist_ok=True)
    environment.update(_settings(port=port, state_dir=state_dir, iam=iam))
    environment.update({"TMPDIR": str(temporary), SERVER_MARK: server})
    tempfile.tempdir = None  # forget the answer given before TMPDIR was set


def _settings(*, port: int, state_dir: Path, iam: bool) -> Mapping[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "AUTH": "true" if iam else "false",
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{state_dir}/no-docker.sock",
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
