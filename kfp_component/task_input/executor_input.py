"""What Kubeflow Pipelines hands the launcher: the executor input.

KFP replaces the placeholder `{{$}}` by one JSON object that holds the task's arguments and where
each output is to be written: message `ExecutorInput` of
https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto .
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kfp_component.errors import BadInput
from kfp_component.task_input.inexpressible import not_json, unreplaced
from kfp_component.task_input.state_machine_arn import StateMachineArn

# What the components declare. KFP's driver hands on every input of the task: the SDK adds one for
# each value inside another (pipelinechannel--bucket) and for what else is a parameter (base_image,
# memory_limit).
INTERFACES = json.loads(Path(__file__).with_name("interfaces.json").read_text())
TRAINING, SWEEP = "train_rl_model", "sweep_rl_model"
# An output of a sweep alone. The outputs, all of which KFP lists for every task, tell which of the
# components this is: so the process of the stop command knows it too, and no option can be wrong.
_OF_A_SWEEP = "best_seed"

# Where KFP mounts each kind of object store, as kfp.dsl.Artifact.path does.
_MOUNTS = {"gs://": "/gcs/", "s3://": "/s3/", "minio://": "/minio/"}


@dataclass(frozen=True)
class OutputArtifact:
    """An artifact that this task is to produce.

    Attributes:
        name: KFP's own name for it, to be handed back unchanged.
        uri: Where KFP will keep it, chosen by KFP; a URI outside the pipeline root fails the task.
        path: Where its content is to be written in this container.
    """

    name: str
    uri: str
    path: Path

    @classmethod
    def from_json(cls, artifact: Mapping[str, Any]) -> Self:
        """Return one entry of `outputs.artifacts.<name>.artifacts`."""
        uri = str(artifact["uri"])
        return cls(name=str(artifact.get("name", "")), uri=uri, path=_local_path(uri))


@dataclass(frozen=True)
class ExecutorInput:
    """One task, as the launcher needs it.

    Attributes:
        component: The name of its component, `TRAINING` or `SWEEP`.
        state_machine: The state machine that trains, or sweeps.
        stop_on_sigterm: Whether SIGTERM stops the execution; true when the task does not say.
        arguments: The execution's input: what the author gave for the inputs that the component
            declares, and nothing that was left out.
        parameter_files: For each output parameter, the file KFP reads it from.
        artifacts: The output artifacts, by output name.
        output_file: Where KFP reads the metadata of the outputs from.
    """

    component: str
    state_machine: StateMachineArn
    stop_on_sigterm: bool
    arguments: dict[str, Any]
    parameter_files: dict[str, Path]
    artifacts: dict[str, OutputArtifact]
    output_file: Path

    @property
    def is_sweep(self) -> bool:
        """Whether the task sweeps."""
        return self.component == SWEEP

    @property
    def seed(self) -> str:
        """What is the same in every retry of this task, and in no other task, iteration or run.

        It is the directory of the Model artifact's URI. The rest of the executor input is no such
        thing: KFP appends the number of the retry to the URI of `executor-logs`.
        """
        return self.artifacts["model"].uri.rpartition("/")[0]

    @property
    def execution_input(self) -> str:
        """The arguments as JSON, byte for byte the same whenever the arguments are the same."""
        return json.dumps(self.arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the value of `--executor_input`.

        Raises:
            BadInput: It is not what KFP 2 passes, a value is none that KFP can express, or
                `state_machine_arn` is missing or not one.

        Example:
            >>> task = ExecutorInput.parse(sys.argv[2])  # doctest: +SKIP
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            if '"parameterValues"' in text:
                raise BadInput(not_json(text, error, _all_inputs())) from None
            raise BadInput(
                f"--executor_input is not JSON ({error}). It must be the JSON object that Kubeflow "
                f"Pipelines puts in place of {{{{$}}}}; got {_shortened(text)}."
            ) from None
        try:
            return cls._from_json(document)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise BadInput(
                f"--executor_input lacks what this component needs: {error!s}. It must be the "
                "ExecutorInput object of Kubeflow Pipelines 2 with the inputs and outputs that "
                f"component.yaml or sweep_component.yaml declares; got {_shortened(text)}."
            ) from None

    @classmethod
    def _from_json(cls, document: Mapping[str, Any]) -> Self:
        outputs = document["outputs"]
        component = SWEEP if _OF_A_SWEEP in outputs["parameters"] else TRAINING
        declared = INTERFACES[component]
        arguments = _given(
            document.get("inputs", {}).get("parameterValues", {}), declared["inputs"]
        )
        if problems := unreplaced(arguments):
            raise BadInput(" ".join(problems))
        stop_on_sigterm = arguments.pop("stop_on_sigterm", True)
        if not isinstance(stop_on_sigterm, bool):
            raise BadInput(f"stop_on_sigterm must be true or false; got {stop_on_sigterm!r}.")
        return cls(
            component=component,
            state_machine=StateMachineArn.parse(
                arguments.pop("state_machine_arn", None),
                "SweepStateMachineArn" if component == SWEEP else "StateMachineArn",
            ),
            stop_on_sigterm=stop_on_sigterm,
            arguments=arguments,
            parameter_files={
                name: Path(outputs["parameters"][name]["outputFile"])
                for name in declared["parameters"]
            },
            artifacts={
                name: OutputArtifact.from_json(outputs["artifacts"][name]["artifacts"][0])
                for name in declared["artifacts"]
            },
            output_file=Path(outputs["outputFile"]),
        )


def _all_inputs() -> set[str]:
    return {name for each in INTERFACES.values() for name in each["inputs"]}


def _given(values: Mapping[str, Any], declared: Collection[str]) -> dict[str, Any]:
    """Return the declared inputs that were given; one that was not may be absent, null or ''."""
    return {
        name: _whole(value)
        for name, value in values.items()
        if name in declared and value not in (None, "")
    }


def _whole(value: Any) -> Any:
    """Return whole floats as integers: KFP's structs know floats only, so 30 may come as 30.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def _local_path(uri: str) -> Path:
    for scheme, mount in _MOUNTS.items():
        if uri.startswith(scheme):
            return Path(mount + uri[len(scheme) :])
    if uri.startswith("oci://"):
        return Path("/oci/" + uri[len("oci://") :].replace("/", "_"))
    return Path(uri)


def _shortened(text: str, limit: int = 200) -> str:
    return repr(text if len(text) <= limit else text[:limit] + "...")
