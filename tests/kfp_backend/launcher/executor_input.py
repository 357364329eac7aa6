"""The executor input of a container task: where its outputs go, and its component's defaults."""

from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import LauncherFailed
from tests.kfp_backend.launcher.placeholders import local_path_for
from tests.kfp_backend.run_facts import output_uri

LOGS = "executor-logs"
_LOG_ARTIFACT = {"artifactType": {"schemaTitle": "system.Artifact"}}


def task_root(run_root: str, task_name: str, salt: str) -> str:
    """The directory of all artifacts of a task, the same in all its retries."""
    return output_uri(run_root, task_name, salt)


def provisioned(
    root: str, definitions: dict[str, Any], *, publish_logs: bool = True
) -> dict[str, Any]:
    """`ExecutorInput.Outputs` (driver/driver.go: provisionOutputs).

    Args:
        root: What `task_root` returns.
        definitions: `outputDefinitions` of the component.
        publish_logs: Whether the log is one of the artifacts.
    """
    artifacts = dict(definitions.get("artifacts", {}))
    if publish_logs:
        artifacts[LOGS] = _LOG_ARTIFACT
    try:
        output_file = f"{local_path_for(root)}/output_metadata.json"
    except LauncherFailed:
        output_file = "/tmp/kfp_outputs/output_metadata.json"
    outputs = {
        "parameters": {
            name: {"outputFile": f"/tmp/kfp/outputs/{name}"}
            for name in sorted(definitions.get("parameters", {}))
        },
        "artifacts": {
            name: {"artifacts": [_artifact(root, name, artifacts[name])]}
            for name in sorted(artifacts)
        },
        "outputFile": output_file,
    }
    return {name: value for name, value in outputs.items() if value}


def _artifact(root: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    given = {"name": name, "type": spec["artifactType"], "uri": output_uri(root, name)}
    return given | ({"metadata": spec["metadata"]} if "metadata" in spec else {})


def with_defaults(executor_input: dict[str, Any], component: dict[str, Any]) -> dict[str, Any]:
    """Defaults for what the task was not given (component/launcher_v2.go: addDefaultParams)."""
    values = dict(executor_input.get("inputs", {}).get("parameterValues", {}))
    for name, spec in component.get("inputDefinitions", {}).get("parameters", {}).items():
        if spec.get("defaultValue") is not None:
            values.setdefault(name, spec["defaultValue"])
    inputs = {key: executor_input.get("inputs", {}).get(key) for key in ("artifacts",)}
    inputs["parameterValues"] = go_text.sorted_maps(values)
    return {**executor_input, "inputs": {key: value for key, value in inputs.items() if value}}


def with_retry_index(executor_input: dict[str, Any], index: int) -> dict[str, Any]:
    """The log of each retry has a URI of its own (launcher_v2.go: qualifyExecutorLogsForRetry)."""
    outputs = executor_input.get("outputs", {})
    artifacts = outputs.get("artifacts", {})
    if LOGS not in artifacts:
        return executor_input
    log = artifacts[LOGS]["artifacts"][0]
    qualified = {**artifacts, LOGS: {"artifacts": [{**log, "uri": f"{log['uri']}-{index}"}]}}
    return {**executor_input, "outputs": {**outputs, "artifacts": qualified}}
