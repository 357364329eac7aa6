"""A compiled pipeline, and what the API server makes of it and of a run's parameters."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kfp_backend.driver.values import kind_of
from tests.kfp_backend.errors import RunRefused

_RUNTIME_KINDS = {
    "NUMBER_DOUBLE": "number",
    "NUMBER_INTEGER": "number",
    "STRING": "string",
    "BOOLEAN": "bool",
    "LIST": "list",
    "STRUCT": "struct",
}


@dataclass(frozen=True)
class Compiled:
    """A pipeline's IR: the pipeline spec, and the platform spec that kfp.kubernetes adds."""

    spec: dict[str, Any]
    platform: dict[str, Any]

    @classmethod
    def read(cls, source: Path | str) -> "Compiled":
        """Reads IR YAML of one or two documents (apiserver/template: NewV2SpecTemplate).

        Args:
            source: A file, or the text itself.

        Raises:
            RunRefused: It is not a pipeline that the API server takes.
        """
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        documents = [each for each in yaml.safe_load_all(text) if each]
        specs = [each for each in documents if "pipelineInfo" in each]
        platforms = [each for each in documents if "platforms" in each]
        if len(specs) != 1:
            raise RunRefused(f"{len(specs)} pipeline specs are provided")
        try:
            json_format.ParseDict(specs[0], pipeline_spec_pb2.PipelineSpec())
        except json_format.ParseError as error:
            raise RunRefused(f"invalid v2 pipeline spec: {error}") from None
        if specs[0].get("schemaVersion") != "2.1.0":
            raise RunRefused("KFP only supports schema version 2.1.0")
        return cls(specs[0], platforms[0] if platforms else {})

    @property
    def name(self) -> str:
        """`pipelineInfo.name`."""
        return str(self.spec["pipelineInfo"]["name"])

    def component(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task's component."""
        return dict(self.spec["components"][task["componentRef"]["name"]])

    def executor(self, component: dict[str, Any]) -> dict[str, Any]:
        """How a component without a DAG runs: `container` or `importer`."""
        executors = self.spec["deploymentSpec"]["executors"]
        return dict(executors[component["executorLabel"]])

    def kubernetes(self, component: dict[str, Any]) -> dict[str, Any]:
        """What kfp.kubernetes set for a component's tasks."""
        deployment = self.platform.get("platforms", {}).get("kubernetes", {})
        executors = deployment.get("deploymentSpec", {}).get("executors", {})
        return dict(executors.get(component["executorLabel"], {}))

    def runtime_parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """The root DAG's parameters.

        The API server checks them (apiserver/template/v2_template.go: validatePipelineJobInputs)
        and fills in defaults, and null for optional ones (argocompiler/argo.go: Compile).

        Raises:
            RunRefused: One is missing, of another type, or not an input of the pipeline.
        """
        declared = self.spec["root"].get("inputDefinitions", {}).get("parameters", {})
        if unknown := sorted(set(given) - set(declared)):
            raise RunRefused(
                f"parameter(s) provided are not required by pipeline: {', '.join(unknown)}"
            )
        values = dict(given)
        for name, spec in declared.items():
            if name in values:
                _check(name, spec, values[name])
            elif spec.get("defaultValue") is None and not spec.get("isOptional"):
                raise RunRefused(
                    f"parameter {name} is not optional, yet has neither default value nor user "
                    "provided value"
                )
            else:
                values[name] = spec.get("defaultValue")
        return values


def _check(name: str, spec: dict[str, Any], value: Any) -> None:
    wanted = _RUNTIME_KINDS.get(spec["parameterType"])
    if value is None or kind_of(value) != wanted:
        raise RunRefused(f"input parameter {name} requires type {wanted}; got {value!r}")
    if spec.get("literals") and value not in spec["literals"]:
        raise RunRefused(f"{name}: {value!r} is none of {spec['literals']}")


def in_order(dag: dict[str, Any]) -> list[str]:
    """The tasks of a DAG so that each follows those it depends on; exit tasks are left out."""
    pending = {
        name: dependencies(task) for name, task in dag["tasks"].items() if not is_exit_task(task)
    }
    ordered: list[str] = []
    while pending:
        ready = sorted(name for name, needed in pending.items() if not needed & set(pending))
        if not ready:
            raise RunRefused(f"tasks depend on each other: {sorted(pending)}")
        ordered += ready
        for name in ready:
            del pending[name]
    return ordered


def dependencies(task: dict[str, Any]) -> set[str]:
    """What a task waits for, said or not (argocompiler/dag.go: addImplicitDependencies)."""
    inputs = task.get("inputs", {})
    specs = [*inputs.get("parameters", {}).values(), *inputs.get("artifacts", {}).values()]
    outputs = [spec.get("taskOutputParameter", spec.get("taskOutputArtifact")) for spec in specs]
    producers = {output["producerTask"] for output in outputs if output}
    return {*task.get("dependentTasks", []), *producers}


def is_exit_task(task: dict[str, Any]) -> bool:
    """Whether a task runs after its dependencies however they end."""
    strategy = task.get("triggerPolicy", {}).get("strategy")
    return bool(strategy == "ALL_UPSTREAM_TASKS_COMPLETED")
