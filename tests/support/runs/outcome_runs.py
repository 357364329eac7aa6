"""Runs of many tests at once: each test is about one run, and all of them are started together."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.runs.deployed_runs import Run, Stage
from training_job.failure import Failure

AT_ONCE = 2


def row(*faults: dict[str, Any], act: Callable[..., Any] | None = None, **given: Any) -> Any:
    """The run a test is about: its fault plan, what is done during it, its arguments."""
    return pytest.mark.parametrize("run", [(faults, act, given)], indirect=True, ids=[""])


def fault(kind: str, **fields: Any) -> dict[str, Any]:
    """One fault of a plan."""
    return {"fault": kind, **fields}


def started(request: pytest.FixtureRequest, stage: Stage) -> Iterator[dict[str, Future[Run]]]:
    """Start the runs of the module's selected tests; yields them by the id of their test."""

    def go(faults: Any, act: Callable[..., Run] | None, given: Any) -> Run:
        run = act(stage, faults, given) if act else stage.start(given, faults)
        run.end()
        stage.forget(run)
        return run

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
