"""A scenario of a sweep: what the world answers, and what is to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.second_engine.engine import Fault
from tools.second_engine.scenarios import BUG, SYNC, completed
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
        row: How the first column of its row begins.
        expected: Its end, and the one of each redrive: SUCCEEDED, ABORTED or an error.
        started: The executions that it starts, by the ends of their names.
        says: What its last output or cause contains.
        more: What is not in the row.
        given: Arguments beside the usual ones.
        trials: How many.
        trainings: What they meet, by the ends of their names; "" for all others.
        script, others: The world (world.py).
        calls: How often an action is called.
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
