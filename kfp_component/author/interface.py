"""Inputs and outputs of the component, from the model of the arguments and this project's own.

The compiled component, the signature of ``train_rl_model`` and its docstring are made from these.
"""

import json
from dataclasses import dataclass
from typing import Any

from kfp import dsl
from pydantic.fields import FieldInfo

from training_job import TrainingArguments
from training_job.arguments.model import Documented

SUMMARY = """Train a reinforcement-learning model on Amazon SageMaker.

Starts an execution of the state machine that trains, shows it, and hands its results on. A pod
that replaces another joins the execution that runs."""


@dataclass(frozen=True)
class Input:
    """An input of the component.

    Attributes:
        name: Its name, the same in the execution's input for all but this project's own.
        type: What KFP is told: str, int, bool, dict or list.
        required: Whether neither the deployment nor SageMaker supplies it.
        description: Its meaning, what is accepted and its default.
    """

    name: str
    type: type
    required: bool
    description: str


@dataclass(frozen=True)
class Output:
    """An output of the component: its name, KFP's annotation of it, and its meaning."""

    name: str
    annotation: Any
    description: str


_OWN_INPUTS = (
    Input(
        "state_machine_arn",
        str,
        True,
        "The state machine that trains: output StateMachineArn of the deployed stack RlTraining.",
    ),
    Input(
        "stop_on_sigterm",
        bool,
        False,
        "Whether the training stops when the pod is told to end. False lets it outlive an eviction "
        "and be joined by the task's retry. Default: true.",
    ),
)

OUTPUTS = (
    Output("model_artifact_url", dsl.OutputPath(str), "S3 URL of the model archive, model.tar.gz."),
    Output("job_name", dsl.OutputPath(str), "The training job that made the model."),
    Output("training_image", dsl.OutputPath(str), "Registry path of the image it ran."),
    Output("execution_arn", dsl.OutputPath(str), "The execution of the state machine."),
    Output(
        "model",
        dsl.Output[dsl.Model],
        "A manifest of the model; its metadata has the S3 URL as s3_uri, the job and the metrics.",
    ),
    Output(
        "metrics",
        dsl.Output[dsl.Metrics],
        "Final metrics, training and billable seconds, and what spot instances saved.",
    ),
    Output(
        "report", dsl.Output[dsl.HTML], "Summary, timeline and learning curves of the training."
    ),
)


def _documented_input(name: str, field: FieldInfo) -> Input:
    documented = next(item for item in field.metadata if isinstance(item, Documented))
    text = f"{field.description} Allowed: {documented.allowed}."
    if "Default:" not in text and not field.is_required() and field.default is not None:
        text = f"{text} Default: {json.dumps(field.default)}."
    # The type of the documented example: str for lists of ids, dict for metric definitions.
    return Input(name, type(documented.example), documented.required, text)


def _inputs() -> tuple[Input, ...]:
    fields = TrainingArguments.model_fields.items()
    inputs = [*_OWN_INPUTS, *(_documented_input(name, field) for name, field in fields)]
    last = _OWN_INPUTS[-1]
    return tuple(sorted(inputs, key=lambda given: (not given.required, given is last)))


INPUTS = _inputs()
"""Every input: the required ones, the documented ones in their order, this project's own."""
