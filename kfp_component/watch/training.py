"""Showing an execution that trains: its training jobs, and why one follows another."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from kfp_component.aws.clients import Aws, service_time
from kfp_component.record.record import RunRecord, SeenAttempt
from kfp_component.watch.events.attempts import (
    AttemptNews,
    Judged,
    Planned,
    Refused,
    Submitted,
    explanation,
    read_event,
)
from kfp_component.watch.events.history import ExecutionHistory
from kfp_component.watch.execution import Age, ExecutionWatch, shown_poll
from kfp_component.watch.job import JobWatch
from kfp_component.watch.progress import TrainingSnapshot, View
from kfp_component.watch.schedule import Poll, spacing
from training_job.links import links

# CloudWatch gets a job's last lines some seconds after the job ends.
_LOG_ARRIVAL_SECONDS = 4.0
_LOG_ARRIVAL_SHARE = 0.03


def watch_training(
    aws: Aws,
    execution_arn: str,
    view: View,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[ExecutionWatch, "TrainingWatch"]:
    """Return the watch of an execution that trains, and what it shows.

    Example:
        >>> watch, training = watch_training(aws, arn, view)  # doctest: +SKIP
        >>> final, record = watch.run(), training.record  # doctest: +SKIP
    """
    age = Age(clock)
    training = TrainingWatch(aws, execution_arn, view, age, clock)
    return ExecutionWatch(aws, execution_arn, view, training, age, clock=clock), training


class TrainingWatch:
    """Shows the training jobs of one execution.

    Args:
        aws: Where it runs.
        execution_arn: Which one.
        view: Shows them.
        age: The execution's age.
        clock: A monotonic clock, in seconds.

    Attributes:
        record: What was seen.
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        view: View,
        age: Age,
        clock: Callable[[], float],
    ) -> None:
        self._aws = aws
        self._arn = execution_arn
        self._view = view
        self.age = age
        self._clock = clock
        self._history: ExecutionHistory[AttemptNews] = ExecutionHistory(
            aws, execution_arn, read_event
        )
        self._job: JobWatch | None = None
        self._instance_types: list[str] = []
        self._waits = 0
        self._ended_jobs = 0
        self._refused = ""
        self._linked = False
        self._waits_for = "the training job"
        self.record = RunRecord()
        self._news = shown_poll("attempts", self._read_news, aws, view)
        self._statuses = shown_poll("training job's statuses", self._describe, aws, view)
        self._logs = shown_poll("log lines", self._read_logs, aws, view)

    @property
    def polls(self) -> Sequence[Poll]:
        """The execution's history, the job's description and its log."""
        return self._news, self._statuses, self._logs

    def snapshot(self) -> TrainingSnapshot:
        """Return how the run is."""
        waiting = self._waits_for and f"Waiting for {self._waits_for}"
        record = self.record
        return TrainingSnapshot(
            waiting or (self._job and self._job.status) or "Running",
            self.age(),
            record.log_lines,
            record.metrics.latest,
            record.progress.text,
            record.progress.share,
        )

    def finish(self, final: dict[str, Any], sleep: Callable[[float], None]) -> None:
        """Show what came after the last polls: attempts, statuses and log lines."""
        for poll in (self._news, self._statuses):
            poll.run_at_once(self._clock, sleep)
        if self._job:
            # The service's clock tells whole seconds.
            lateness = max(0.0, service_time(final) - final["stopDate"].timestamp())
            arrival = min(_LOG_ARRIVAL_SECONDS, _LOG_ARRIVAL_SHARE * self.age())
            self._job.drain(arrival - lateness, sleep)

    def _read_news(self) -> float:
        for news in self._history.news():
            self._take(news)
        # While a job runs there is no news.
        job_runs = self._job is not None and self._job.exists and not self._job.ended
        return max(2.0, spacing(self.age()) * (4 if job_runs else 1))

    def _take(self, news: AttemptNews) -> None:
        match news:
            case Planned(instance_types):
                self._instance_types = instance_types
            case SeenAttempt():
                known = self.record.attempts
                if known and known[-1].job_name == news.job_name:
                    known[-1] = news  # A request that was not taken is sent again.
                    self._waits_for = "the training job"
                else:
                    self._begin(news)
                self._refused = ""
            case Submitted():
                self._link()
            case Refused(words):
                self._refused = words
            case Judged():
                self._explain(news)

    def _begin(self, attempt: SeenAttempt) -> None:
        self._end_job()
        self.record.attempts.append(attempt)
        self.record.metrics.define(attempt.metric_regexes)
        number = self._ended_jobs + 1
        which = f" (attempt {number})" if number > 1 else ""
        on = f" on {attempt.instances}" if attempt.instances else ""
        self._view.say(f"Training job{which}: {attempt.job_name}{on}")
        self._linked = False
        if attempt.elsewhere:
            self._waits_for = ""
            return
        self._waits_for = "the training job"
        self._job = JobWatch(self._aws, attempt, self._view, self.record, self._clock)
        self._statuses.hasten()
        self._logs.hasten()

    def _end_job(self) -> None:
        """Show the rest of the job that another follows."""
        if self._job:
            self._statuses.run_at_once(self._clock, lambda _: None)
            self._job.drain(0.0, lambda _: None)
        self._job = None

    def _link(self) -> None:
        """Name the pages of a job once it exists."""
        attempt = self.record.attempts[-1] if self.record.attempts else None
        if attempt is None or attempt.elsewhere or self._linked:
            return
        self._linked, self._waits_for = True, ""
        pages = links(self._arn, attempt.job_name)
        self._view.say(f"Job: {pages['training_job']}")
        self._view.say(f"Logs: {pages['logs']}")

    def _explain(self, verdict: Judged) -> None:
        """Say why another attempt follows, when, and on what."""
        ended, self._ended_jobs = self._ended_jobs, len(verdict.jobs)
        waits, self._waits = self._waits, verdict.waits
        if verdict.decision != "retry":
            return
        if len(verdict.jobs) > ended:
            self._end_job()
            self._waits_for = f"attempt {len(verdict.jobs) + 1}"
        if verdict.waits > waits:
            self._waits_for = "capacity"
        self._view.say(explanation(verdict, ended, self._instance_types, self._refused, waits))

    def _describe(self) -> float:
        job = self._job
        if job is None:
            return 1.0
        ran = not job.ended
        job.describe()
        if job.exists:
            self._link()
        if job.ended and ran:
            self._news.hasten()  # The execution ends next, or another attempt begins.
        return max(2.0, spacing(self.age()))

    def _read_logs(self) -> float:
        return self._job.read_logs() if self._job else 1.0
