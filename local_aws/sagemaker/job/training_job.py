"""A training job: what was asked for, how far it has come, and what DescribeTrainingJob says.

One class, because every change of a job happens under its one lock.
Statuses and transitions follow
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.job.statuses import FINAL_STATUS, MESSAGES
from local_aws.sagemaker.job.warm_pool import warm_pool_status
from local_aws.sagemaker.reporting.metrics import FinalMetrics
from local_aws.sagemaker.reporting.rule_evaluations import RuleEvaluations

FAILURE_REASON_LIMIT = 1024
"""Longest FailureReason, in characters."""

SPOT_BILLED_SHARE = 0.3
"""Share of its training time that a managed spot job is billed for (on AWS the price decides)."""

_BEFORE_UPLOAD = frozenset({"Starting", "Downloading", "Training", "Interrupted"})


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


class TrainingJob:
    """One training job and its state; safe to use from several threads.

    Args:
        request: The checked CreateTrainingJob request.
        arn: The job's ARN.
        now: The clock.
        on_change: Called with the job after each change of status, outside its lock.

    Attributes:
        done: Set once the job has ended and its artifacts are uploaded.
        wake: Set when the thread that runs the job has something new to look at.
        tags: The job's tags, by key.
        rules: Evaluations of the debugger rules of the request.
        imposed: Final secondary status and failure reason that :meth:`end_as` asked for.
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        arn: str,
        *,
        now: Callable[[], datetime] = utc_now,
        on_change: Callable[[TrainingJob], None] = lambda _: None,
    ) -> None:
        self.request = copy.deepcopy(dict(request))
        self.name: str = self.request["TrainingJobName"]
        self.arn = arn
        self.tags = {tag["Key"]: tag["Value"] for tag in self.request.pop("Tags", None) or []}
        self.done = threading.Event()
        self.wake = threading.Event()
        self.status = "InProgress"
        self.secondary_status = "Starting"
        self.model_artifacts: str | None = None
        self.failure_reason: str | None = None
        self._now, self._on_change = now, on_change
        self._lock = threading.RLock()
        self.created = self.modified = now()
        self.training_started: datetime | None = None
        self.training_ended: datetime | None = None
        self._transitions: list[dict[str, Any]] = []
        self._interrupt = False
        self.imposed: tuple[str, str | None] | None = None
        algorithm = self.request["AlgorithmSpecification"]
        self.metrics = FinalMetrics(algorithm.get("MetricDefinitions") or [])
        self.rules = RuleEvaluations(self.request, self.created)
        self._append("Starting")

    @property
    def stopping(self) -> bool:
        """Whether the job was asked to stop, or has run out of time, and has not ended yet."""
        return self.status == "Stopping"

    @property
    def spot(self) -> bool:
        """Whether the job uses managed spot training."""
        return bool(self.request.get("EnableManagedSpotTraining"))

    def enter(self, secondary: str) -> None:
        """Go on to a secondary status; a job that is being stopped only goes on to Uploading."""
        with self._lock:
            if self.stopping and secondary in _BEFORE_UPLOAD:
                return
            if secondary == "Training" and self.training_started is None:
                self.training_started = self._now()
            self._append(secondary)
        self._on_change(self)

    def announce(self) -> None:
        """Report the job's status as it is, for the first time."""
        self._on_change(self)

    def stop(self) -> None:
        """Ask the job to stop; asking again while it stops does nothing.

        Raises:
            SageMakerError: `ValidationException` when the job has ended.
        """
        with self._lock:
            if self.stopping:
                return
            if self.status != "InProgress":
                raise validation_error(
                    f"The request was rejected because the training job is in status {self.status}."
                )
            self.status = "Stopping"
            self._append("Stopping")
        self._on_change(self)
        self.wake.set()

    def run_out_of_time(self) -> None:
        """Begin to stop the job because its time is over."""
        with self._lock:
            if not self.stopping:
                self.status = "Stopping"
                self._append("Stopping")
        self._on_change(self)

    def interrupt(self) -> None:
        """Take the job's instances away once, as a reclaimed Spot instance would be.

        Raises:
            SageMakerError: `ValidationException` unless it is a managed spot job in Training.
        """
        with self._lock:
            if not self.spot or self.secondary_status != "Training":
                kind = "a managed spot job" if self.spot else "not a managed spot job"
                raise validation_error(
                    f"Only a managed spot job in Training can be interrupted; {self.name} is "
                    f"{kind} in {self.secondary_status}."
                )
            self._interrupt = True
        self.wake.set()

    def take_interruption(self) -> bool:
        """Return whether an interruption is due, and count it as taken."""
        with self._lock:
            due, self._interrupt = self._interrupt, False
            return due

    def end_as(self, secondary: str, failure_reason: str | None = None) -> None:
        """Let a job that runs end with this final status, whatever its script does."""
        with self._lock:
            if self.status != "InProgress":
                return
            self.imposed = (secondary, failure_reason)
            if FINAL_STATUS[secondary] == "Stopped":
                self.run_out_of_time()
        self.wake.set()

    def training_is_over(self) -> None:
        """Note the end of the training time."""
        with self._lock:
            if self.training_started is not None:
                self.training_ended = self._now()

    def finish(self, secondary: str, *, failure_reason: str | None = None) -> None:
        """End the job: its last transition, its rules, and then :attr:`done`.

        A job that was asked to stop while it uploaded has stopped, although nothing was lost.
        """
        with self._lock:
            if self.stopping and secondary == "Completed":
                secondary = "Stopped"
            if self.training_ended is None:
                self.training_is_over()
            self.failure_reason = failure_reason and failure_reason[:FAILURE_REASON_LIMIT]
            self.status = FINAL_STATUS[secondary]
            self._append(secondary)
            self._transitions[-1]["EndTime"] = self.modified
            self.rules.finish(self.status, self.modified)
        self._on_change(self)
        self.done.set()

    def describe(self) -> dict[str, Any]:
        """Return the DescribeTrainingJob document, with aware datetimes."""
        with self._lock:
            document = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.secondary_status,
                **_with_defaults(self.request),
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "SecondaryStatusTransitions": copy.deepcopy(self._transitions),
                "FinalMetricDataList": self.metrics.describe(),
                **self.rules.describe(),
                **self._times(),
                **self._warm_pool(),
            }
            if self.model_artifacts:
                document["ModelArtifacts"] = {"S3ModelArtifacts": self.model_artifacts}
            if self.failure_reason:
                document["FailureReason"] = self.failure_reason
            return document

    def _times(self) -> dict[str, Any]:
        times: dict[str, Any] = {}
        if self.training_started:
            times["TrainingStartTime"] = self.training_started
        if self.training_started and self.training_ended:
            seconds = max(1, round((self.training_ended - self.training_started).total_seconds()))
            billed = max(1, round(seconds * SPOT_BILLED_SHARE)) if self.spot else seconds
            times["TrainingEndTime"] = self.training_ended
            times["TrainingTimeInSeconds"] = seconds
            times["BillableTimeInSeconds"] = billed
        return times

    def _warm_pool(self) -> dict[str, Any]:
        period = self.request["ResourceConfig"].get("KeepAlivePeriodInSeconds")
        if not period:
            return {}
        ended = None if self.status not in FINAL_STATUS.values() else self.modified
        return {"WarmPoolStatus": warm_pool_status(period, ended, self._now())}

    def _append(self, secondary: str) -> None:
        self.modified = self._now()
        self.secondary_status = secondary
        if self._transitions:
            self._transitions[-1]["EndTime"] = self.modified
        self._transitions.append(
            {
                "Status": secondary,
                "StartTime": self.modified,
                "StatusMessage": MESSAGES[secondary],
            }
        )


def _with_defaults(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request as Describe echoes it: the three switches are always there."""
    switches = (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    )
    return {**dict.fromkeys(switches, False), **copy.deepcopy(dict(request))}
