"""A sweep that wants more instances than the account has: `python -m bench.sweeps.capacity`.

All trials are started at once; nothing is said of `capacity_wait`, whose default for sweeps is a
day. Waits are scaled to a hundredth. Exits with 1 when a trial failed, trained twice or not at all,
or more jobs ran than the quota allows.

    python -m bench.sweeps.capacity [--trials 40] [--instances 5]
"""

from __future__ import annotations

import argparse
import sys
import time

from bench.stage import deployed_stage
from tests.support.runs.sweep_quota import sweep_under_a_quota
from tests.support.runs.sweep_runs import SweepStage


def main() -> int:
    """Run the sweep; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.sweeps.capacity")
    parser.add_argument("--trials", type=int, default=40, help="how many, all at once (40)")
    parser.add_argument("--instances", type=int, default=5, help="the quota (5)")
    options = parser.parse_args()
    with deployed_stage(wait_scale=0.01) as deployed:
        stage = SweepStage(deployed.client, deployed.endpoint_url, deployed.outputs)
        stage.warm_up(4)
        began = time.monotonic()
        shared = sweep_under_a_quota(
            stage,
            trials=options.trials,
            instances=options.instances,
            hyperparameters={"seconds": 1},
        )
        for name, value in vars(shared).items():
            print(f"{name:16}{value}")
        print(f"{time.monotonic() - began:.0f} s in all", flush=True)
    all_of_them = {"trials": options.trials, "succeeded": options.trials, "failed": 0}
    right = (
        shared.counts == all_of_them
        and shared.executions == shared.jobs == shared.awaited_at_once == options.trials
        and shared.trained_at_once == options.instances
        and shared.waited > 0
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
