"""The component, for authors of pipelines: its inputs are generated from ``TrainingArguments``.

Every input that the deployment may supply is optional and has no default here: a default compiled
into a pipeline would override the deployment's own. Its arguments are exactly
``--executor_input {{$}}``: KFP 2.17 does not fill an omitted input into any other placeholder.
"""

import inspect
import json
from importlib.metadata import version
from typing import Any, Optional

from kfp import dsl
from kfp.dsl.container_component_class import ContainerComponent
from pydantic.fields import FieldInfo

from training_job import TrainingArguments
from training_job.arguments.model import Documented

# No image is published, and a name that anybody could register would be pulled unseen: this one
# resolves nowhere (RFC 2606), so that a cluster says at once that the image is yours to name.
IMAGE = f"registry.invalid/sagemaker-rl-kubeflow/launcher:{version('sagemaker-rl-kubeflow')}"
COMMAND = ["python3", "-m", "kfp_component"]
ARGUMENTS = ["--executor_input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER]

_SUMMARY = """Trains a reinforcement-learning model on Amazon SageMaker.

Starts an execution of the state machine that trains, shows it, and hands its results on. However
often the step's pod is replaced, there is one execution and one training job."""

_OWN_INPUTS = {
    "state_machine_arn": (
        str,
        "The state machine that trains: output StateMachineArn of the deployed stack RlTraining.",
    ),
    "stop_on_sigterm": (
        bool,
        "Whether the training stops when the pod is told to end. False lets it outlive an eviction "
        "and be joined by the task's retry. Default: true.",
    ),
}
_OUTPUTS = {
    "model_artifact_url": (dsl.OutputPath(str), "S3 URL of the model archive, model.tar.gz."),
    "job_name": (dsl.OutputPath(str), "The training job that made the model."),
    "training_image": (dsl.OutputPath(str), "Registry path of the image it ran."),
    "execution_arn": (dsl.OutputPath(str), "The execution of the state machine."),
    "model": (
        dsl.Output[dsl.Model],
        "A manifest of the model; its metadata has the S3 URL as s3_uri, the job and the metrics.",
    ),
    "metrics": (
        dsl.Output[dsl.Metrics],
        "Final metrics, training and billable seconds, and what spot instances saved.",
    ),
    "report": (dsl.Output[dsl.HTML], "Summary, timeline and learning curves of the run."),
}
# job_name is an input and an output, as in the predecessor. KFP's format allows that, Python's
# signatures do not: outputs are declared with this prefix, which is then taken off.
_OUTPUT_PREFIX = "output_"


def _documented(field: FieldInfo) -> Documented:
    return next(item for item in field.metadata if isinstance(item, Documented))


def _input_type(field: FieldInfo) -> type:
    """The type of the documented example: str for id lists, dict for metric definitions."""
    return type(_documented(field).example)


def _described(field: FieldInfo) -> str:
    text = f"{field.description} Allowed: {_documented(field).allowed}."
    if "Default:" in text or field.is_required() or field.default is None:
        return text
    return f"{text} Default: {json.dumps(field.default)}."


def _parameters() -> list[inspect.Parameter]:
    fields = TrainingArguments.model_fields
    required = {name for name, field in fields.items() if _documented(field).required}
    types: dict[str, Any] = {name: _input_type(field) for name, field in fields.items()}
    types |= {name: kind for name, (kind, _) in _OWN_INPUTS.items()}
    required.add("state_machine_arn")
    names = sorted(types, key=lambda name: (name not in required, name != "state_machine_arn"))
    parameters = [
        _parameter(name, types[name])
        if name in required
        else _parameter(name, Optional[types[name]], None)  # noqa: UP045 - KFP reads Optional
        for name in names
    ]
    outputs = [_parameter(_OUTPUT_PREFIX + name, kind) for name, (kind, _) in _OUTPUTS.items()]
    return parameters[: len(required)] + outputs + parameters[len(required) :]


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind
    )


def _docstring() -> str:
    fields = TrainingArguments.model_fields
    inputs = {name: text for name, (_, text) in _OWN_INPUTS.items()}
    inputs |= {name: _described(field) for name, field in fields.items()}
    outputs = {_OUTPUT_PREFIX + name: text for name, (_, text) in _OUTPUTS.items()}
    return f"{_SUMMARY}\n\nArgs:\n{_section(inputs)}\n\nReturns:\n{_section(outputs)}\n"


def _section(entries: dict[str, str]) -> str:
    return "\n".join(f"    {name}: {' '.join(text.split())}" for name, text in entries.items())


def _train_rl_model(*_: Any) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image=IMAGE, command=COMMAND, args=ARGUMENTS)


_train_rl_model.__name__ = "train_rl_model"
_train_rl_model.__doc__ = _docstring()
_train_rl_model.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    _parameters(), return_annotation=inspect.Signature.empty
)


def _component() -> ContainerComponent:
    component = dsl.container_component(_train_rl_model)
    outputs = component.component_spec.outputs
    component.component_spec.outputs = {
        name.removeprefix(_OUTPUT_PREFIX): output for name, output in outputs.items()
    }
    return component


train_rl_model = _component()
"""The component: call it inside a ``@dsl.pipeline`` with named arguments."""
