"""Runs of many tests at once: each test is about one run, and all of them are started together."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.deploying.local_aws_process import LocalAws, start_local_aws
from tests.support.runs.deployed_runs import Run
from training_job.failure import Failure

AT_ONCE = 4
WAIT_SCALE = "0.003"


@contextmanager
def scaled_local_aws() -> Iterator[LocalAws]:
    """A server that enforces permissions and whose state machines wait milliseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFN_WAIT_SCALE", WAIT_SCALE)
        server = start_local_aws("--iam", "--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


def row(*faults: dict[str, Any], act: Callable[..., Any] | None = None, **given: Any) -> Any:
    """The run a test is about: its fault plan, what is done during it, its arguments."""
    return pytest.mark.parametrize("run", [(faults, act, given)], indirect=True, ids=[""])


def fault(kind: str, **fields: Any) -> dict[str, Any]:
    """One fault of a plan."""
    return {"fault": kind, **fields}


def started(
    request: pytest.FixtureRequest, go: Callable[..., Run]
) -> Iterator[dict[str, Future[Run]]]:
    """Start the runs of the module's selected tests; yields them by the id of their test."""
    selected = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and "run" in item.fixturenames
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {item.nodeid: pool.submit(go, *run_of(item)) for item in selected}
        yield runs
        for run in runs.values():
            run.cancel()


def run_of(test: pytest.Function) -> Any:
    """What `row` gave a test: its faults, what is done during the run, its arguments."""
    return test.callspec.params["run"]


def check_ended(run: Run) -> Run:
    """Check that nothing of an ended run is left running, and that a failure is well formed."""
    assert run.running() == []
    if run.status == "FAILED":
        assert Failure(run.error)
        assert next(iter(run.cause)) == "message"
    return run


def calls(run: Run) -> int:
    return run.entered.count("CreateTrainingJob")


def failed(run: Run, failure: str, *, jobs: int) -> str:
    """Check that a run failed so, having created so many jobs; return its message."""
    assert (run.status, run.error) == ("FAILED", failure), run.cause
    assert len(run.jobs()) == jobs
    assert _names(run.cause.get("attempts", [])) == _created(run)
    return str(run.cause["message"])


def succeeded(run: Run, *, jobs: int = 1) -> dict[str, Any]:
    """Check that a run succeeded, having created so many jobs; return its output."""
    assert run.status == "SUCCEEDED", run.cause
    last = run.jobs()[-1]
    assert len(run.jobs()) == jobs
    assert run.output["job_name"] == last["TrainingJobName"]
    assert run.output["model_artifact_url"] == last["ModelArtifacts"]["S3ModelArtifacts"]
    assert _names(run.output["attempts"]) == _created(run)
    return run.output


def _names(attempts: list[dict[str, str]]) -> list[str]:
    return [attempt["job_name"] for attempt in attempts]


def _created(run: Run) -> list[str]:
    return [job["TrainingJobName"] for job in run.jobs()]
