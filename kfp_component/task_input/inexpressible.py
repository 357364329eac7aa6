"""Values that Kubeflow Pipelines cannot express, told by what is left of them.

KFP puts a value into another one by replacing text, without escaping it
(https://github.com/kubeflow/pipelines/issues/11035), and knows some of its placeholders only where
they are the whole value of an input (`resolveInputParameter` in
https://github.com/kubeflow/pipelines/blob/master/backend/src/v2/driver/resolve.go).
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

# Neither form is anything that a person writes: both are made by the SDK.
_PLACEHOLDER = re.compile(r"\{\{(?:\$|channel:)[^}]*\}\}")
_NEAR = 40


def unreplaced(arguments: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each argument that holds a placeholder of KFP as it stands.

    Example:
        >>> unreplaced({"job_name": "rl-{{$.pipeline_job_uuid}}"})[0][:40]
        'job_name holds {{$.pipeline_job_uuid}} a'
    """
    return [
        f"{where} holds {placeholder} as it stands: Kubeflow Pipelines replaces it only where it "
        "is the whole value of an input. Pass it to a component that returns it, and use that "
        "component's output here."
        for name, value in arguments.items()
        for where, placeholder in _placeholders(name, value)
    ]


def not_json(text: str, error: json.JSONDecodeError, inputs: Collection[str]) -> str:
    """Return why an executor input is not JSON, in a sentence that names the way around.

    Args:
        text: The value of `--executor_input`.
        error: Where it is broken.
        inputs: The inputs of the component, to find the one that breaks it.
    """
    found = [name for name in re.findall(r'"(\w+)":', text[: error.pos]) if name in inputs]
    where = f"{found[-1]} is no JSON" if found else "--executor_input is not JSON"
    near = text[max(0, error.pos - _NEAR) : error.pos + _NEAR]
    return (
        f"{where} ({error.msg} near {near!r}): Kubeflow Pipelines puts one value into another "
        "without escaping it (kubeflow/pipelines#11035), so a dict, a list, or text with a quote, "
        "a backslash or a line break cannot be part of an f-string, a dict or a list. Pass it as "
        "the whole value of an argument, or build the argument in a component and pass its output."
    )


def _placeholders(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        for placeholder in _PLACEHOLDER.findall(value):
            yield where, placeholder
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _placeholders(where, key)
            yield from _placeholders(f"{where}.{key}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _placeholders(f"{where}[{number}]", item)
