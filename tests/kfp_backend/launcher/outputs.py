"""What a container leaves behind, as the launcher collects it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import BackendError, LauncherFailed
from tests.kfp_backend.launcher.executor_input import LOGS
from tests.kfp_backend.launcher.placeholders import local_path
from tests.kfp_backend.records import Execution, stored_artifact


@dataclass(frozen=True)
class Outputs:
    """What a pod wrote.

    Attributes:
        metadata: The text of `outputFile`, message `ExecutorOutput`; None if it wrote none.
        files: The text of each output parameter's own file, by parameter.
    """

    metadata: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, artifacts: Mapping[str, Mapping[str, Any]] | None = None, **values: Any
    ) -> "Outputs":
        """Output parameters by name; of artifacts their `metadata` and, if another, `uri`."""
        lists = {name: {"artifacts": [dict(each)]} for name, each in (artifacts or {}).items()}
        return cls(json.dumps({"parameterValues": values, "artifacts": lists}))


def collect(
    execution: Execution,
    executor_input: dict[str, Any],
    component: dict[str, Any],
    outputs: Outputs,
    run_root: str,
) -> None:
    """Records a task's outputs (component/launcher_v2.go: executeV2).

    Raises:
        LauncherFailed: A declared parameter is missing, the metadata file is not what protojson
            accepts, or an artifact lies outside the run's root. The task fails with it.
    """
    written = _parsed(outputs.metadata)
    execution.outputs = _parameters(executor_input, component, written, outputs.files)
    given = written.get("artifacts", {})
    for name, provisioned in executor_input["outputs"].get("artifacts", {}).items():
        artifact = provisioned["artifacts"][0]
        own = (given.get(name, {}).get("artifacts") or [{}])[0] if name != LOGS else {}
        uri = own.get("uri") or artifact["uri"]
        _within(run_root, name, {**artifact, **own, "uri": uri})
        metadata = {**artifact.get("metadata", {}), **own.get("metadata", {})}
        number = 1000 * execution.number + len(execution.output_artifacts)
        execution.output_artifacts[name] = stored_artifact(number, name, uri, metadata)


def _parsed(text: str | None) -> dict[str, Any]:
    """component/launcher_v2.go: getExecutorOutputFile; unknown fields are refused."""
    if text is None:
        return {}
    try:
        message = json_format.Parse(text, pipeline_spec_pb2.ExecutorOutput())
    except json_format.ParseError as error:
        raise LauncherFailed(f"failed to unmarshall ExecutorOutput: {error}") from None
    return dict(json_format.MessageToDict(message))


def _parameters(
    executor_input: dict[str, Any],
    component: dict[str, Any],
    written: dict[str, Any],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """component/launcher_v2.go: collectOutputParameters; the metadata file comes first."""
    values = dict(written.get("parameterValues", {}))
    declared = component.get("outputDefinitions", {}).get("parameters", {})
    for name in executor_input["outputs"].get("parameters", {}):
        if name in values:
            continue
        problem = f'failed to read output parameter name="{name}"'
        if name not in files:
            raise LauncherFailed(f"{problem}: no such file or directory")
        try:
            values[name] = go_text.from_text(files[name], declared[name]["parameterType"])
        except BackendError as error:
            raise LauncherFailed(f"{problem}: {error}") from None
    return values


def _within(run_root: str, name: str, artifact: dict[str, Any]) -> None:
    """component/launcher_v2.go: uploadOutputArtifacts; objectstore/config.go: KeyFromURI."""
    try:
        local_path(artifact)
    except LauncherFailed:
        return  # An unknown scheme: nothing is uploaded, and the URI is recorded as it is.
    uri, prefix = artifact["uri"], run_root.partition("?")[0].rstrip("/")
    if not uri.startswith("oci://") and not uri.startswith(prefix):
        raise LauncherFailed(
            f'failed to upload output artifact "{name}": '
            f'URI "{uri}" does not have expected bucket prefix "{prefix}"'
        )
