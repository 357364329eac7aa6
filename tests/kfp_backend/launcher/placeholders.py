"""Placeholders: the driver's in command and pod, the launcher's in the text of the command.

The driver (2.17 on) and the launcher replace `{{$.inputs.parameters['x']}}` in text, whatever
the text is: nothing is escaped, so that a quote or an object inside a JSON string breaks the JSON
that the container gets (kubeflow/pipelines#11035). The backend does not notice.
"""

import json
import re
from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import DriverFailed, LauncherFailed

_CHANNEL = re.compile(r"\$.inputs.parameters\['(.+?)'\]")
_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['(.+?)']}}")
_MOUNTS = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}


def pod_value(text: str, parameters: dict[str, Any]) -> str:
    """An image or an amount (driver/resolve.go: resolvePodSpecInputRuntimeParameter).

    A text that contains a parameter **is** that parameter: what stands around it is lost, and a
    value that is no string is empty.
    """
    match = _CHANNEL.search(text)
    if not match:
        return text
    if match[1] not in parameters:
        raise DriverFailed("executorInput did not contain container Image input parameter")
    value = parameters[match[1]]
    return value if isinstance(value, str) else ""


def driver_arguments(arguments: list[str], parameters: dict[str, Any]) -> list[str]:
    """The command as the driver leaves it (driver/util.go: resolveContainerArgs; from 2.17.0 on).

    It does not know the component's defaults: an omitted input in a placeholder fails the task.
    """
    resolved: list[str] = []
    for argument in arguments:
        if "$.outputs" in argument:
            resolved.append(argument)
        elif argument.strip().startswith('{"IfPresent":'):
            resolved.extend(_if_present(argument, parameters))
        else:
            resolved.append(_replaced(argument, parameters))
    return resolved


def _if_present(argument: str, parameters: dict[str, Any]) -> list[str]:
    """driver/util.go: resolveCondition."""
    try:
        clause = json.loads(argument)["IfPresent"]
    except ValueError as error:
        raise DriverFailed(f"failed to parse IfPresent JSON: {error}") from None
    present = parameters.get(clause.get("InputName")) is not None
    chosen = clause.get("Then" if present else "Else")
    if chosen is None:
        return []
    texts = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise DriverFailed("non-string item in IfPresent Then/Else array")
    return [_replaced(text, parameters) for text in texts]


def _replaced(argument: str, parameters: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in parameters:
            raise DriverFailed(
                "failed to resolve input parameters: "
                f'parameter "{match[1]}" not found in executor input'
            )
        return go_text.as_argument(parameters[match[1]])

    return _PLACEHOLDER.sub(value, argument)


def launcher_command(
    command: list[str], executor_input: dict[str, Any], comma: str = go_text.SPACED
) -> list[str]:
    """The command that runs (component/launcher_v2.go: compileCmdAndArgs).

    `{{$}}` becomes the executor input; then every other placeholder is replaced, in the JSON too.
    The program itself, the first element, gets `{{$}}` only. An executor input for which
    getPlaceholders fails (a null parameter, an output artifact whose URI has no known scheme) has
    **no** placeholder replaced: the error is overwritten before anyone looks at it.

    Go walks the placeholders in no order. So does nothing here depend on one: a value that contains
    another placeholder, which one order would replace and another would not, is refused.
    """
    if not command:
        raise LauncherFailed("command and arguments are empty")
    text = go_text.protojson(executor_input, comma)
    try:
        placeholders = launcher_placeholders(executor_input)
    except (TypeError, LauncherFailed):
        placeholders = {}
    program, *arguments = (part.replace("{{$}}", text) for part in command)
    return [program, *(_all_replaced(argument, placeholders) for argument in arguments)]


def _all_replaced(text: str, placeholders: dict[str, str]) -> str:
    used = [name for name in placeholders if name in text]
    for name in used:
        if any(other in placeholders[name] for other in placeholders):
            raise LauncherFailed(f"the text depends on the order of Go's maps: {name}")
        text = text.replace(name, placeholders[name])
    return text


def launcher_placeholders(executor_input: dict[str, Any]) -> dict[str, str]:
    """Each placeholder and its text (component/launcher_v2.go: getPlaceholders)."""
    inputs, outputs = executor_input.get("inputs", {}), executor_input.get("outputs", {})
    found: dict[str, str] = {}
    for name, artifact in _first_artifacts(inputs):
        found[f"{{{{$.inputs.artifacts['{name}'].uri}}}}"] = artifact.get("uri", "")
        try:
            found[f"{{{{$.inputs.artifacts['{name}'].path}}}}"] = local_path(artifact)
        except LauncherFailed:
            continue
    for name, artifact in _first_artifacts(outputs):
        found[f"{{{{$.outputs.artifacts['{name}'].uri}}}}"] = artifact.get("uri", "")
        found[f"{{{{$.outputs.artifacts['{name}'].path}}}}"] = local_path(artifact)
    for name, value in inputs.get("parameterValues", {}).items():
        found[f"{{{{$.inputs.parameters['{name}']}}}}"] = go_text.as_placeholder(value)
    for name, parameter in outputs.get("parameters", {}).items():
        found[f"{{{{$.outputs.parameters['{name}'].output_file}}}}"] = parameter["outputFile"]
    return found


def _first_artifacts(side: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    lists = side.get("artifacts", {}).items()
    return [(name, given["artifacts"][0]) for name, given in lists if given.get("artifacts")]


def local_path(artifact: dict[str, Any]) -> str:
    """Where an artifact is in the container (launcher_v2.go: retrieveArtifactPath)."""
    return artifact.get("customPath") or local_path_for(artifact.get("uri", ""))


def local_path_for(uri: str) -> str:
    """component/launcher_v2.go: LocalPathForURI."""
    for scheme, mount in _MOUNTS.items():
        if uri.startswith(scheme):
            return mount + uri.removeprefix(scheme)
    if uri.startswith("oci://"):
        return "/oci/" + uri.removeprefix("oci://").replace("/", "_") + "/models"
    raise LauncherFailed(f"failed to generate local path for URI {uri}: unsupported storage scheme")
