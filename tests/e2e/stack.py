"""The stack, deployed once for the whole session onto the local AWS, with default settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests import deployment


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its outputs by name, and clients of the AWS that holds it."""

    outputs: dict[str, str]
    client: Callable[..., Any]
    endpoint_url: str


@pytest.fixture(scope="session")
def deployed(local_aws) -> Deployed:
    """The default deployment."""
    assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
    outputs = deployment.deploy(assembly, local_aws.client)
    return Deployed(outputs, local_aws.client, local_aws.endpoint_url)
