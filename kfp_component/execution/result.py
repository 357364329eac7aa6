"""How an execution ended, read from its final DescribeExecution answer.

Whatever the state machine says is read with care: the ARN may name another state machine, a cause
may be plain text or empty, and an execution may have been stopped or timed out.
"""

import json
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

# Of an execution that succeeded, but of another state machine than the step is for.
UNEXPECTED_OUTPUT = "UnexpectedOutput"


@dataclass(frozen=True)
class _Succeeded:
    """There is a model. `output` is the execution's output."""

    output: dict[str, Any]

    @property
    def model_artifact_url(self) -> str:
        """The model's S3 URL; of a sweep, that of the best configuration's best model."""
        return str(self.output["model_artifact_url"])

    @property
    def job_name(self) -> str:
        """The name of the training job that made it."""
        return str(self.output["job_name"])

    @property
    def spot_saving_percent(self) -> float | None:
        """What managed spot training saved, in percent; None if nothing is known."""
        trained = self.output.get("training_seconds")
        billed = self.output.get("billable_seconds")
        if not isinstance(trained, int | float) or not isinstance(billed, int | float):
            return None
        return round((1 - billed / trained) * 100, 1) if 0 <= billed < trained else None


@dataclass(frozen=True)
class Trained(_Succeeded):
    """There is a model, of one training."""

    needed: ClassVar[dict[str, type]] = {
        "model_artifact_url": str,
        "job_name": str,
        "training_image": str,
    }
    machine: ClassVar[str] = "of stack RlTraining"

    @property
    def training_image(self) -> str:
        """The image that was trained with."""
        return str(self.output["training_image"])

    @property
    def final_metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return _mapping(self.output.get("final_metrics"))


@dataclass(frozen=True)
class Swept(_Succeeded):
    """There is a model, of the best of many trials: training_sweep/results/output.py."""

    needed: ClassVar[dict[str, type]] = {
        "model_artifact_url": str,
        "job_name": str,
        "best_hyperparameters": dict,
        "best_seed": int,
        "best": dict,
        "objective": dict,
        "counts": dict,
        "configurations": list,
        "trials": dict,
    }
    machine: ClassVar[str] = "of sweeps (output SweepStateMachineArn of stack RlTraining)"

    @property
    def metric(self) -> str:
        """The objective."""
        return str(self.output["objective"].get("metric"))

    @property
    def trials(self) -> list[dict[str, Any]]:
        """Every trial by the names of its columns; '' is what there is none of."""
        table = self.output["trials"]
        columns = table.get("columns") or []
        return [dict(zip(columns, row, strict=False)) for row in table.get("rows") or []]

    @property
    def configurations(self) -> list[dict[str, Any]]:
        """Every configuration with its statistics, the best first, those without a result last."""
        sign = 1 if self.output["objective"].get("type") == "minimize" else -1
        best = self.output["best"].get("configuration")
        return sorted(
            _objects(self.output["configurations"]),
            key=lambda each: (
                each.get("configuration") != best,
                "iqm" not in each,
                sign * each.get("iqm", 0.0),
            ),
        )


@dataclass(frozen=True)
class DryRun:
    """Nothing was started because `dry_run` was true. `output` has the resolved request."""

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


Ended = TypeVar("Ended", Trained, Swept)


def read_result(description: dict[str, Any], wanted: type[Ended]) -> Ended | DryRun | NotTrained:
    """Read a DescribeExecution answer whose status is not RUNNING.

    Args:
        description: The answer.
        wanted: What a success is: `Trained` or `Swept`.

    Example:
        >>> read_result({"status": "ABORTED"}, Trained).message
        'The execution was stopped.'
    """
    if description["status"] != "SUCCEEDED":
        return _not_trained(description)
    output = _json_object(description.get("output"))
    if output.get("dry_run") is True:
        return DryRun(output)
    missing = [
        name
        for name, kind in wanted.needed.items()
        if not isinstance(output.get(name), kind) or output[name] == ""
    ]
    if not missing:
        return wanted(output)
    return NotTrained(
        UNEXPECTED_OUTPUT,
        f"The execution succeeded, but its output has no {', '.join(missing)}: state_machine_arn "
        f"is not the state machine {wanted.machine}, or one of another version than this "
        "component.",
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
