"""How an execution ended, read from its final DescribeExecution answer.

Whatever the state machine says is read with care: the ARN may name another state machine, a cause
may be plain text or empty, and an execution may have been stopped or timed out.
"""

import json
from dataclasses import dataclass
from typing import Any

# Exit code 2, "the arguments are wrong", is for this error; every other failure is 1.
INVALID_ARGUMENTS = "InvalidArguments"


@dataclass(frozen=True)
class Trained:
    """There is a model. ``output`` is the execution's output."""

    output: dict[str, Any]

    @property
    def model_artifact_url(self) -> str:
        """The model's S3 URL."""
        return str(self.output["model_artifact_url"])

    @property
    def job_name(self) -> str:
        """The training job's name."""
        return str(self.output["job_name"])

    @property
    def training_image(self) -> str:
        """The image that was trained with."""
        return str(self.output["training_image"])

    @property
    def final_metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return _mapping(self.output.get("final_metrics"))

    @property
    def spot_saving_percent(self) -> float | None:
        """What managed spot training saved, in percent; None if nothing is known."""
        trained = self.output.get("training_seconds")
        billed = self.output.get("billable_seconds")
        if not isinstance(trained, int | float) or not isinstance(billed, int | float):
            return None
        return round((1 - billed / trained) * 100, 1) if 0 <= billed < trained else None


@dataclass(frozen=True)
class DryRun:
    """Nothing was started because ``dry_run`` was true. ``output`` has the resolved request."""

    output: dict[str, Any]


@dataclass(frozen=True)
class NotTrained:
    """There is no model.

    Attributes:
        error: The name of the error; ABORTED or TIMED_OUT if Step Functions ended the execution.
        message: What happened, for a person.
        facts: What else the cause says.
    """

    error: str
    message: str
    facts: dict[str, Any]

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The training jobs that there were, oldest first."""
        return _objects(self.facts.get("attempts"))

    @property
    def job_name(self) -> str:
        """The name of the last training job; '' if none was made."""
        name = self.facts.get("job_name")
        made = [attempt.get("job_name") for attempt in self.attempts]
        return name if isinstance(name, str) and name in made else ""

    @property
    def problems(self) -> list[str]:
        """What is wrong with the arguments."""
        return [
            f"{problem.get('argument', '')}: {problem.get('message', '')}"
            for problem in _objects(self.facts.get("problems"))
        ]


Result = Trained | DryRun | NotTrained


def read_result(description: dict[str, Any]) -> Result:
    """Read a DescribeExecution answer whose status is not RUNNING.

    Example:
        >>> read_result({"status": "ABORTED"}).message
        'The execution was stopped.'
    """
    if description["status"] != "SUCCEEDED":
        return _not_trained(description)
    output = _json_object(description.get("output"))
    if output.get("dry_run") is True:
        return DryRun(output)
    missing = [
        name
        for name in ("model_artifact_url", "job_name", "training_image")
        if not isinstance(output.get(name), str) or not output[name]
    ]
    if not missing:
        return Trained(output)
    return NotTrained(
        "UnexpectedOutput",
        "The execution succeeded, but its output has no "
        f"{', '.join(missing)}: state_machine_arn is not the state machine of stack RlTraining, "
        "or one of another version than this component.",
        {},
    )


def _not_trained(description: dict[str, Any]) -> NotTrained:
    status = str(description["status"])
    cause = description.get("cause") or ""
    facts = _json_object(cause)
    error = str(description.get("error") or status)
    message = facts.pop("message", None) or (cause if not facts else "") or _without_cause(status)
    return NotTrained(error, str(message).strip(), facts)


def _without_cause(status: str) -> str:
    return {
        "ABORTED": "The execution was stopped.",
        "TIMED_OUT": "The execution ran into its time limit.",
    }.get(status, "The execution gave no reason; its history in the Step Functions console does.")


def _json_object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
