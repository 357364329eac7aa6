"""A sweep under random faults, each trial with its own: `python -m bench.sweeps.soak`.

200 trials, each a real training job that meets a fault plan drawn by a seed (bench/soak.py); a
tenth of the scripts fail. Exits with 1 unless the sweep succeeds with exactly the others, every
trial has one execution, and nothing is doubled or left running.

    python -m bench.sweeps.soak [--trials 200] [--at-once 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from bench import soak
from bench.stage import deployed_stage
from tests.support.runs.sweep_runs import Sweep, SweepStage

FAIL_EACH = 10
_KINDS = [
    soak._well,
    soak._throttled,
    soak._lost,
    soak._dropped,
    soak._internal,
    soak._mid_training,
    soak._looks_fail,
    soak._everything,
]
"""Faults that a training survives; a spot interruption is one in mid-training."""


def wrong(sweep: Sweep, plans: list[soak.Plan]) -> list[str]:
    """Return what is not as it should be."""
    trials = len(plans)
    if sweep.end()["status"] != "SUCCEEDED":
        return [f"ended {sweep.status} {sweep.error}: {sweep.cause['message']}"]
    failed = trials // FAIL_EACH
    found = []
    counts = {"trials": trials, "succeeded": trials - failed, "failed": failed}
    if sweep.output["counts"] != counts:
        found.append(f"counts {sweep.output['counts']}, not {counts}")
    table = sweep.output["trials"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    for row in rows:
        fails = row["trial"] % FAIL_EACH == 0
        if bool(row["error"]) != fails or (not fails and row["value"] != 100 + row["trial"]):
            found.append(f"trial {row}")
    names = {f"{sweep.name}-t{number:03}" for number in range(1, trials + 1)}
    if set(sweep.trials()) != names:
        found.append(f"{len(sweep.trials())} executions: {set(sweep.trials()) ^ names}")
    jobs = Counter(job.split("-t")[1][:3] for job in sweep.jobs())
    for number, plan in enumerate(plans, start=1):
        if jobs[f"{number:03}"] != plan.jobs:
            found.append(f"{plan.kind}: {jobs[f'{number:03}']} jobs of t{number:03}")
    left = [*sweep.trials("RUNNING"), *sweep.jobs("InProgress"), *sweep.jobs("Stopping")]
    return [*found, *(f"{name} runs on" for name in left)]


def main() -> int:
    """Run the sweep; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps.soak")
    parser.add_argument("--trials", type=int, default=200, help="how many (200)")
    parser.add_argument("--at-once", type=int, default=10, help="of them at a time (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (1)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    plans = [draw.choice(_KINDS)(draw) for _ in range(options.trials)]
    # A script that fails, fails whatever else happens: it meets no fault that takes more jobs.
    for number in range(FAIL_EACH, options.trials + 1, FAIL_EACH):
        plans[number - 1] = soak._well(draw)
    with deployed_stage(wait_scale=0.005) as deployed:
        stage = SweepStage(deployed.client, deployed.endpoint_url, deployed.outputs)
        name, began = f"soak{options.seed}", time.monotonic()
        for number, plan in enumerate(plans, start=1):
            if plan.faults:
                stage.plan(f"*{name}-t{number:03}*", plan.faults)
        failing = range(FAIL_EACH, options.trials + 1, FAIL_EACH)
        sweep = stage.sweep(
            {
                "seeds": options.trials,
                "hyperparameters": {"fail_seeds": ",".join(map(str, failing))},
                "fallback_instance_types": ["ml.m5.2xlarge"],
                "max_parallel": options.at_once,
            },
            name=name,
        )
        sweep.reach(lambda: sweep.describe()["status"] != "RUNNING", seconds=3600)
        for number, plan in enumerate(plans, start=1):
            if plan.faults:
                stage.plan(f"*{name}-t{number:03}*", [])
        found = wrong(sweep, plans)
        jobs, seconds = len(sweep.jobs()), time.monotonic() - began
    for kind, count in sorted(Counter(plan.kind for plan in plans).items()):
        print(f"{kind:34}{count:6}")
    implied = sum(plan.jobs for plan in plans)
    print(f"{options.trials} trials, {jobs} jobs, {implied} implied; {seconds:.0f} s")
    for words in found:
        print(f"WRONG  {words}", file=sys.stderr)
    print("all as planned" if not found else f"{len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
