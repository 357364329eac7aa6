"""Calls of a launcher that awaits a sweep, simulated with the launcher's own watch.

    python -m bench.sweeps.quota [trials] [hours]

Time is simulated: hours take seconds. Each trial is told as Step Functions tells it, with the
events of one that needs a redrive of its `.sync` (25) or of one that goes straight (10).
"""

# ruff: noqa: D102 - the methods are the services' own operations

import json
import sys
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast

from bench.step.quota import ARN, EPOCH, Answer, Silence
from kfp_component.watch.ended_logs import read_curves
from kfp_component.watch.sweep import watch_sweep

FAILING = 25
HOUR = 3600


@dataclass
class Sweep:
    """A sweep whose trials end one after the other until it ends.

    Attributes:
        trials: How many.
        lasts: In seconds.
        events_per_trial: 10 or more.
        input_bytes: Size of a trial's input.
    """

    trials: int
    lasts: float
    events_per_trial: int = 10
    input_bytes: int = 3000
    now: float = 0.0
    calls: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states = self.logs = self.sagemaker = self
        self._padding = "x" * self.input_bytes

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def renew(self) -> None:
        """Do nothing."""

    def _called(self, operation: str) -> None:
        self.calls.append((operation, self.now))

    def describe_execution(self, **_: Any) -> Answer:
        self._called("DescribeExecution")
        ended = self.now >= self.lasts
        at = format_datetime(datetime.fromtimestamp(EPOCH + self.now, UTC), True)
        return {
            "status": "SUCCEEDED" if ended else "RUNNING",
            "startDate": datetime.fromtimestamp(EPOCH, UTC),
            **({"stopDate": datetime.fromtimestamp(EPOCH + self.lasts, UTC)} if ended else {}),
            "ResponseMetadata": {"HTTPHeaders": {"date": at}},
        }

    def get_execution_history(self, *, maxResults: int, nextToken: str = "", **_: Any) -> Answer:
        self._called("GetExecutionHistory")
        begun = min(1.0, self.now / self.lasts) * self.trials
        newest = 1 + int(begun * self.events_per_trial)
        first, size = (nextToken or f"{newest}/{maxResults}").split("/")
        assert int(size) == maxResults, "pages of one reading are of one size"
        last = max(0, int(first) - maxResults)
        more = {"nextToken": f"{last}/{maxResults}"} if last else {}
        events = [self._event(number) for number in range(int(first), last, -1)]
        return {"events": events} | more

    def _event(self, number: int) -> Answer:
        if number == 1:
            output = json.dumps({"decision": "run", "trials": self.trials})
            details = {"name": "PlanSweep", "output": output}
            return {"id": 1, "type": "TaskStateExited", "stateExitedEventDetails": details}
        trial, step = divmod(number - 2, self.events_per_trial)
        trial += 1
        if step == 0:
            given = {
                "hyperparameters": {"lr": trial // 10, "note": self._padding},
                "tags": {"rl-configuration": str(trial // 10), "rl-seed": str(trial % 10)},
            }
            parameters = json.dumps({"Name": f"sweep-t{trial:03}", "Input": given})
            details = {"resource": "startExecution.sync:2", "parameters": parameters}
            return {"id": number, "type": "TaskScheduled", "taskScheduledEventDetails": details}
        if step == self.events_per_trial - 1:
            output = json.dumps(self._record(trial))
            details = {"name": "Train", "output": output}
            return {"id": number, "type": "TaskStateExited", "stateExitedEventDetails": details}
        details = {"output": self._padding} if step < 6 else {}
        return {"id": number, "type": "TaskSucceeded", "taskSucceededEventDetails": details}

    def _record(self, trial: int) -> Answer:
        noted = {"trial": trial, "start": 1, "redrives": 0, "job": f"job-t{trial:03}"}
        if trial % FAILING == 0:
            return {**noted, "error": "TrainingJobFailed", "message": "m" * 160}
        model = f"/job-t{trial:03}/output/model.tar.gz"
        return {**noted, "value": 400 - trial % 17, "model": model, "training": 60, "billable": 20}

    def describe_training_job(self, **_: Any) -> Answer:
        self._called("DescribeTrainingJob")
        found = [{"Name": "reward", "Regex": "reward=([0-9.]+)"}]
        return {"AlgorithmSpecification": {"MetricDefinitions": found}}

    def describe_log_streams(self, *, logStreamNamePrefix: str, **_: Any) -> Answer:
        self._called("DescribeLogStreams")
        return {"logStreams": [{"logStreamName": f"{logStreamNamePrefix}algo-1-1"}]}

    def get_log_events(self, *, limit: int, **_: Any) -> Answer:
        self._called("GetLogEvents")
        lines = [{"message": f"episode {n} reward={n}"} for n in range(min(limit, 3000))]
        return {"events": lines, "nextForwardToken": "f"}

    def busiest_hour(self) -> Counter[str]:
        """Return the calls of the hour with the most, by operation."""
        times = [at for _, at in self.calls]  # in ascending order
        begin = max(times, key=lambda at: bisect_left(times, at + HOUR) - bisect_left(times, at))
        return Counter(name for name, at in self.calls if begin <= at < begin + HOUR)


def simulate(trials: int, lasts: float, **more: Any) -> Sweep:
    """Await a sweep of so many trials that lasts so many seconds."""
    sweep = Sweep(trials, lasts, **more)
    arguments = {"space": {"lr": [1]}, "objective_metric": "reward"}
    aws, view = cast("Any", sweep), cast("Any", Silence())
    watch, shown = watch_sweep(aws, ARN.format(1), view, arguments, sweep.clock)
    watch.run(sweep.sleep)
    assert len(shown.trials.ended) == trials, len(shown.trials.ended)
    jobs = {number: each.job for number, each in shown.trials.ended.items() if each.succeeded}
    read_curves(aws, "reward", jobs, [1, 2], age=lasts, clock=sweep.clock)
    return sweep


def main() -> None:
    """Print the calls of the busiest hour."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    hours = [float(sys.argv[2])] if len(sys.argv) > 2 else [0.5, 1, 6]
    for lasts in hours:
        for events in (10, 25):
            busiest = simulate(trials, lasts * HOUR, events_per_trial=events).busiest_hour()
            told = ", ".join(f"{count} {name}" for name, count in busiest.most_common())
            print(f"{trials} trials in {lasts:g} h, {events} events each: {busiest.total()} calls")
            print(f"    in the busiest hour: {told}")


if __name__ == "__main__":
    main()
