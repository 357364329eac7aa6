"""The stack, deployed once for the whole session onto the local AWS, with default settings."""

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
    assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
    outputs = deployment.deploy(assembly, local_aws.client)
    return Deployed(outputs, local_aws.client, local_aws.endpoint_url)
