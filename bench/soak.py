"""Executions under random faults, many at once: `make soak`, or `python -m bench.soak`.

Each execution gets a fault plan drawn by a seed, and with it the outcome, the error and the number
of training jobs that docs/outcomes.md implies. Prints one line a kind of plan and the sums; exits
with 1 when an execution ended otherwise, a job was lost, doubled or left running. The plans, a
function each, are the table that most of this module is.

    python -m bench.soak [--executions 200] [--at-once 20] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.stage import deployed_stage
from tests.support.runs.deployed_runs import Run, Stage

Fault = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What one execution meets, and what has to come of it.

    Attributes:
        kind: Of the plan, for the table.
        faults: Of its jobs and calls.
        jobs: Training jobs that have to be created.
        error: Of the execution; None for a success.
        given: Arguments beside the usual ones.
        stop_after: Seconds until StopExecution; None for never.
    """

    kind: str
    faults: list[Fault]
    jobs: int
    error: str | None = None
    given: dict[str, Any] = field(default_factory=dict)
    stop_after: float | None = None

    @property
    def status(self) -> str:
        """The execution's status."""
        if self.stop_after is not None:
            return "ABORTED"
        return "FAILED" if self.error else "SUCCEEDED"


@dataclass
class Result:
    """What came of one plan.

    Attributes:
        plan: The plan.
        jobs: Training jobs that were created.
        running: Of them, those that had not ended once the execution had.
        wrong: What is not as the plan implies; empty when all is.
        seconds: Until the execution ended.
    """

    plan: Plan
    jobs: int = 0
    running: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def _times(draw: random.Random, most: int) -> int:
    return draw.randint(1, most)


def _throttled(draw: random.Random) -> Plan:
    error = {"fault": "reject_create", "error": "ThrottlingException", "message": "Rate exceeded"}
    return Plan("create call throttled", [{**error, "times": _times(draw, 4)}], jobs=1)


def _lost(draw: random.Random) -> Plan:
    lost = {"fault": "lose_answer", "error": draw.choice(["InternalFailure", "ResourceInUse"])}
    return Plan("answer lost after creating", [lost], jobs=1)


def _dropped(draw: random.Random) -> Plan:
    error = draw.choice([{}, {"error": "States.TaskFailed"}, {"error": "Sdk.Nonsense"}])
    drop = {"fault": "drop_sync", "after_seconds": draw.uniform(0, 1), **error}
    return Plan("task ended while the job ran", [drop], jobs=1)


def _internal(draw: random.Random) -> Plan:
    times = _times(draw, 2)
    fail = {"fault": "fail_job", "reason": "InternalServerError: as planned", "times": times}
    return Plan("internal error, then well", [fail], jobs=times + 1)


def _mid_training(_: random.Random) -> Plan:
    fail = {"fault": "fail_job", "reason": "CapacityError: taken", "after_seconds": 0.01}
    given = {"hyperparameters": {"seconds": 1}, "fallback_instance_types": ["ml.m5.2xlarge"]}
    return Plan("capacity lost, then well", [fail], jobs=2, given=given)


def _no_capacity(draw: random.Random) -> Plan:
    attempts = _times(draw, 3)
    fail = {"fault": "fail_job", "reason": "CapacityError: none", "times": 99}
    given = {"max_attempts": attempts}
    return Plan("no capacity", [fail], attempts, "CapacityUnavailable", given)


def _quota(_: random.Random) -> Plan:
    refused = {"fault": "reject_create", "error": "ResourceLimitExceeded", "times": 99}
    return Plan("quota", [refused], 0, "CapacityUnavailable")


def _rejected(_: random.Random) -> Plan:
    refused = {"fault": "reject_create", "error": "ValidationException"}
    return Plan("create call rejected", [refused], 0, "RequestRejected")


def _script(_: random.Random) -> Plan:
    return Plan("script fails", [], 1, "TrainingJobFailed", {"hyperparameters": {"fail": 1}})


def _stopped(draw: random.Random) -> Plan:
    stop = {"fault": "stop_job", "after_seconds": draw.choice([0, 0.2])}
    given = {"hyperparameters": {"seconds": 30}}
    return Plan("job stopped by a person", [stop], 1, "TrainingJobStopped", given)


def _time_is_up(_: random.Random) -> Plan:
    return Plan("time is up, no model", [{"fault": "exceed_time"}], 1, "TrainingJobStopped")


