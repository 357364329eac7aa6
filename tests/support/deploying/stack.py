"""Servers with the default deployment, one of each for the whole session."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.deploying import deployment
from tests.support.deploying.local_aws_process import LocalAws, start_local_aws


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its outputs by name, and clients of the AWS that holds it."""

    outputs: dict[str, str]
    client: Callable[..., Any]
    endpoint_url: str


@pytest.fixture(scope="session")
def enforcing_aws() -> Iterator[LocalAws]:
    """A server that checks permissions, and does not wait before a retry."""
    server = start_local_aws("--iam", "--stop-grace", "2", SFN_WAIT_SCALE="0")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def deployed(local_aws: LocalAws) -> Deployed:
    """The default deployment."""
    return _deployed(local_aws)


@pytest.fixture(scope="session")
def scaled() -> Iterator[Deployed]:
    """The default deployment where permissions are enforced and waits take milliseconds."""
    server = start_local_aws("--iam", "--stop-grace", "2", SFN_WAIT_SCALE="0.003")
    try:
        yield _deployed(server)
    finally:
        server.stop()


def _deployed(server: LocalAws) -> Deployed:
    assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
    outputs = deployment.deploy(assembly, server.client)
    return Deployed(outputs, server.client, server.endpoint_url)
