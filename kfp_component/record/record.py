"""What was seen of a training run, for the report and the last message."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from kfp_component.record.metric_series import MetricSeries
from kfp_component.record.script_progress import ScriptProgress

_MOST_LAST_LINES = 60


@dataclass(frozen=True)
class SeenAttempt:
    """A training job that an execution is about to create.

    Attributes:
        job_name: The training job's name.
        instance_type: What it runs on; '' if the request does not say. Of instance groups, the
            count and type of each, such as "1 x ml.g5.xlarge + 4 x ml.c5.2xlarge".
        instance_count: On how many hosts, in all.
        metric_regexes: The regular expression of each metric, by name.
        elsewhere: Whether it runs under an assumed role, so that our role cannot see it.
    """

    job_name: str
    instance_type: str
    instance_count: int
    metric_regexes: dict[str, str]
    elsewhere: bool

    @classmethod
    def from_request(cls, request: Mapping[str, Any], elsewhere: bool) -> Self:
        """Read a CreateTrainingJob request."""
        resources = request.get("ResourceConfig", {})
        groups = resources.get("InstanceGroups", [])
        in_groups = " + ".join(
            f"{each['InstanceCount']} x {each['InstanceType']}" for each in groups
        )
        count = sum(int(each["InstanceCount"]) for each in groups)
        definitions = request.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
        return cls(
            job_name=request["TrainingJobName"],
            instance_type=in_groups or resources.get("InstanceType", ""),
            instance_count=count or int(resources.get("InstanceCount", 1)),
            metric_regexes={item["Name"]: item["Regex"] for item in definitions},
            elsewhere=elsewhere,
        )

    @property
    def instances(self) -> str:
        """What it runs on, such as "2 x ml.m5.large"; '' if the request does not say."""
        if not self.instance_type or " x " in self.instance_type:
            return self.instance_type
        return f"{self.instance_count} x {self.instance_type}"


class LogLine(NamedTuple):
    """A line of a job's log; `host` is '' if there is only one."""

    host: str
    text: str

    def __str__(self) -> str:
        """Return the line after its host."""
        return f"{self.host} | {self.text}" if self.host else self.text


class Transition(NamedTuple):
    """A secondary status that a training job entered, and when, in seconds since the epoch."""

    status: str
    start: float
    end: float | None
    message: str

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry of `SecondaryStatusTransitions`.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
        """
        end = entry.get("EndTime")
        return cls(
            str(entry["Status"]),
            _seconds(entry["StartTime"]),
            None if end is None else _seconds(end),
            str(entry.get("StatusMessage") or ""),
        )


@dataclass
class RunRecord:
    """What was seen of a run.

    Attributes:
        attempts: The training jobs that it set out to create, oldest first.
        transitions: The statuses of each job that was described, by its name.
        metrics: What its lines said of the metrics.
        progress: What they said of the script's progress.
        last_lines: The last of them.
        log_lines: How many there were.
    """

    attempts: list[SeenAttempt] = field(default_factory=list)
    transitions: dict[str, list[Transition]] = field(default_factory=dict)
    metrics: MetricSeries = field(default_factory=lambda: MetricSeries({}))
    progress: ScriptProgress = field(default_factory=ScriptProgress)
    last_lines: deque[LogLine] = field(default_factory=lambda: deque(maxlen=_MOST_LAST_LINES))
    log_lines: int = 0

    def take(self, line: LogLine) -> None:
        """Keep what a line says."""
        self.log_lines += 1
        self.last_lines.append(line)
        self.metrics.take(line.text, line.host)
        self.progress.take(line.text)

    def unmatched(self, found_by_sagemaker: Mapping[str, Any]) -> list[str]:
        """Return a note on each metric definition that matched no line of a log that was read."""
        if not self.log_lines:
            return []
        return [
            f"metric_definitions: {name} matched no line of the log: {regex}"
            for name, regex in self.metrics.never_matched.items()
            if name not in found_by_sagemaker
        ]


def _seconds(value: datetime | float) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)
