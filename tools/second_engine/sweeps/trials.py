"""What becomes of a trial: every row of that table of docs/sweeps.md."""

from __future__ import annotations

from tools.second_engine.scenarios import completed
from tools.second_engine.sweeps.scenario import (
    AWAIT,
    BOTH,
    DENIED,
    DROPPED,
    FAILS,
    FORGIVING,
    GONE,
    LOOK,
    LOST,
    OK,
    ONE,
    START,
    STOPPED,
    THROTTLED,
    TIMES_OUT,
    SweepScenario,
    trained,
)
from tools.second_engine.sweeps.trainings import Training

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
