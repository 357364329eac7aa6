"""Awaiting an execution: its state, its training job's statuses and its log lines, as they come.

Everything is one thread and one loop: each kind of call is a ``Poll`` with a due time of its own,
and only the execution's own poll decides when and how the waiting ends. The others show the run;
whatever happens to them, they never end the step.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kfp_component.aws.clients import Aws, service_time
from kfp_component.aws.errors import CallErrorKind, error_code, kind_of
from kfp_component.aws.remedies import cannot
from kfp_component.durations import duration
from kfp_component.watch.attempts import Attempt, AttemptHistory
from kfp_component.watch.logs import LogTail
from kfp_component.watch.metric_series import MetricSeries
from kfp_component.watch.progress import Snapshot, View
from kfp_component.watch.schedule import Poll, spacing
from training_job.links import links

_MOST_LAST_LINES = 60
# CloudWatch gets a job's last lines some seconds after the job ends.
_LOG_ARRIVAL_SECONDS = 4.0
_LOG_ARRIVAL_SHARE = 0.03
_MOST_DRAIN_SECONDS = 60.0
_DRAIN_PAUSE_SECONDS = 0.3
_MOST_TROUBLES = 10
# A permission may be a moment late; a role that lacks one says so this many times in a row.
_MOST_REFUSALS = 4
_NOT_YET_SECONDS = 300.0


@dataclass
class Record:
    """What was seen of a run, for the report and the last message."""

    attempts: list[Attempt] = field(default_factory=list)
    metrics: MetricSeries = field(default_factory=lambda: MetricSeries({}))
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_LAST_LINES))
    log_lines: int = 0


class Watch:
    """Follows one execution until it ends.

    Args:
        aws: Where it runs.
        execution_arn: Which one.
        view: Shows it.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        view: View,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws = aws
        self._arn = execution_arn
        self._view = view
        self._clock = clock
        self._began = clock()
        self._age_at_begin = 0.0
        self._next_heartbeat = self._began + view.heartbeat_seconds
        self._history = AttemptHistory(aws.states, execution_arn)
        self._tail: LogTail | None = None
        self._name_hosts = False
        self._shown: set[tuple[str, str, float]] = set()
        self._status = "Waiting for the training job"
        self._refusals = 0
        self.record = Record()
        self.final: dict[str, Any] | None = None
        self._execution = self._poll(self._describe_execution, self._execution_refused)
        self._attempts = self._poll(self._find_attempts, self._optional("history"))
        self._job = self._poll(self._describe_job, self._optional("training job's statuses"))
        self._logs = self._poll(self._read_logs, self._optional("log lines"))

    def step(self) -> float:
        """Makes the calls that are due; returns the seconds until the next one is."""
        now = self._clock()
        # Logs before the state: the lines up to the end are shown before the end.
        for poll in (self._attempts, self._job, self._logs, self._execution):
            poll.run(now)
            if self.final is not None:
                return 0.0
        self._heartbeat(now)
        due = min(poll.due for poll in (self._execution, self._attempts, self._job, self._logs))
        return max(0.05, min(due, self._next_heartbeat) - self._clock())

    def run(self, sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
        """Waits for the end of the execution, however long that takes.

        Returns:
            The DescribeExecution answer that says so.

        Raises:
            StepError: The execution cannot be observed, and time would not change that.
        """
        while self.final is None:
            sleep(self.step())
        self._finish(self.final, sleep)
        return self.final

    @property
    def age(self) -> float:
        """How long the execution has been running, in seconds."""
        return self._age_at_begin + self._clock() - self._began

    def _poll(self, call: Callable[[], float | None], refused: Callable[[Exception], bool]) -> Poll:
        return Poll(call, refused, self._renew)

    def _renew(self) -> None:
        self._aws.renew()
        self._history.states = self._aws.states

    def _describe_execution(self) -> float | None:
        answer = self._aws.states.describe_execution(executionArn=self._arn)
        self._refusals = 0
        self._learn_age(answer)
        if answer["status"] != "RUNNING":
            self.final = answer
            return None
        return spacing(self.age)

    def _learn_age(self, answer: dict[str, Any]) -> None:
        """Counts the run's time by the service's clock: the pod's own may be wrong."""
        ended = answer.get("stopDate")
        until = ended.timestamp() if ended else service_time(answer)
        age = until - answer["startDate"].timestamp()
        self._age_at_begin = max(0.0, age - (self._clock() - self._began))

    def _execution_refused(self, error: Exception) -> bool:
        if error_code(error) == "ExecutionDoesNotExist":
            # DescribeExecution is eventually consistent.
            if self._clock() - self._began < _NOT_YET_SECONDS:
                return True
        else:
            self._refusals += 1
            if self._refusals < _MOST_REFUSALS:
                return True
        raise cannot(
            f"await {self._arn}, which goes on without this step (a retry joins it)", error
        ) from error

    def _optional(self, what: str) -> Callable[[Exception], bool]:
        def refused(error: Exception) -> bool:
            code = error_code(error) or type(error).__name__
            self._view.say(f"The {what} cannot be shown here ({code}); the run is not affected.")
            return False

        return refused

    def _find_attempts(self) -> float | None:
        for attempt in self._history.new_attempts():
            self._begin(attempt)
        # A job of ours that has not ended is the newest attempt; else another may follow.
        return max(2.0, spacing(self.age) * (4 if self.record.attempts else 1))

    def _begin(self, attempt: Attempt) -> None:
        if self._tail:
            self._drained(self._tail)
        self.record.attempts.append(attempt)
        self.record.metrics.define(attempt.metric_regexes)
        number = len(self.record.attempts)
        which = f" (attempt {number})" if number > 1 else ""
        on = (
            f" on {attempt.instance_count} x {attempt.instance_type}"
            if attempt.instance_type
            else ""
        )
        self._view.say(f"Training job{which}: {attempt.job_name}{on}")
        if attempt.elsewhere:
            self._tail = None
            return
        pages = links(self._arn, attempt.job_name)
        self._view.say(f"Job: {pages['training_job']}")
        self._view.say(f"Logs: {pages['logs']}")
        self._name_hosts = attempt.instance_count > 1
        self._tail = LogTail(
            self._aws, attempt.job_name, attempt.instance_count, self._take_line, self._clock
        )
        self._job.hasten()
        self._logs.hasten()

    def _take_line(self, host: str, line: str) -> None:
        text = line.rstrip("\n")
        self.record.log_lines += 1
        self.record.last_lines.append(text)
        self.record.metrics.take(text)
        self._view.log(host if self._name_hosts else "", text)

    def _read_logs(self) -> float | None:
        if self._tail is None:
            return 1.0
        try:
            return self._tail.poll()
        finally:
            self._view.flush()

    def _describe_job(self) -> float | None:
        attempt = self.record.attempts[-1] if self.record.attempts else None
        if attempt is None or attempt.elsewhere:
            return 1.0
        description = self._aws.describe_training_job(attempt.job_name)
        self._show_transitions(attempt.job_name, description)
        if description.get("TrainingJobStatus") not in ("InProgress", "Stopping"):
            # The execution ends next, or another attempt begins.
            self._attempts.hasten()
        return max(2.0, spacing(self.age))

    def _show_transitions(self, job_name: str, description: dict[str, Any]) -> None:
        begin = float(description.get("CreationTime") or 0)
        before: tuple[str, float] | None = None
        for transition in description.get("SecondaryStatusTransitions") or []:
            name, start = str(transition["Status"]), float(transition["StartTime"])
            if (job_name, name, start) not in self._shown:
                self._shown.add((job_name, name, start))
                self._status = name
                message = transition.get("StatusMessage")
                took = f"; {before[0]} took {duration(start - before[1])}" if before else ""
                self._view.status(
                    name,
                    f"({duration(start - begin)} after the job's start{took})"
                    + (f": {message}" if message else ""),
                )
            before = (name, start)

    def _heartbeat(self, now: float) -> None:
        if now < self._next_heartbeat:
            return
        self._next_heartbeat = now + self._view.heartbeat_seconds
        record = self.record
        limit = record.attempts[-1].max_run if record.attempts else 0
        self._view.still(
            Snapshot(self._status, self.age, limit, record.log_lines, record.metrics.latest)
        )
        if self._execution.trouble:
            self._view.say(f"Step Functions has not answered lately: {self._execution.trouble}")

    def _finish(self, final: dict[str, Any], sleep: Callable[[float], None]) -> None:
        """Shows what came after the last poll: attempts, statuses and log lines."""
        for poll in (self._attempts, self._job):
            poll.hasten()
            poll.run(self._clock())
        if self._tail is None:
            return
        lateness = service_time(final) - final["stopDate"].timestamp()
        arrival = min(_LOG_ARRIVAL_SECONDS, _LOG_ARRIVAL_SHARE * self.age) - lateness
        self._drain(self._tail, arrival, sleep)

    def _drain(self, tail: LogTail, arrival: float, sleep: Callable[[float], None]) -> None:
        """Shows lines until none come for ``arrival`` seconds after the end, within bounds."""
        began = self._clock()
        troubles = 0
        tail.look_again()
        while self._clock() - began < _MOST_DRAIN_SECONDS and troubles < _MOST_TROUBLES:
            lines, trouble = self._drained(tail)
            troubles = troubles + 1 if trouble and not lines else 0
            if not lines and not trouble and self._clock() - began >= arrival:
                return
            if not lines:
                sleep(_DRAIN_PAUSE_SECONDS)
        self._view.say("The log goes on in CloudWatch; the rest of it is not shown here.")

    def _drained(self, tail: LogTail) -> tuple[int, bool]:
        """Returns how many lines there were, and whether there are more to ask for."""
        before = self.record.log_lines
        try:
            tail.drain()
        except Exception as error:
            # Showing lines is never the reason for a failure; a refusal ends it at once.
            trouble = kind_of(error) is not CallErrorKind.PERMANENT
        else:
            trouble = False
        return self.record.log_lines - before, trouble
