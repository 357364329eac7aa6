"""Runs that are started together; each test looks at its own."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.support.runs.deployed_runs import Run, Stage
from tests.support.runs.outcome_runs import check_ended, started


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, stage: Stage) -> Iterator[dict[str, Future[Run]]]:
    """The runs of the module's tests, on the module's own `stage`."""
    yield from started(request, stage)


@pytest.fixture
def run(request: pytest.FixtureRequest, runs: dict[str, Future[Run]]) -> Run:
    """The ended run of this test; nothing of it is left running, and a failure is well formed."""
    return check_ended(runs[request.node.nodeid].result())
