"""The facts of a DescribeTrainingJob document that decide, whatever it lacks or holds.

The fields come from AWS; nothing about them is taken for granted, since a judge that raises would
leave a paid job without one.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from training_job.job_name import OWNER_VARIABLE

RUNNING = frozenset({"InProgress", "Stopping"})
"""Statuses of a training job, and of the evaluation of a rule, that has yet to end."""

_KEPT_TRANSITIONS = 50
_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Description:
    """What is known of a training job.

    Attributes:
        status: `TrainingJobStatus`; empty when the document has none.
        secondary_status: `SecondaryStatus`.
        failure_reason: The first 2000 characters of `FailureReason`.
        created_at: When the job was created; None when the document does not tell.
        owner: ARN of the execution that made the job, by its environment; empty when that does not
            tell, as with a default name.
        model_artifact_url: S3 URL of the model; empty when there is none.
        rules: Debugger rule evaluations as {name, status, details}.
        document: The document itself.
    """

    status: str
    secondary_status: str
    failure_reason: str
    created_at: datetime | None
    owner: str
    model_artifact_url: str
    rules: list[dict[str, str]]
    document: dict[str, Any]

    @property
    def rules_running(self) -> bool:
        """Whether a rule evaluation has yet to end."""
        return any(rule["status"] in RUNNING for rule in self.rules)

    def rules_that(self, status: str) -> list[str]:
        """Return the names of the rules whose evaluation has this status."""
        return [rule["name"] for rule in self.rules if rule["status"] == status]


def describe(document: Any) -> Description | None:
    """Return the facts of a DescribeTrainingJob document; None when there is no document."""
    if not isinstance(document, dict) or not document:
        return None
    artifacts = _map(document.get("ModelArtifacts"))
    return Description(
        status=_text(document.get("TrainingJobStatus")),
        secondary_status=_text(document.get("SecondaryStatus")),
        failure_reason=_text(document.get("FailureReason")),
        created_at=moment(document.get("CreationTime")),
        owner=_text(_map(document.get("Environment")).get(OWNER_VARIABLE)),
        model_artifact_url=_text(artifacts.get("S3ModelArtifacts")),
        rules=[_rule(rule) for rule in _maps(document.get("DebugRuleEvaluationStatuses"))],
        document=document,
    )


def results(description: Description) -> dict[str, Any]:
    """Return what the execution's output tells of the job beyond its verdict."""
    document = description.document
    return {
        "training_job_arn": _text(document.get("TrainingJobArn")),
        "training_image": _text(_map(document.get("AlgorithmSpecification")).get("TrainingImage")),
        "final_metrics": {
            _text(metric.get("MetricName")): metric["Value"]
            for metric in _maps(document.get("FinalMetricDataList"))
            if isinstance(metric.get("Value"), int | float) and math.isfinite(metric["Value"])
        },
        "training_seconds": _number(document.get("TrainingTimeInSeconds")),
        "billable_seconds": _number(document.get("BillableTimeInSeconds")),
        "timeline": [
            _transition(item)
            for item in _maps(document.get("SecondaryStatusTransitions"))[-_KEPT_TRANSITIONS:]
        ],
        **_tensorboard(document),
    }


def _tensorboard(document: dict[str, Any]) -> dict[str, str]:
    """Return where the job's TensorBoard files are; nothing where they are not kept."""
    path = _text(_map(document.get("TensorBoardOutputConfig")).get("S3OutputPath"))
    name = _text(document.get("TrainingJobName"))
    place = f"{path.rstrip('/')}/{name}/tensorboard-output"
    return {"tensorboard_path": place} if path else {}


def moment(value: Any) -> datetime | None:
    """Return the time meant by ISO 8601 text, epoch seconds or epoch milliseconds; else None."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.replace("Z", "+00:00"))
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > 100_000_000_000 else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def iso(value: datetime | None) -> str:
    """Return ISO 8601 text in UTC with milliseconds; empty for None."""
    if value is None:
        return ""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rule(rule: dict[str, Any]) -> dict[str, str]:
    return {
        "name": _text(rule.get("RuleConfigurationName")),
        "status": _text(rule.get("RuleEvaluationStatus")),
        "details": _text(rule.get("StatusDetails")),
    }


def _transition(item: dict[str, Any]) -> dict[str, str]:
    return {
        "status": _text(item.get("Status")),
        "started_at": iso(moment(item.get("StartTime"))),
        "ended_at": iso(moment(item.get("EndTime"))),
        "message": _text(item.get("StatusMessage"))[:200],
    }


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**53 else 0


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[dict[str, Any]]:
    """Return a list's maps. JSONata unwraps lists of one, so that a map stands for [map]."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]