def _looks_fail(draw: random.Random) -> Plan:
    error = {"fault": "fail_describe", "error": "ThrottlingException", "message": "Rate exceeded"}
    slow = {"fault": "slow_describe", "seconds": draw.uniform(0, 0.5)}
    return Plan("descriptions fail and are slow", [{**error, "times": _times(draw, 5)}, slow], 1)


def _aborted(draw: random.Random) -> Plan:
    given = {"hyperparameters": {"seconds": 60}}
    return Plan("StopExecution in training", [], 1, given=given, stop_after=draw.uniform(0, 1))


def _everything(draw: random.Random) -> Plan:
    faults = [*_throttled(draw).faults, *_lost(draw).faults, *_looks_fail(draw).faults]
    return Plan("throttled, lost, looks fail", faults, jobs=1)


def _well(_: random.Random) -> Plan:
    return Plan("no fault", [], jobs=1)


KINDS: list[Callable[[random.Random], Plan]] = [
    _well,
    _throttled,
    _lost,
    _dropped,
    _internal,
    _mid_training,
    _no_capacity,
    _quota,
    _rejected,
    _script,
    _stopped,
    _time_is_up,
    _looks_fail,
    _aborted,
    _everything,
]


def run(stage: Stage, plan: Plan) -> Result:
    """Run one plan to its end and compare."""
    result, began = Result(plan), time.monotonic()
    try:
        execution = stage.start(plan.given, plan.faults)
        if plan.stop_after is not None:
            execution.reach(Run.jobs)
            time.sleep(plan.stop_after)
            execution.stop()
        execution.end()
        result.seconds = time.monotonic() - began
        stage.forget(execution)
        _compare(execution, result)
    except Exception as error:  # one that is lost must not hide the others
        result.wrong.append(f"{type(error).__name__}: {error}")
    return result


def _compare(execution: Run, result: Result) -> None:
    plan = result.plan
    result.running = len(execution.running())
    jobs = [job["TrainingJobName"] for job in execution.jobs()]
    result.jobs = len(jobs)
    ended = (execution.status, execution.error if execution.status == "FAILED" else None)
    if ended != (plan.status, plan.error):
        result.wrong.append(f"ended as {ended}, not {(plan.status, plan.error)}")
    if len(jobs) != plan.jobs:
        result.wrong.append(f"created {jobs}, not {plan.jobs} jobs")
    if result.running:
        result.wrong.append(f"left {result.running} jobs running")
    told = execution.cause if execution.status == "FAILED" else {}
    told = execution.output if execution.status == "SUCCEEDED" else told
    attempts = [attempt["job_name"] for attempt in told.get("attempts", [])]
    if told and attempts != jobs:
        result.wrong.append(f"tells of {attempts}, created {jobs}")


def report(results: Sequence[Result], seconds: float) -> None:
    """Print the table."""
    print(f"{'fault plan':34}{'runs':>6}{'right':>7}{'jobs':>6}{'implied':>9}{'running':>9}")
    for kind in dict.fromkeys(result.plan.kind for result in results):
        _line(kind, [result for result in results if result.plan.kind == kind])
    _line("all", results)
    lost = sum(max(result.plan.jobs - result.jobs, 0) for result in results)
    doubled = sum(max(result.jobs - result.plan.jobs, 0) for result in results)
    orphaned = sum(result.running for result in results)
    print(f"lost {lost}, doubled {doubled}, orphaned {orphaned}; {seconds:.0f} s in all")
    for result in results:
        for words in result.wrong:
            print(f"WRONG  {result.plan.kind}: {words}", file=sys.stderr)


def _line(kind: str, results: Sequence[Result]) -> None:
    right = sum(not result.wrong for result in results)
    jobs = sum(result.jobs for result in results)
    implied = sum(result.plan.jobs for result in results)
    running = sum(result.running for result in results)
    print(f"{kind:34}{len(results):6}{right:7}{jobs:6}{implied:9}{running:9}")


def main() -> int:
    """Run the soak; return 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--executions", type=int, default=200, help="how many (200)")
    parser.add_argument("--at-once", type=int, default=20, help="of them at a time (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults (1)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    plans = [draw.choice(KINDS)(draw) for _ in range(options.executions)]
    print(f"{options.executions} executions, {options.at_once} at a time, seed {options.seed}")
    with deployed_stage(wait_scale=0.005) as stage:
        began = time.monotonic()
        with ThreadPoolExecutor(options.at_once) as pool:
            results = list(pool.map(lambda plan: run(stage, plan), plans))
        report(results, time.monotonic() - began)
    return 1 if any(result.wrong for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
