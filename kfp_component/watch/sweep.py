"""Showing an execution that sweeps: how many trials run, what became of each, and which leads."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kfp_component.aws.clients import Aws
from kfp_component.durations import duration, short_number
from kfp_component.record.trials import Leader, StartedTrial, Trials
from kfp_component.watch.ended_logs import last_lines
from kfp_component.watch.events.history import ExecutionHistory
from kfp_component.watch.events.trial_events import TrialNews, Wave, read_event
from kfp_component.watch.execution import Age, ExecutionWatch, shown_poll
from kfp_component.watch.progress import View
from kfp_component.watch.schedule import Poll, spacing
from training_job.links import LOG_GROUP
from training_sweep.records import Record

# A sweep of 500 trials writes 5,000 to 12,500 events: they are read in pages as large as memory
# allows, and less often than the execution is described, so that an hour takes few calls.
_PAGES = (10, 200)
_SELDOM = 3
_SHOWN_FAILURES = 3
_SHOWN_LINES = 20


@dataclass(frozen=True)
class SweepSnapshot:
    """How a sweep is at a moment.

    Attributes:
        status: How many trials run, are done and have failed.
        leading: Which configuration leads; '' before the first result.
        share: What part of the trials has ended, from 0 to 1; None until it is known.
        age: How long the execution has been running, in seconds.
    """

    status: str
    leading: str
    share: float | None
    age: float

    @property
    def words(self) -> str:
        """What stands beside a bar."""
        return "; ".join(filter(None, (duration(self.age), self.leading)))

    @property
    def line(self) -> str:
        """All of it on a line."""
        return " | ".join(filter(None, (self.status, self.leading)))


def watch_sweep(
    aws: Aws,
    execution_arn: str,
    view: View,
    arguments: Mapping[str, Any],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[ExecutionWatch, "SweepWatch"]:
    """Return the watch of an execution that sweeps, and what it shows.

    Example:
        >>> watch, sweep = watch_sweep(aws, arn, view, task.arguments)  # doctest: +SKIP
        >>> final, trials = watch.run(), sweep.trials  # doctest: +SKIP
    """
    age = Age(clock)
    sweep = SweepWatch(aws, execution_arn, view, arguments, age=age, clock=clock)
    return ExecutionWatch(aws, execution_arn, view, sweep, age, clock=clock), sweep


class SweepWatch:
    """Shows the trials of one execution.

    Args:
        aws: Where it runs.
        execution_arn: Which one.
        view: Shows them.
        arguments: The sweep's, as its author gave them.
        age: The execution's age.
        clock: A monotonic clock, in seconds.

    Attributes:
        trials: What was seen of them.
        last_lines: The end of the log of each of the first that failed, by its job's name.
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        view: View,
        arguments: Mapping[str, Any],
        *,
        age: Age,
        clock: Callable[[], float],
    ) -> None:
        self._aws = aws
        self._view = view
        self._clock = clock
        self._metric = str(arguments.get("objective_metric") or "objective")
        self._elsewhere = bool(arguments.get("assume_role"))
        self._history: ExecutionHistory[TrialNews] = ExecutionHistory(
            aws, execution_arn, partial(read_event, varying=varying(arguments)), _PAGES
        )
        self._leader: Leader | None = None
        self._unread: list[Record] = []
        self._failures_told = 0
        self.age = age
        self.trials = Trials(maximize=arguments.get("objective_type", "maximize") == "maximize")
        self.last_lines: dict[str, list[str]] = {}
        self._news = shown_poll("trials", self._read_news, aws, view)
        self._logs = shown_poll("last log lines of trials", self._read_logs, aws, view)

    @property
    def polls(self) -> Sequence[Poll]:
        """The execution's history, and the logs of trials that failed."""
        return self._news, self._logs

    def snapshot(self) -> SweepSnapshot:
        """Return how the sweep is."""
        trials = self.trials
        failed = f", {trials.failed} failed" if trials.failed else ""
        status = f"{len(trials.running)} running, {trials.done} done{failed} of {trials.total}"
        return SweepSnapshot(
            status if trials.total else "Waiting for the first trial",
            self._leading(),
            len(trials.ended) / trials.total if trials.total else None,
            self.age(),
        )

    def finish(self, final: Mapping[str, Any], sleep: Callable[[float], None]) -> None:
        """Show what came after the last polls."""
        del final
        for poll in self.polls:
            poll.run_at_once(self._clock, sleep)
        self._view.still(self.snapshot())

    def _read_news(self) -> float:
        news = self._history.news()
        for each in news:
            self._take(each)
        if any(isinstance(each, Record) for each in news):
            self._leader = self.trials.leader()
        return max(2.0, _SELDOM * spacing(self.age()))

    def _take(self, news: TrialNews) -> None:
        match news:
            case Wave(trials):
                self.trials.wave(trials)
            case StartedTrial():
                self.trials.start(news)
            case Record():
                if self.trials.end(news):
                    self._tell(news)

    def _tell(self, record: Record) -> None:
        """Show what became of a trial."""
        name, about = f"t{record.trial:03}", self.trials.about(record.trial)
        which = f" ({about})" if about else ""
        if record.value is not None:
            self._view.say(f"{name} done: {self._metric} {short_number(record.value)}{which}")
            return
        self._view.say(f"{name} failed: {record.error}: {record.message}{which}")
        self._failures_told += 1
        if not record.job or self._failures_told > _SHOWN_FAILURES:
            return
        if self._elsewhere:
            self._view.say(f"Its log is in the account of assume_role: {LOG_GROUP}, {record.job}")
            return
        self._unread.append(record)
        self._logs.hasten()

    def _read_logs(self) -> float:
        while self._unread:
            record = self._unread[0]
            lines = last_lines(self._aws, record.job, _SHOWN_LINES)
            self._unread.pop(0)
            self.last_lines[record.job] = lines
            for line in lines:
                self._view.log(f"t{record.trial:03}", line)
            self._view.flush()
        return 60.0

    def _leading(self) -> str:
        found = self._leader
        if found is None:
            return ""
        spread = ""
        if found.interval:
            low, high = map(short_number, found.interval)
            spread = f" [{low}, {high}]"
        seeds = f"{found.results} seed{'' if found.results == 1 else 's'}"
        about = ", ".join(filter(None, (self.trials.named(found.configuration), seeds)))
        return f"best {short_number(found.iqm)}{spread} {about}"


def varying(arguments: Mapping[str, Any]) -> list[str]:
    """Return the names of the hyperparameters that vary, as the author of a sweep gave them.

    Example:
        >>> varying({"configurations": [{"lr": 0.1}, {"lr": 0.2, "layers": 2}]})
        ['lr', 'layers']
    """
    space, configurations = arguments.get("space"), arguments.get("configurations")
    maps = [space, *(configurations if isinstance(configurations, list) else [])]
    return list(dict.fromkeys(name for each in maps if isinstance(each, dict) for name in each))
