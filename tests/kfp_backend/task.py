"""A container task as its pod gets it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import DriverFailed
from tests.kfp_backend.launcher.executor_input import with_defaults, with_retry_index
from tests.kfp_backend.launcher.placeholders import driver_arguments, launcher_command, pod_value
from tests.kfp_backend.records import Execution

# apimachinery/pkg/api/resource/quantity.go.
_QUANTITY = re.compile(r"[+-]?[0-9.]+(?:[eEinumkKMGTP]*[-+]?[0-9]*)")


@dataclass(frozen=True)
class Task:
    """A pod of a container task.

    Attributes:
        name: Its name in its DAG.
        path: Its DAGs, loops and iterations too, as `root/for-loop-1[0]/train-rl-model`.
        image: As the driver resolved it.
        command: What the launcher runs: program and arguments, every placeholder replaced.
        environment: What the author set, and what `use_field_path_as_env` adds, as `env` of a
            Kubernetes container.
        resources: `requests` and `limits` of the container.
        root: The URI of the directory of its artifacts.
        message: The executor input with defaults, before placeholders are replaced in its text.
        retry_index: 0 for the first pod.
        spec: `PipelineTaskSpec`: retryPolicy, cachingOptions and so on.
        component: `ComponentSpec`.
        kubernetes: What kfp.kubernetes set for it, from the platform spec.
        execution: Its record.
    """

    name: str
    path: str
    image: str
    command: list[str]
    environment: list[dict[str, Any]]
    resources: dict[str, dict[str, str]]
    root: str
    message: dict[str, Any]
    retry_index: int
    spec: dict[str, Any]
    component: dict[str, Any] = field(repr=False)
    kubernetes: dict[str, Any]
    execution: Execution = field(repr=False)

    @property
    def executor_input(self) -> str:
        """The text that follows `--executor_input`; not always JSON, see `placeholders`."""
        return self.command[self.command.index("--executor_input") + 1]


def pod(
    container: dict[str, Any],
    executor_input: dict[str, Any],
    retry_index: int = 0,
    comma: str = go_text.SPACED,
    **known: Any,
) -> Task:
    """The pod of a task (driver/driver.go: initPodSpecPatch; component/launcher_v2.go: executeV2).

    Args:
        container: `PipelineContainerSpec`.
        executor_input: As the driver made it.
        retry_index: Which retry this is.
        comma: What stands between the entries of JSON, see `go_text`.
        **known: The fields of `Task` that need nothing more done to them.

    Raises:
        DriverFailed: A placeholder, an amount or the image cannot be resolved.
        LauncherFailed: There is nothing to run.
    """
    parameters = executor_input["inputs"].get("parameterValues", {})
    command = driver_arguments(container.get("command", []), parameters)
    arguments = driver_arguments(container.get("args", []), parameters)
    message = with_defaults(with_retry_index(executor_input, retry_index), known["component"])
    return Task(
        image=pod_value(container["image"], parameters),
        command=launcher_command(command + arguments, message, comma),
        environment=_environment(container, known["kubernetes"]),
        resources=_resources(container.get("resources", {}), parameters),
        message=message,
        retry_index=retry_index,
        **known,
    )


def _environment(container: dict[str, Any], kubernetes: dict[str, Any]) -> list[dict[str, Any]]:
    """The values are the author's text: placeholders in them stay as they are.

    driver/driver.go: initPodSpecPatch; driver/k8s.go: extendPodSpecPatch (fieldPathAsEnv).
    """
    fields = [
        {"name": each["name"], "valueFrom": {"fieldRef": {"fieldPath": each["fieldPath"]}}}
        for each in kubernetes.get("fieldPathAsEnv", [])
    ]
    return [dict(each) for each in container.get("env", [])] + fields


def _resources(spec: dict[str, Any], parameters: dict[str, Any]) -> dict[str, dict[str, str]]:
    """driver/driver.go: getPodResource; SDKs to 2.10 write numbers, of cores and GB."""
    found: dict[str, dict[str, str]] = {"limits": {}, "requests": {}}
    for kind, suffix in (("memory", "G"), ("cpu", "")):
        for side in ("Limit", "Request"):
            text = spec.get(f"resource{kind.capitalize()}{side}")
            number = spec.get(f"{kind}{side}", 0)
            if text or number:
                amount = pod_value(text, parameters) if text else go_text.shortest(number) + suffix
                found[f"{side.lower()}s"][kind] = _quantity(amount)
    accelerator = spec.get("accelerator", {})
    name = accelerator.get("resourceType") or accelerator.get("type")
    amount = accelerator.get("resourceCount") or accelerator.get("count")
    if name and amount:
        found["limits"][pod_value(name, parameters)] = _quantity(pod_value(str(amount), parameters))
    return {side: amounts for side, amounts in found.items() if amounts}


def _quantity(text: str) -> str:
    if not _QUANTITY.fullmatch(text):
        raise DriverFailed(
            f"failed to init podSpecPatch: quantities must match the regular expression, "
            f"got {text!r}"
        )
    return text
