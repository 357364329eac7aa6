"""Writing a task's outputs where Kubeflow Pipelines reads them.

KFP fails a task whose declared output is missing, refuses null in an artifact's metadata, and
refuses an artifact whose URI lies outside the pipeline root: so every output is always written,
nulls are left out, and the artifacts keep the URIs that KFP chose. The Model artifact is a small
manifest that says where the real one is. Metadata is flat: a backend hands nested maps back wrapped
as {"struct": ...}.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kfp_component.errors import StepError
from kfp_component.task_input.executor_input import ExecutorInput, OutputArtifact


class Written(NamedTuple):
    """What is written for an artifact: its content, and its metadata."""

    content: str
    metadata: dict[str, Any]


def manifest(metadata: Mapping[str, Any]) -> Written:
    """Return an artifact whose content is its metadata as JSON; both without nulls.

    Example:
        >>> manifest({"status": None, "net": [64, 64]}).metadata
        {'net': '[64, 64]'}
    """
    flat = _flat(metadata)
    return Written(json.dumps(flat, indent=2) + "\n", flat)


def write_outputs(
    task: ExecutorInput, parameters: Mapping[str, Any], artifacts: Mapping[str, Written]
) -> None:
    """Write the artifacts, the parameters and, last, the file that lists them.

    Args:
        task: Says where each goes.
        parameters: Each output parameter's value.
        artifacts: Each artifact.

    Raises:
        StepError: One cannot be written; the model that they tell of exists all the same.

    Example:
        >>> write_outputs(task, *training_outputs(arn, trained, report))  # doctest: +SKIP
    """
    try:
        _write_all(task, parameters, artifacts)
    except OSError as error:
        raise StepError(
            f"The model exists ({parameters['model_artifact_url']}), but the outputs of this step "
            f"could not be written: {error}. A retry of this task reuses it."
        ) from error


def _write_all(
    task: ExecutorInput, parameters: Mapping[str, Any], artifacts: Mapping[str, Written]
) -> None:
    for name, artifact in task.artifacts.items():
        _write(artifact.path, artifacts[name].content)
    for name, path in task.parameter_files.items():
        value = parameters[name]
        _write(path, value if isinstance(value, str) else json.dumps(value))
    listing = {
        "parameterValues": dict(parameters),
        "artifacts": {
            name: _listed(artifact, artifacts[name].metadata)
            for name, artifact in task.artifacts.items()
        },
    }
    _write(task.output_file, json.dumps(listing))


def _listed(artifact: OutputArtifact, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"artifacts": [{"name": artifact.name, "uri": artifact.uri, "metadata": metadata}]}


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return scalars as they are and all else as JSON; no nulls or numbers that JSON has not."""
    return {
        key: item if isinstance(item, str | int | float) else json.dumps(item)
        for key, item in value.items()
        if item is not None and not (isinstance(item, float) and not math.isfinite(item))
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
