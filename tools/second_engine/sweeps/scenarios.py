"""Every row of docs/sweeps.md as scenarios: what the world answers, and what is to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.second_engine.engine import Fault
from tools.second_engine.scenarios import BROKEN, BUG, BUSY, SYNC, completed
from tools.second_engine.sweeps.trainings import Training
from tools.second_engine.sweeps.world import Answer


def trained(value: float | None = 1.5) -> Training:
    """Return a training that completes, with a value of the objective or without."""
    metrics = [] if value is None else [{"MetricName": "reward", "Value": value, "Timestamp": 1}]
    return Training([completed(FinalMetricDataList=metrics)])


@dataclass(frozen=True)
class SweepScenario:
    """One sweep, of two trials unless said otherwise.

    Attributes:
        row: how the first column of its row begins.
        expected: its end, and the one of each redrive: SUCCEEDED, ABORTED or an error.
        started: the executions that it starts, by the ends of their names.
        says: what its last output or cause contains.
        more: what is not in the row.
        given: arguments beside the usual ones.
        trials: how many.
        trainings: what they meet, by the ends of their names; "" for all others.
        script, others: the world (world.py).
        calls: how often an action is called.
    """

    row: str
    expected: list[str]
    started: list[str]
    says: str = ""
    more: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 2
    trainings: Mapping[str, Training] = field(default_factory=dict)
    script: Mapping[str, Answer] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The row, and what is not in it."""
        return "sweep: " + self.row + (f", {self.more}" if self.more else "")


OK = ["SUCCEEDED"]
BOTH, ONE = ["t001", "t002"], {"max_parallel": 1}
FORGIVING = {"max_failed_trials": 1}
START, AWAIT, LOOK = "start_execution", "await_execution", "describe_execution"
FAILS = Training([BUG])
TIMES_OUT, STOPPED = (
    Training([completed()], {SYNC: status}) for status in ("TIMED_OUT", "ABORTED")
)
THROTTLED = Fault("ThrottlingException", "Rate exceeded")
LOST = Fault("InternalFailure", "the connection was reset: 500", done=True)
DENIED = Fault(
    "AccessDeniedException",
    "User: arn:aws:sts::1:assumed-role/m/x is not authorized to perform: states:StartExecution",
)
GONE = Fault("StateMachineDoesNotExist", "State Machine Does Not Exist: 'x'")
DROPPED = {
    "failed": Fault("States.TaskFailed", "{}"),
    "without a cause": Fault("States.TaskFailed", None),
    "timed out": Fault("States.Timeout"),
    "too large": Fault("States.DataLimitExceeded", "too large"),
    "throttled": THROTTLED,
}

TRIALS = [
    SweepScenario(
        "succeeds, with a number for the objective",
        OK,
        ["t001", "t002", "t003", "t004"],
        '"succeeded": 4',
        "a grid",
        {"space": {"lr": [0.1, 0.01]}},
        4,
        calls={"PlanSweep": 2, "PlanTrial": 4, START: 4, LOOK: 0},
    ),
    *(
        SweepScenario(
            "succeeds, without one",
            OK,
            BOTH,
            "ObjectiveMissing",
            more,
            FORGIVING,
            trainings={"t001": training},
        )
        for more, training in {
            "other metrics": Training(
                [
                    completed(
                        FinalMetricDataList=[{"MetricName": "loss", "Value": 1.0, "Timestamp": 1}]
                    )
                ]
            ),
            "no metrics": trained(None),
        }.items()
    ),
    *(
        SweepScenario(
            "fails, times out, is stopped by a person",
            OK,
            BOTH,
            f'"error": "{error}"',
            error,
            FORGIVING,
            trainings={"t001": training},
            calls={LOOK: 1},
        )
        for error, training in {
            "TrainingJobFailed": FAILS,
            "TIMED_OUT": TIMES_OUT,
            "ABORTED": STOPPED,
        }.items()
    ),
    SweepScenario(
        "cannot be started (throttled, an error of the service)",
        OK,
        BOTH,
        '"failed": 0',
        script={f"{START} t001 {number}": THROTTLED for number in range(1, 8)},
        calls={f"{START} t001": 8},
    ),
    SweepScenario(
        "cannot be started (throttled, an error of the service)",
        OK,
        BOTH,
        '"failed": 0',
        "its answer is lost",
        script={f"{START} t001 1": LOST},
        calls={f"{START} t001": 1},
    ),
    SweepScenario(
        "cannot be started (throttled, an error of the service)",
        OK,
        ["t002"],
        "The execution was not started: StepFunctions.",
        "for good",
        FORGIVING,
        script={f"{START} t001": THROTTLED},
    ),
    *(
        SweepScenario(
            "may not be started, or its state machine is gone",
            OK,
            ["t002"],
            says,
            fault.code,
            FORGIVING,
            script={f"{START} t001": fault},
            calls={f"{START} t001": 1},
        )
        for fault, says in ((DENIED, "not authorized"), (GONE, "StateMachineDoesNotExist"))
    ),
    *(
        SweepScenario(
            "runs on though the task that awaits it has ended",
            OK,
            BOTH,
            '"failed": 0',
            more,
            script={f"{AWAIT} t001": fault},
            calls={f"{START} t001": 1},
        )
        for more, fault in DROPPED.items()
    ),
    SweepScenario(
        "cannot be described, 20 looks in a row",
        OK,
        BOTH,
        "Its end is not known: Sfn.",
        given=FORGIVING,
        script={f"{AWAIT} t001": THROTTLED, LOOK: THROTTLED},
    ),
    SweepScenario(
        "cannot be described, 20 looks in a row",
        ["TrialsFailed", "SUCCEEDED"],
        BOTH,
        '"failed": 0',
        "then redriven: it is taken as it ended",
        script={
            f"{AWAIT} t001": THROTTLED,
            **{f"{LOOK} t001 {number}": THROTTLED for number in range(1, 22)},
        },
        calls={f"{START} t001": 2},
    ),
    SweepScenario(
        "ended in an earlier life of a sweep that was redriven",
        ["TrialsFailed", "SUCCEEDED"],
        [*BOTH, "t001-2"],
        '"s-t002"',
        "failed",
        trainings={"t001": FAILS, "t002": trained(9.5)},
    ),
    SweepScenario(
        "ended in an earlier life of a sweep that was redriven",
        ["ABORTED", "SUCCEEDED"],
        [*BOTH, "t002-2"],
        '"failed": 0',
        "stopped with the sweep",
        ONE,
        script={f"{AWAIT} t002 1": "ABORTED"},
        calls={f"{START} t001": 1, f"{START} t002": 2},
    ),
    SweepScenario(
        "ended in an earlier life of a sweep that was redriven",
        ["ABORTED", "SUCCEEDED"],
        [*BOTH, "t001-2"],
        '"failed": 0',
        "stopped by StopTrials",
        ONE,
        script={f"{AWAIT} t001 1": "ABANDONED"},
    ),
    *(
        SweepScenario(
            "(somebody else's execution has the name)",
            OK,
            ["t001-2", "t002"],
            '"failed": 0',
            status,
            others={"t001": status},
        )
        for status in ("RUNNING", "FAILED")
    ),
]

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

SWEEP_SCENARIOS = TRIALS + ENDS
