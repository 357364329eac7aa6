"""Many executions that share a quota of instances: how many trained at once, who came through."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.support.runs.deployed_runs import Run, Stage

PATIENCE_SECONDS = 900


@dataclass
class Shared:
    """What came of executions that shared a quota.

    Attributes:
        succeeded: How many executions did.
        jobs: Training jobs that were made.
        doubled: Executions with another number of jobs than one.
        at_once: Most jobs that ran at a time.
        waits: Of all executions.
        most_waits: Of one.
        most_events: In the history of one.
        causes: Of the executions that failed.
    """

    succeeded: int
    jobs: int
    doubled: int
    at_once: int
    waits: int
    most_waits: int
    most_events: int
    causes: list[str]


def share_a_quota(stage: Stage, *, executions: int, instances: int, **given: Any) -> Shared:
    """Start the executions together, under a quota of so many instances, and await them all."""
    stage.warm_up(4)
    stage.plan("*", [{"fault": "limit_instances", "instances": instances}])
    runs = [stage.start({"capacity_wait": 432_000, **given}) for _ in range(executions)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run: run.end(PATIENCE_SECONDS), runs))
    stage.plan("*", [])
    jobs = [run.jobs() for run in runs]
    waited = [waits(run) for run in runs]
    return Shared(
        succeeded=sum(run.status == "SUCCEEDED" for run in runs),
        jobs=sum(map(len, jobs)),
        doubled=sum(len(each) != 1 for each in jobs),
        at_once=most_at_once([job for each in jobs for job in each]),
        waits=sum(waited),
        most_waits=max(waited),
        most_events=max(len(run.events()) for run in runs),
        causes=[str(run.cause) for run in runs if run.status != "SUCCEEDED"],
    )


def waits(run: Run) -> int:
    """How often an execution has waited for capacity, by its last verdict."""
    exits = [
        event["stateExitedEventDetails"]
        for event in run.events()
        if "stateExitedEventDetails" in event
    ]
    verdicts = [json.loads(each["output"]) for each in exits if each["name"] == "JudgeAttempt"]
    return int(verdicts[-1]["progress"]["waits"]["times"]) if verdicts else 0


def most_at_once(jobs: Sequence[dict[str, Any]]) -> int:
    """Return the most of these jobs, by their descriptions, that ran at a time."""
    begun = [(job["CreationTime"], 1) for job in jobs]
    ended = [(job["SecondaryStatusTransitions"][-1]["EndTime"], -1) for job in jobs]
    most = now = 0
    for _, change in sorted([*begun, *ended]):
        now += change
        most = max(most, now)
    return most
