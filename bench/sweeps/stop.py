"""A sweep that is stopped at a third, and redriven: `python -m bench.sweeps.stop`.

200 trials, each a real training job. Once a third has succeeded, the sweep is stopped; 10 seconds
later no trial and no training job may run. The redrive has to train the rest: each trial succeeds
once, and nothing that succeeded is trained again. Prints the counts; exits with 1 when one is
wrong.

    python -m bench.sweeps.stop [--trials 200] [--at-once 10]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from bench.stage import deployed_stage
from tests.support.runs.sweep_runs import Sweep, SweepStage

WITHIN = 10.0
"""Seconds after the stop."""


def running(sweep: Sweep) -> list[str]:
    """Return the names of what runs: trials and their jobs."""
    return [*sweep.trials("RUNNING"), *sweep.jobs("InProgress"), *sweep.jobs("Stopping")]


def seconds_until_nothing_runs(sweep: Sweep) -> float:
    """Stop the sweep; return how long its trials and jobs ran on, or infinity."""
    began = time.monotonic()
    sweep.stop()
    while running(sweep):
        if time.monotonic() - began > 6 * WITHIN:
            return float("inf")
        time.sleep(0.1)
    return time.monotonic() - began


def main() -> int:
    """Stop and redrive the sweep; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps.stop")
    parser.add_argument("--trials", type=int, default=200, help="how many (200)")
    parser.add_argument("--at-once", type=int, default=10, help="of them at a time (10)")
    options = parser.parse_args()
    trials, third = options.trials, options.trials // 3
    with deployed_stage(wait_scale=0.005) as deployed:
        stage = SweepStage(deployed.client, deployed.endpoint_url, deployed.outputs)
        stage.warm_up(4)
        given = {"seeds": trials, "max_parallel": options.at_once}
        sweep = stage.sweep(given | {"hyperparameters": {"seconds": 1}}, name="stopped")
        sweep.reach(lambda: len(sweep.trials("SUCCEEDED")) >= third, seconds=1800)
        seconds = seconds_until_nothing_runs(sweep)
        sweep.end()
        before, jobs_before = sweep.trials(), len(sweep.jobs())
        stopped = Counter(before.values())
        print(f"stopped at a third: {dict(stopped)} of {trials}, {jobs_before} jobs")
        print(f"    nothing runs {seconds:.1f} s later; allowed: {WITHIN:.0f} s")
        sweep.redrive()
        sweep.reach(lambda: sweep.describe()["status"] != "RUNNING", seconds=1800)
        after = sweep.trials()
        redriven = Counter(after.values())
        made = len(sweep.jobs()) - jobs_before
        left = running(sweep)
    rest = trials - stopped["SUCCEEDED"]
    succeeded = [name.split("-t")[1][:3] for name, how in after.items() if how == "SUCCEEDED"]
    print(f"redriven: {sweep.status}, {dict(redriven)}; the rest were {rest}, {made} jobs more")
    right = (
        sweep.status == "SUCCEEDED"
        and sweep.output["counts"] == {"trials": trials, "succeeded": trials, "failed": 0}
        and seconds <= WITHIN
        and sorted(succeeded) == [f"{number:03}" for number in range(1, trials + 1)]
        and made == rest
        and redriven["ABORTED"] == stopped["ABORTED"] == len(before) - stopped["SUCCEEDED"]
        and not left
    )
    print("as it should be" if right else f"WRONG; runs on: {left}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
