"""Inputs of sweeps for tests, and what their trials come to."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.arguments import CUSTOM_IMAGE
from training_job.attempt import ExecutionContext
from training_sweep import decision as sweep_decision
from training_sweep.guard_rails import SweepGuardRails

SWEEP: dict[str, Any] = CUSTOM_IMAGE | {
    "metric_definitions": {"reward": "reward: (.*)", "loss": "loss: (.*)"},
    "objective_metric": "reward",
}
NAME = "lr-sweep"
ARN = f"arn:aws:states:us-east-1:123456789012:execution:RlSweep:{NAME}"
STARTED_AT = "2026-01-31T10:00:00.123Z"


def execution(redrives: int = 0, name: str = NAME) -> ExecutionContext:
    return ExecutionContext(ARN.removesuffix(NAME) + name, STARTED_AT, redrives)


def carried(value: Mapping[str, Any]) -> Any:
    """Return a value as a state gets it: JSON, of which JSONata would drop a field that is null."""
    assert None not in value.values()
    return json.loads(json.dumps(value, allow_nan=False))


def decide(
    given: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]] = (),
    redrives: int = 0,
    **rails: Any,
) -> Any:
    decision = sweep_decision.decide(
        given,
        records=list(records),
        execution=execution(redrives),
        guard_rails=SweepGuardRails(**rails),
    )
    return carried(decision.to_json())


def start(
    given: Mapping[str, Any], trial: int, start: int = 1, name: str = NAME, **rails: Any
) -> Any:
    found = sweep_decision.trial_start(
        given,
        trial=trial,
        start=start,
        execution=execution(name=name),
        guard_rails=SweepGuardRails(**rails),
    )
    return carried(found)


def success(
    trial: int, value: float | None, start: int = 1, redrives: int = 0, **noted: Any
) -> dict[str, Any]:
    job = f"job-t{trial:03}"
    record: dict[str, Any] = {"trial": trial, "start": start, "redrives": redrives, "job": job}
    record |= {"model": f"/{job}/output/model.tar.gz"}
    return record | {"value": value, "training": 60, "billable": 20} | noted


def failure(
    trial: int, error: str = "TrainingJobFailed", start: int = 1, redrives: int = 0, **noted: Any
) -> dict[str, Any]:
    job = f"job-t{trial:03}"
    message = f"Training job {job} failed: AlgorithmError: the script ended with exit code 1."
    record: dict[str, Any] = {"trial": trial, "start": start, "redrives": redrives, "job": job}
    return record | {"error": error, "message": message} | noted
