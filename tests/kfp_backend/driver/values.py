"""The inputs of a task, as its driver resolves them (driver/resolve.go: resolveInputs)."""

import json
from dataclasses import dataclass
from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.driver import upstream
from tests.kfp_backend.driver.conditions import select
from tests.kfp_backend.errors import DriverFailed, ParameterNull
from tests.kfp_backend.records import Execution
from tests.kfp_backend.run_facts import RunFacts

WORKSPACE = "/kfp-workspace"  # component/constants.go: WorkspaceMountPath

_KINDS = {
    "NUMBER_DOUBLE": "number",
    "NUMBER_INTEGER": "number",
    "BOOLEAN": "bool",
    "LIST": "list",
    "STRUCT": "struct",
    "TASK_FINAL_STATUS": "struct",
    "TASK_CONFIG": "struct",
}


@dataclass(frozen=True)
class Inputs:
    """A task's resolved inputs: lists of artifacts, and values of parameters."""

    artifacts: dict[str, list[dict[str, Any]]]
    parameters: dict[str, Any]

    def message(self) -> dict[str, Any]:
        """`ExecutorInput.Inputs` of pipeline_spec.proto: fields in order, empty ones left out."""
        lists = {name: {"artifacts": self.artifacts[name]} for name in sorted(self.artifacts)}
        message = {"artifacts": lists, "parameterValues": go_text.sorted_maps(self.parameters)}
        return {name: value for name, value in message.items() if value}


