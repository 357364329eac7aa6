"""The local AWS, for every end-to-end test."""

from collections.abc import Iterator

import pytest

from tests.support.deploying.local_aws_process import LocalAws, start_local_aws
from tests.support.deploying.stack import Deployed
from tests.support.step.kfp_pods import Cluster


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One server for the whole session; a job that is stopped gets 2 s to end by itself."""
    server = start_local_aws("--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Makes tasks, whose pods are processes, for the deployed stack."""
    return Cluster(deployed, tmp_path_factory.mktemp("tasks"))
