"""A sweep under random faults, each trial with its own: `python -m bench.sweeps.soak`.

200 trials, each a real training job on managed spot that meets a fault plan drawn by a seed. A
tenth of the scripts fail, and some creates are denied, so that the sweep fails with exactly these.
Then it is redriven, with nothing denied any more, and succeeds: all but the scripts that fail.
Exits with 1 unless every trial has exactly the executions and jobs that its faults imply, each
interrupted job resumed from its checkpoint, and nothing is left running.

    python -m bench.sweeps.soak [--trials 200] [--at-once 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench import soak
from bench.soak import Plan
from bench.stage import deployed_stage
from tests.support.runs.sweep_runs import Sweep, SweepStage

FAIL_EACH, DENIED_EACH = 10, 25
_SCALE = 0.05
"""Of waits. Jobs are not scaled: with less, a trial whose task was lost is looked at so often that
the sweep comes to the 25,000 events that a history may have."""
_DENIED = "User: trainer is not authorized to perform: sagemaker:CreateTrainingJob"


def _interrupted(draw: random.Random) -> Plan:
    # Late enough for the script to have written its checkpoint, on a busy machine too.
    after = draw.uniform(12, 18)
    return Plan("spot interruption", [{"fault": "interrupt_spot", "after_seconds": after}], jobs=1)


def _start_throttled(draw: random.Random) -> Plan:
    refused = {"error": "ThrottlingException", "message": "Rate exceeded"}
    times = draw.randint(1, 4)
    return Plan("start throttled", [{"fault": "reject_start", **refused, "times": times}], jobs=1)


def _start_lost(_: random.Random) -> Plan:
    return Plan("answer of the start lost", [{"fault": "lose_execution"}], jobs=1)


def _execution_lost(draw: random.Random) -> Plan:
    lost = {"fault": "lose_execution", "after_seconds": draw.uniform(0.1, 3)}
    return Plan("trial's .sync dropped", [lost], jobs=1)


def _all_of_it(draw: random.Random) -> Plan:
    parts = (_start_throttled, _start_lost, soak._throttled, soak._lost, soak._looks_fail)
    faults = [fault for part in parts for fault in part(draw).faults]
    return Plan("start and create throttled, lost", faults, jobs=1)


_SURVIVED: list[Callable[[random.Random], Plan]] = [
    soak._well,
    soak._throttled,
    soak._lost,
    soak._dropped,
    soak._internal,
    soak._mid_training,
    soak._looks_fail,
    _interrupted,
    _start_throttled,
    _start_lost,
    _execution_lost,
    _all_of_it,
]


def _script(_: random.Random) -> Plan:
    return Plan("script fails", [], jobs=1, error="TrainingJobFailed")


def _denied(_: random.Random) -> Plan:
    denied = {"fault": "reject_create", "error": "AccessDeniedException", "message": _DENIED}
    return Plan("create denied", [denied], jobs=0, error="RequestRejected")


def drawn(trials: int, seed: int) -> dict[int, Plan]:
    """Return the plan of each trial."""
    draw = random.Random(seed)
    plans = {}
    for number in range(1, trials + 1):
        survived = draw.choice(_SURVIVED)(draw)
        fails = (
            _script if number % FAIL_EACH == 0 else _denied if number % DENIED_EACH == 7 else None
        )
        plans[number] = fails(draw) if fails else survived
    return plans


def redriven(plans: Mapping[int, Plan]) -> dict[int, Plan]:
    """Return what the plans imply once the sweep was redriven and nothing is denied."""
    changed: dict[str, dict[str, Any]] = {
        "create denied": {"jobs": 1, "error": None},
        "script fails": {"jobs": 2},
    }
    return {number: replace(plan, **changed.get(plan.kind, {})) for number, plan in plans.items()}


def wrong(
    stage: SweepStage, sweep: Sweep, plans: Mapping[int, Plan], starts: Mapping[int, int]
) -> list[str]:
    """Return what is not as it should be.

    Args:
        stage: For the jobs.
        sweep: One that has ended.
        plans: What each trial has met so far.
        starts: Executions that each trial has to have; 1 where it is left out.
    """
    found = []
    executions, jobs = sweep.trials(), Counter(job.split("-t")[1][:3] for job in sweep.jobs())
    expected = {
        f"{sweep.name}-t{number:03}" + (f"-{start}" if start > 1 else "")
        for number in plans
        for start in range(1, starts.get(number, 1) + 1)
    }
    if set(executions) != expected:
        found.append(f"executions missing or too many: {sorted(set(executions) ^ expected)}")
    for number, plan in plans.items():
        name = f"{sweep.name}-t{number:03}" + (f"-{starts[number]}" if number in starts else "")
        status = "FAILED" if plan.error else "SUCCEEDED"
        if executions.get(name) != status:
            found.append(f"{plan.kind}: {name} is {executions.get(name)}, not {status}")
        if jobs[f"{number:03}"] != plan.jobs:
            found.append(f"{plan.kind}: {jobs[f'{number:03}']} jobs of {name}, not {plan.jobs}")
        if plan.kind == "spot interruption" and not _resumed(stage, f"{sweep.name}-t{number:03}"):
            found.append(f"{name} was not interrupted, or did not resume")
    left = [*sweep.trials("RUNNING"), *sweep.jobs("InProgress"), *sweep.jobs("Stopping")]
    return [*found, *(f"{name} runs on" for name in left)]


def _resumed(stage: SweepStage, job_name: str) -> bool:
    job = stage.client("sagemaker").describe_training_job(TrainingJobName=job_name)
    statuses = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    metrics = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    return "Interrupted" in statuses and metrics.get("resumed") == 1


def wrong_rows(sweep: Sweep, plans: Mapping[int, Plan]) -> list[str]:
    """Return the rows of a sweep's output that do not tell what its trials met."""
    table = sweep.output["trials"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    return [
        f"trial {row}"
        for row, plan in zip(rows, plans.values(), strict=True)
        if row["error"] != (plan.error or "")
        or (not plan.error and row["value"] != 100 + row["trial"])
    ]


def started(stage: SweepStage, plans: Mapping[int, Plan], at_once: int, name: str) -> Sweep:
    """Set the plans in force and start the sweep."""
    _put(stage, name, plans)
    of_kind = {
        kind: ",".join(str(number) for number, plan in plans.items() if plan.kind == kind)
        for kind in ("script fails", "spot interruption")
    }
    return stage.sweep(
        {
            "seeds": len(plans),
            "hyperparameters": {
                "fail_seeds": of_kind["script fails"],
                "interrupted_seeds": of_kind["spot interruption"],
            },
            "metric_definitions": {"reward": "reward: (.*)", "resumed": "resumed: (.*)"},
            "spot_instance": True,
            "max_wait_time": 600,
            "checkpoint_config": {"S3Uri": f"s3://{stage.bucket}/checkpoints/{name}"},
            "fallback_instance_types": ["ml.m5.2xlarge"],
            "max_parallel": at_once,
        },
        name=name,
    )


def _put(stage: SweepStage, name: str, plans: Mapping[int, Plan], *, forget: bool = False) -> None:
    for number, plan in plans.items():
        if plan.faults:
            stage.plan(f"{name}-t{number:03}*", [] if forget else plan.faults)


def counts(sweep: Sweep) -> dict[str, Any]:
    """Return the counts of a sweep that has ended, either way."""
    ended = sweep.describe()
    try:
        return dict(json.loads(ended.get("output") or ended["cause"])["counts"])
    except (KeyError, TypeError, ValueError):
        raise SystemExit(
            f"the sweep ended otherwise: {sweep.error}: {ended.get('cause')}"
        ) from None


def expected_counts(plans: Mapping[int, Plan]) -> dict[str, int]:
    """Return the counts that the plans imply."""
    failed = sum(plan.error is not None for plan in plans.values())
    return {"trials": len(plans), "succeeded": len(plans) - failed, "failed": failed}


def told(title: str, sweep: Sweep, plans: Mapping[int, Plan], found: Sequence[str]) -> None:
    """Print one life of the sweep."""
    jobs, implied = len(sweep.jobs()), sum(plan.jobs for plan in plans.values())
    names = {name.split("-t")[1][:3] for name in sweep.trials()}
    print(f"{title}: {sweep.status}, {counts(sweep)}")
    print(f"    {len(names)} trials in {len(sweep.trials())} executions")
    print(f"    {jobs} training jobs, {implied} implied; {len(sweep.events())} events of history")
    for words in found:
        print(f"WRONG  {words}", file=sys.stderr)


def main() -> int:
    """Run the sweep; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps.soak")
    parser.add_argument("--trials", type=int, default=200, help="how many (200)")
    parser.add_argument("--at-once", type=int, default=10, help="of them at a time (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (1)")
    options = parser.parse_args()
    plans = drawn(options.trials, options.seed)
    for kind, count in sorted(Counter(plan.kind for plan in plans.values()).items()):
        print(f"{kind:34}{count:6}")
    with deployed_stage(wait_scale=_SCALE) as deployed:
        stage = SweepStage(deployed.client, deployed.endpoint_url, deployed.outputs)
        name, began = f"soak{options.seed}", time.monotonic()
        sweep = started(stage, plans, options.at_once, name)
        sweep.reach(lambda: sweep.describe()["status"] != "RUNNING", seconds=3600)
        _put(stage, name, plans, forget=True)
        first = counts(sweep)
        found = wrong(stage, sweep, plans, {})
        if (sweep.error, first) != ("TrialsFailed", expected_counts(plans)):
            found.append(f"ended {sweep.error}: {first}, not {expected_counts(plans)}")
        told("first", sweep, plans, found)
        after = redriven(plans)
        again = {number: 2 for number, plan in plans.items() if plan.error}
        sweep.redrive()
        sweep.reach(lambda: sweep.describe()["status"] != "RUNNING", seconds=3600)
        second = wrong(stage, sweep, after, again)
        if (sweep.status, counts(sweep)) != ("SUCCEEDED", expected_counts(after)):
            second.append(f"ended {sweep.status}: {counts(sweep)}, not {expected_counts(after)}")
        second += wrong_rows(sweep, after) if sweep.status == "SUCCEEDED" else []
        told("redriven", sweep, after, second)
        found += second
    print(f"{time.monotonic() - began:.0f} s in all")
    print("all as planned" if not found else f"{len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