class Resolver:
    """Resolves the inputs of one task in one DAG."""

    def __init__(
        self,
        facts: RunFacts,
        dag: Execution,
        name: str,
        task: dict[str, Any],
        component: dict[str, Any],
    ) -> None:
        self.facts = facts
        self.dag = dag
        self.name = name
        self.task = task
        self.declared: dict[str, Any] = component.get("inputDefinitions", {}).get("parameters", {})
        self.iterator: dict[str, Any] = task.get("parameterIterator", {})
        self.set_to_null: set[str] = set()

    def iteration(self, loop: Execution, index: int) -> Inputs:
        """The inputs of one iteration: those of the loop, with its item in place of its items."""
        parameters = dict(loop.inputs)
        item = self.iterator["itemInput"]
        source = self.iterator["items"].get("inputParameter") or item
        parameters[item] = items(parameters.pop(source))[index]
        self._checked(parameters, is_iteration=True)
        return Inputs(dict(loop.input_artifacts), parameters)

    def inputs(self, *, is_dag: bool) -> Inputs:
        """The inputs of a container, or of a DAG or loop as a whole."""
        given = self.task.get("inputs", {}).get("parameters", {})
        parameters = self._omitted(given) if is_dag else {}
        for name, spec in given.items():
            if self.declared.get(name, {}).get("parameterType") == "TASK_CONFIG":
                continue
            try:
                value = self.parameter(spec)
            except ParameterNull:
                if not self.declared.get(name, {}).get("isOptional"):
                    raise
                continue  # The launcher fills in the component's default.
            self._allowed(name, value)
            parameters[name] = value
        artifacts = {
            name: self._artifacts(spec)
            for name, spec in self.task.get("inputs", {}).get("artifacts", {}).items()
        }
        self._checked(parameters, is_iteration=False)
        return Inputs(artifacts, parameters)

    def _omitted(self, given: dict[str, Any]) -> dict[str, Any]:
        """A nested pipeline gets its own defaults, and null where it has none."""
        values = {}
        for name, spec in self.declared.items():
            if name not in given and spec.get("isOptional"):
                values[name] = spec.get("defaultValue")
                if spec.get("defaultValue") is None:
                    self.set_to_null.add(name)
        return values

    def parameter(self, spec: dict[str, Any]) -> Any:
        """driver/resolve.go: resolveInputParameter."""
        if "componentInputParameter" in spec:
            name = spec["componentInputParameter"]
            if name not in self.dag.inputs:
                raise DriverFailed(f"parent DAG does not have input parameter {name}")
            if self.dag.inputs[name] is None:
                raise ParameterNull(f"the resolved input parameter is null: {name}")
            return self.dag.inputs[name]
        if "taskOutputParameter" in spec:
            output = spec["taskOutputParameter"]
            return upstream.parameter(
                self.dag, output["producerTask"], output["outputParameterKey"]
            )
        if "runtimeValue" in spec:
            return self._constant(spec["runtimeValue"]["constant"])
        if "taskFinalStatus" in spec:
            return self._final_status()
        raise DriverFailed(f"parameter spec of type {sorted(spec)} not implemented yet")

    def _constant(self, value: Any) -> Any:
        """A placeholder of the run is replaced only where it is the whole value."""
        if not isinstance(value, str):
            return value
        if "{{$.workspace_path}}" in value:
            return value.replace("{{$.workspace_path}}", WORKSPACE)
        replaced = {
            "{{$.pipeline_job_name}}": self.facts.display_name,
            "{{$.pipeline_job_resource_name}}": self.facts.resource_name,
            "{{$.pipeline_job_uuid}}": self.facts.run_id,
            "{{$.pipeline_task_name}}": self.name,
            "{{$.pipeline_task_uuid}}": str(self.dag.number),
            "{{$.pipeline_job_create_time_utc}}": self.facts.created,
            "{{$.pipeline_job_schedule_time_utc}}": self.facts.scheduled,
        }
        return replaced.get(value, value)

    def _final_status(self) -> dict[str, Any]:
        producers = self.task.get("dependentTasks") or [""]
        producer = self.dag.child(producers[0])
        if producer is None:
            raise DriverFailed(f"producer task, {producers[0]}, not in tasks")
        return {
            "state": producer.state,
            "error": {},
            "pipelineJobResourceName": self.facts.resource_name,
            "pipelineTaskName": producer.name,
        }

    def _artifacts(self, spec: dict[str, Any]) -> list[dict[str, Any]]:
        """driver/resolve.go: resolveInputArtifact."""
        if "componentInputArtifact" in spec:
            name = spec["componentInputArtifact"]
            if name not in self.dag.input_artifacts:
                raise DriverFailed(f"parent DAG does not have input artifact {name}")
            # GetInputArtifactsByExecutionID reads them anew, without a type.
            artifacts = self.dag.input_artifacts[name]
            return [{k: v for k, v in each.items() if k != "type"} for each in artifacts]
        output = spec["taskOutputArtifact"]
        return upstream.artifacts(self.dag, output["producerTask"], output["outputArtifactKey"])

    def _allowed(self, name: str, value: Any) -> None:
        """common/util/validate_literal.go: ValidateLiteralParameter."""
        literals = self.declared.get(name, {}).get("literals", [])
        if literals and value not in literals:
            raise DriverFailed(
                f'validating parameter "{name}": input parameter "{name}" value {value!r} does not '
                f"match any of the allowed literal values: {literals}"
            )

    def _checked(self, parameters: dict[str, Any], *, is_iteration: bool) -> None:
        """Takes the fields of loop items, then holds each value against its declared type.

        The functions handleParameterExpressionSelector and handleParamTypeValidationAndConversion
        of driver/resolve.go. Fields are taken in the driver of every iteration of a nested loop
        again, from what was taken before: a second time fails.
        """
        for name, spec in self.task.get("inputs", {}).get("parameters", {}).items():
            if selector := spec.get("parameterExpressionSelector"):
                if name not in parameters:
                    raise DriverFailed(
                        f'resolving parameter "{name}": evaluation of parameter expression '
                        f'selector "{selector}" failed: value not found in inputs'
                    )
                parameters[name] = select(parameters[name], selector)
        own = self.iterator.get("items", {}).get("inputParameter")
        skipped = own if is_iteration else self.iterator.get("itemInput")
        for name, spec in self.declared.items():
            if not (self.iterator and name == skipped):
                self._typed(name, spec, parameters)

    def _typed(self, name: str, spec: dict[str, Any], parameters: dict[str, Any]) -> None:
        if name not in parameters:
            if not spec.get("isOptional") and spec.get("defaultValue") is None:
                raise DriverFailed(
                    f'neither value nor default value provided for non-optional parameter "{name}"'
                )
            return
        value = parameters[name]
        if value is None and name in self.set_to_null:
            return
        kind = spec["parameterType"]
        if kind == "STRING":
            parameters[name] = go_text.to_text(value)
            return
        if value is None:
            raise DriverFailed(f'got null for input parameter "{name}"')
        actual = kind_of(value)
        if actual != _KINDS[kind]:
            raise DriverFailed(
                f'input parameter "{name}" type mismatch: expect {kind}, got {actual}'
            )


def kind_of(value: Any) -> str:
    """What the driver calls a value's type."""
    names = {str: "string", bool: "bool", int: "number", float: "number", list: "list"}
    return names.get(type(value), "struct")


def items(value: Any) -> list[Any]:
    """The items of a loop, also of a string that is JSON (driver/util.go: getItems)."""
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError as error:
            raise DriverFailed(str(error)) from None
        return parsed if isinstance(parsed, list) else []
    if not isinstance(value, list):
        raise DriverFailed(f"value of type {kind_of(value)} cannot be iterated")
    return value
