"""An importer makes an artifact of a URI, without a container of the user's."""

from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import LauncherFailed
from tests.kfp_backend.records import COMPLETE, Execution, stored_artifact

_SCHEMES = ("gs://", "s3://", "minio://", "oci://")


def run(
    spec: dict[str, Any],
    name: str,
    task: dict[str, Any],
    component: dict[str, Any],
    dag: Execution,
) -> None:
    """Records the artifact (component/importer_launcher.go: ImportSpecToMLMDArtifact).

    A URI that is not a constant is read from the inputs of the importer's **DAG**: an upstream
    task's output is not found.

    Raises:
        LauncherFailed: There is no URI, or it has no scheme of an object store.
    """
    execution = Execution(name, dag)
    uri = spec["artifactUri"].get("constant") or _runtime(spec, task, dag)
    if not uri:
        raise LauncherFailed("empty Artifact URI")
    if not uri.startswith(_SCHEMES):
        raise LauncherFailed(f"no provider scheme found in artifact URI: {uri}")
    output = next(iter(component["outputDefinitions"]["artifacts"]))
    provider = {"Provider": uri.partition(":")[0], "Params": {"fromEnv": "true"}}
    session = go_text.protojson(provider, go_text.COMPACT)
    artifact = stored_artifact(
        1000 * execution.number, output, uri, spec.get("metadata", {}), session
    )
    artifact["metadata"].pop("display_name")
    execution.output_artifacts[output] = artifact
    execution.state = COMPLETE


def _runtime(spec: dict[str, Any], task: dict[str, Any], dag: Execution) -> str:
    parameter = spec["artifactUri"].get("runtimeParameter", "")
    given = task.get("inputs", {}).get("parameters", {})
    if parameter not in given:
        raise LauncherFailed(
            f"cannot find parameter {parameter} in task input to fetch artifact uri"
        )
    name = given[parameter].get("componentInputParameter", "")
    if name not in dag.inputs:
        raise LauncherFailed(
            f"error resolving artifact URI: parent DAG does not have input parameter {name}"
        )
    value = dag.inputs[name]
    return value if isinstance(value, str) else ""
