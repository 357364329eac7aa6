"""How a sweep ends: every row of that table of docs/sweeps.md."""

from __future__ import annotations

from tools.second_engine.scenarios import BROKEN, BUSY
from tools.second_engine.sweeps.scenario import (
    AWAIT,
    BOTH,
    FAILS,
    FORGIVING,
    OK,
    ONE,
    START,
    THROTTLED,
    SweepScenario,
)

ENDS = [
    SweepScenario(
        "none",
        OK,
        BOTH,
        '"succeeded": 2',
        "a pilot",
        {"pilot": True},
        calls={"PlanSweep": 3, "PlanTrial": 2},
    ),
    SweepScenario(
        "none",
        OK,
        [],
        '"dry_run": true',
        "`dry_run`",
        {"dry_run": True},
        calls={"PlanSweep": 1},
    ),
    SweepScenario(
        "`InvalidArguments`",
        ["InvalidArguments"] * 2,
        [],
        "max_parallel",
        given={"max_parallel": 50, "objective_metric": "height"},
    ),
    SweepScenario(
        "`TrialsFailed`",
        ["TrialsFailed"],
        BOTH,
        "1 of 2 trials failed; max_failed_trials allows 0.",
        trainings={"t001": FAILS},
    ),
    SweepScenario(
        "`TrialsFailed`",
        ["TrialsFailed", "SUCCEEDED"],
        ["t001", "t001-2", "t002"],
        '"succeeded": 2',
        "the pilot, then redriven",
        {"pilot": True},
        trainings={"t001": FAILS},
    ),
    SweepScenario(
        "`TrialsFailed`",
        ["TrialsFailed", "TrialsFailed"],
        [*BOTH, "t001-2"],
        "1 of 2 trials failed",
        "redriven, and again",
        trainings={"t001": FAILS, "t001-2": FAILS},
    ),
    SweepScenario(
        "`RequestRejected`",
        ["RequestRejected", "SUCCEEDED"],
        BOTH,
        '"failed": 0',
        "PlanSweep is broken, then redriven",
        script={"PlanSweep 1": BROKEN},
    ),
    SweepScenario(
        "`RequestRejected`",
        ["RequestRejected", "SUCCEEDED"],
        BOTH,
        '"failed": 0',
        "PlanSweep is broken after the wave, then redriven",
        script={"PlanSweep 2": BROKEN},
        calls={START: 2},
    ),
    SweepScenario(
        "`RequestRejected`",
        ["RequestRejected"],
        [],
        "An internal error in PlanSweep",
        script={"PlanSweep": BROKEN},
    ),
    SweepScenario(
        "(PlanSweep is broken for a trial)",
        OK,
        ["t002"],
        "An internal error in PlanTrial",
        given=FORGIVING,
        script={"PlanTrial t001": BROKEN},
    ),
    SweepScenario(
        "(Lambda is throttled)",
        OK,
        BOTH,
        '"failed": 0',
        script={
            f"{name} {number}": BUSY
            for name in ("PlanSweep", "PlanTrial t001")
            for number in range(1, 8)
        },
    ),
    SweepScenario(
        "(stopped before anything is started)",
        ["ABORTED", "SUCCEEDED"],
        BOTH,
        '"failed": 0',
        script={"PlanSweep 1": "ABORTED"},
    ),
    SweepScenario(
        "(stopped while it waits to look)",
        ["ABORTED", "SUCCEEDED"],
        [*BOTH, "t001-2"],
        '"failed": 0',
        given=ONE,
        script={f"{AWAIT} t001 1": THROTTLED, "wait 1": "ABORTED"},
    ),
]
