"""The local AWS, for every end-to-end test."""

import signal
from collections.abc import Iterator

import pytest

from tests.support.deploying.local_aws_process import LocalAws, start_local_aws

# A shell starts what runs in its background with SIGINT ignored, and what that starts inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One server for the whole session; a job that is stopped gets 2 s to end by itself."""
    server = start_local_aws("--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()
