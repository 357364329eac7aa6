"""Writing a task's outputs where Kubeflow Pipelines reads them.

KFP fails a task whose declared output is missing, refuses null in an artifact's metadata, and
refuses an artifact whose URI lies outside the pipeline root: so every output is always written,
nulls are left out, and the artifacts keep the URIs that KFP chose. The Model artifact is a small
manifest that says where the real one is.
"""

import json
import math
from pathlib import Path
from typing import Any

from kfp_component.execution.result import Trained
from kfp_component.task_input.executor_input import ExecutorInput, OutputArtifact


def write_outputs(task: ExecutorInput, execution_arn: str, trained: Trained, report: str) -> None:
    """Write the parameters, the artifacts and, last, the file that lists them.

    Args:
        task: Says where each goes.
        execution_arn: The execution that trained.
        trained: Its result.
        report: The report's HTML.

    Raises:
        OSError: One cannot be written.

    Example:
        >>> write_outputs(task, execution_arn, trained, render(report))  # doctest: +SKIP
    """
    parameters = {
        "model_artifact_url": trained.model_artifact_url,
        "job_name": trained.job_name,
        "training_image": trained.training_image,
        "execution_arn": execution_arn,
    }
    model = model_metadata(execution_arn, trained)
    metadata = {"model": model, "metrics": metrics_metadata(trained), "report": {}}
    _write(task.artifacts["model"].path, json.dumps(model, indent=2) + "\n")
    _write(task.artifacts["metrics"].path, json.dumps(metadata["metrics"], indent=2) + "\n")
    _write(task.artifacts["report"].path, report)
    for name, value in parameters.items():
        _write(task.parameter_files[name], value)
    listing = {
        "parameterValues": parameters,
        "artifacts": {
            name: _listed(artifact, metadata[name]) for name, artifact in task.artifacts.items()
        },
    }
    _write(task.output_file, json.dumps(listing))


def model_metadata(execution_arn: str, trained: Trained) -> dict[str, Any]:
    """Return where the model is, what made it, and how good it was at the end."""
    output = trained.output
    return _without_nulls(
        {
            "s3_uri": trained.model_artifact_url,
            "job_name": trained.job_name,
            "training_job_arn": output.get("training_job_arn"),
            "training_image": trained.training_image,
            "execution_arn": execution_arn,
            "status": output.get("status"),
            "secondary_status": output.get("secondary_status"),
            "tensorboard_path": output.get("tensorboard_path"),
            "metrics": trained.final_metrics,
        }
    )


def metrics_metadata(trained: Trained) -> dict[str, Any]:
    """Return the scalars that KFP's run comparison shows."""
    return _without_nulls(
        {
            **trained.final_metrics,
            "training_seconds": trained.output.get("training_seconds"),
            "billable_seconds": trained.output.get("billable_seconds"),
            "spot_saving_percent": trained.spot_saving_percent,
        }
    )


def _listed(artifact: OutputArtifact, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"artifacts": [{"name": artifact.name, "uri": artifact.uri, "metadata": metadata}]}


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """Return all but nulls, empty maps and numbers that JSON does not have."""
    kept = {}
    for key, item in value.items():
        entry = _without_nulls(item) if isinstance(item, dict) else item
        missing = entry is None or entry == {}
        if not missing and not (isinstance(entry, float) and not math.isfinite(entry)):
            kept[key] = entry
    return kept


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
