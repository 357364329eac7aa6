"""Executions that wait for a quota of instances: `make soak`, or `python -m bench.quota`.

All are started at once, with `capacity_wait`; waits are scaled to a hundredth. Prints what came of
them; exits with 1 when one failed, trained twice or not at all, or more jobs ran than the quota
allows.

    python -m bench.quota [--executions 40] [--instances 5]
"""

from __future__ import annotations

import argparse
import sys
import time

from bench.stage import deployed_stage
from tests.support.runs.quota import share_a_quota


def main() -> int:
    """Run the executions; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.quota")
    parser.add_argument("--executions", type=int, default=40, help="how many (40)")
    parser.add_argument("--instances", type=int, default=5, help="the quota (5)")
    options = parser.parse_args()
    with deployed_stage(wait_scale=0.01) as stage:
        began = time.monotonic()
        shared = share_a_quota(stage, executions=options.executions, instances=options.instances)
        for name, value in vars(shared).items():
            print(f"{name:12}{value}")
        print(f"{time.monotonic() - began:.0f} s in all", flush=True)
    right = (
        shared.succeeded == shared.jobs == options.executions
        and not shared.doubled
        and shared.at_once <= options.instances
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
