"""A sweep whose trials share a quota of instances: how many trained at once, who came through."""

from dataclasses import dataclass
from typing import Any

from tests.support.runs.quota import most_at_once
from tests.support.runs.sweep_runs import SweepStage

PATIENCE_SECONDS = 900


@dataclass
class SharedBySweep:
    """What came of a sweep under a quota.

    Attributes:
        counts: Of the sweep's output; of its cause, where it failed.
        executions: Of trials, whatever became of them.
        jobs: Training jobs that were made.
        trained_at_once: Most jobs that ran at a time.
        awaited_at_once: Most trials that the sweep awaited at a time.
        waited: Trials that noted a wait for capacity.
    """

    counts: dict[str, int]
    executions: int
    jobs: int
    trained_at_once: int
    awaited_at_once: int
    waited: int


def sweep_under_a_quota(
    stage: SweepStage, *, trials: int, instances: int, **given: Any
) -> SharedBySweep:
    """Run a sweep of so many trials, all at once, under a quota of so many instances.

    The caller says nothing of `capacity_wait`: a sweep's trials wait for a day by default.
    """
    limit = [{"fault": "limit_instances", "instances": instances}]
    stage.plan("*", limit)
    try:
        sweep = stage.sweep({"seeds": trials, "max_parallel": trials, **given})
        sweep.reach(lambda: sweep.describe()["status"] != "RUNNING", PATIENCE_SECONDS)
    finally:
        stage.plan("*", [])
    sagemaker = stage.client("sagemaker")
    jobs = [sagemaker.describe_training_job(TrainingJobName=name) for name in sweep.jobs()]
    ended = sweep.output if sweep.status == "SUCCEEDED" else sweep.cause
    return SharedBySweep(
        counts=ended["counts"],
        executions=len(sweep.trials()),
        jobs=len(jobs),
        trained_at_once=most_at_once(jobs),
        awaited_at_once=sweep.most_at_once(),
        waited=sum("capacity" in str(each.get("notes")) for each in sweep.outputs()),
    )
