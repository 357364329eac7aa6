"""What a run costs beside its training jobs: `python -m bench.overhead`.

Counts state transitions and Lambda calls in the history of real executions on the local AWS, and
prices them as AWS does (tools/prices.py). Exits with 1 when a run without faults has more
transitions than docs/costs.md says. Not counted: log delivery, traces, and the launcher's own
calls, which are free.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from bench.stage import deployed_stage
from tests.support.runs.deployed_runs import Run, Stage
from tools import prices
from tools.costs_page import LOOK_TRANSITIONS, RUN_TRANSITIONS, looks

MEMORY_GB = 0.5
"""Of each function (infra/workflow/functions.py)."""


@dataclass(frozen=True)
class Cost:
    """What one execution used.

    Attributes:
        transitions: States entered and states tried again.
        calls: Of Lambda functions.
        seconds: That the calls took here; on AWS they differ, and hardly matter.
    """

    transitions: int
    calls: int
    seconds: float

    @property
    def dollars(self) -> float:
        """By AWS's public prices."""
        return (
            self.transitions * prices.TRANSITION
            + self.calls * prices.FUNCTION_CALL
            + self.seconds * MEMORY_GB * prices.FUNCTION_GB_SECOND
        )


def cost(events: list[dict[str, Any]]) -> Cost:
    """Return what the history of an execution shows."""
    entered = sum("stateEnteredEventDetails" in event for event in events)
    tasks = sum(event["type"] == "TaskStateEntered" for event in events)
    scheduled = [event for event in events if event["type"] == "TaskScheduled"]
    calls, seconds, started = 0, 0.0, None
    for event in events:
        details = event.get("taskScheduledEventDetails", {})
        if details:
            started = event["timestamp"] if details["resourceType"] == "lambda" else None
            calls += started is not None
        elif started is not None and event["type"] in ("TaskSucceeded", "TaskFailed"):
            seconds += (event["timestamp"] - started).total_seconds()
            started = None
    return Cost(entered + len(scheduled) - tasks, calls, seconds)


def runs(stage: Stage) -> dict[str, Run]:
    """Start every kind of run that the table shows."""
    internal = {"fault": "fail_job", "reason": "InternalServerError: as planned"}
    throttled = {"fault": "reject_create", "error": "ThrottlingException"}
    found = {"no fault": stage.start({})}
    for attempts in (2, 3, 5, 10):
        faults = [{**internal, "times": attempts - 1}]
        found[f"{attempts} attempts"] = stage.start({"max_attempts": attempts}, faults)
    found["create call throttled twice"] = stage.start({}, [{**throttled, "times": 2}])
    found["arguments are wrong"] = stage.start({"volume_size": 0})
    found["script fails"] = stage.start({}, [{**internal, "reason": "AlgorithmError: x"}])
    return found


def main() -> int:
    """Print the table; return 1 when a run without faults has too many transitions."""
    with deployed_stage(wait_scale=0.02) as stage:
        stage.warm_up(2)
        started = runs(stage)
        costs = {}
        for name, run in started.items():
            run.end()
            costs[name] = cost(run.events())
    print(f"{'run':30}{'transitions':>13}{'Lambda calls':>14}{'dollars':>12}{'runs a dollar':>15}")
    for name, each in costs.items():
        print(
            f"{name:30}{each.transitions:13}{each.calls:14}{each.dollars:12.6f}"
            f"{int(1 / each.dollars):15,}"
        )
    one, ten = costs["no fault"], costs["10 attempts"]
    print(
        f"each further attempt: {(ten.transitions - one.transitions) / 9:g} transitions, "
        f"{(ten.calls - one.calls) / 9:g} Lambda calls, "
        f"{(ten.dollars - one.dollars) / 9:.6f} dollars"
    )
    for hours in (1, 24):
        looked = looks(hours * 3600)
        print(
            f"a job of {hours} h whose task has ended at once: {looked} looks, "
            f"{looked * LOOK_TRANSITIONS} transitions"
        )
    return 1 if one.transitions > RUN_TRANSITIONS else 0


if __name__ == "__main__":
    sys.exit(main())
