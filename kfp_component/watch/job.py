"""Showing one training job while it runs: its statuses and its log lines, as they come."""

from collections.abc import Callable

from kfp_component.aws.clients import Aws
from kfp_component.aws.errors import CallErrorKind, error_code, kind_of
from kfp_component.durations import duration
from kfp_component.record.record import LogLine, RunRecord, SeenAttempt, Transition
from kfp_component.watch.logs import LogTail
from kfp_component.watch.progress import View
from training_job.outcome.description import RUNNING

# What SageMaker says of a job that it does not know, or not yet: "Requested resource not found."
_UNKNOWN_JOB = "ValidationException"
_MOST_DRAIN_SECONDS = 60.0
_DRAIN_PAUSE_SECONDS = 0.3
_SHORTEST_PAUSE_SECONDS = 0.05
_MOST_TROUBLES = 10


class JobWatch:
    """Follows one training job.

    Args:
        aws: Where it runs.
        attempt: The job.
        view: Shows it.
        record: Keeps what was shown.
        clock: A monotonic clock, in seconds.

    Attributes:
        exists: Whether SageMaker has described it.
        status: Its secondary status; '' until it is known.
        ended: Whether it has ended.
    """

    def __init__(
        self,
        aws: Aws,
        attempt: SeenAttempt,
        view: View,
        record: RunRecord,
        clock: Callable[[], float],
    ) -> None:
        self._aws = aws
        self._attempt = attempt
        self._view = view
        self._record = record
        self._clock = clock
        self._tail = LogTail(aws, attempt.job_name, attempt.instance_count, self._take_line, clock)
        self._shown: set[tuple[str, float]] = set()
        self._trainings = 0
        self.exists = False
        self.status = ""
        self.ended = False

    def describe(self) -> None:
        """Show the statuses that are new; a job that is not there yet has none."""
        try:
            description = self._aws.sagemaker.describe_training_job(
                TrainingJobName=self._attempt.job_name
            )
        except Exception as error:
            if error_code(error) == _UNKNOWN_JOB:
                return
            raise
        self.exists = True
        entries = description.get("SecondaryStatusTransitions") or []
        transitions = [Transition.from_json(entry) for entry in entries]
        self._record.transitions[self._attempt.job_name] = transitions
        self._show(transitions)
        self.ended = description.get("TrainingJobStatus", "InProgress") not in RUNNING

    def read_logs(self) -> float:
        """Show the lines that are new, some pages at most; return when to ask again."""
        try:
            return self._tail.poll()
        finally:
            self._view.flush()

    def drain(self, arrival: float, sleep: Callable[[float], None]) -> None:
        """Show lines until none come for some seconds, within bounds.

        Args:
            arrival: How many seconds after now a last line may come.
            sleep: Waits for a number of seconds.
        """
        began = self._clock()
        troubles = 0
        self._tail.look_again()
        while self._clock() - began < _MOST_DRAIN_SECONDS and troubles < _MOST_TROUBLES:
            lines, trouble = self._drained()
            troubles = troubles + 1 if trouble and not lines else 0
            left = arrival - (self._clock() - began)
            if not lines and not trouble and left <= 0:
                return
            if not lines:
                shortest = _DRAIN_PAUSE_SECONDS if trouble else _SHORTEST_PAUSE_SECONDS
                sleep(min(_DRAIN_PAUSE_SECONDS, max(left, shortest)))
        self._view.say("The log goes on in CloudWatch; the rest of it is not shown here.")

    def _drained(self) -> tuple[int, bool]:
        """Return how many lines there were, and whether a call went wrong that may go well."""
        before = self._record.log_lines
        trouble = False
        try:
            self._tail.drain()
        except Exception as error:
            # Showing lines is never the reason for a failure; a refusal ends it at once.
            trouble = kind_of(error) is not CallErrorKind.PERMANENT
        return self._record.log_lines - before, trouble

    def _show(self, transitions: list[Transition]) -> None:
        before: Transition | None = None
        for each in transitions:
            if (each.status, each.start) not in self._shown:
                self._shown.add((each.status, each.start))
                self.status = each.status
                since = duration(each.start - transitions[0].start)
                took = ""
                if before:
                    took = f"; {before.status} took {duration(each.start - before.start)}"
                message = f": {each.message}" if each.message else ""
                self._view.status(each.status, f"({since} after the job's start{took}){message}")
                self._look_for_streams(each.status)
            before = each

    def _look_for_streams(self, status: str) -> None:
        """After an interruption the job's hosts are others, with new streams."""
        if status == "Training":
            self._trainings += 1
            if self._trainings > 1:
                self._tail.expect_more(self._attempt.instance_count)

    def _take_line(self, host: str, text: str) -> None:
        line = LogLine(host if self._attempt.instance_count > 1 else "", text.rstrip("\n"))
        self._record.take(line)
        self._view.log(line.host, line.text)
