"""Inputs and outputs of the components, from the models of the arguments and this project's own.

The compiled components, the signatures of `train_rl_model` and `sweep_rl_model` and their
docstrings are made from these, and what the pod knows of both.
"""

import json
from dataclasses import dataclass
from typing import Any

from kfp import dsl
from pydantic.fields import FieldInfo

from training_job import TrainingArguments
from training_job.arguments.model import Documented
from training_sweep.arguments.model import SweepArguments


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

    @property
    def is_artifact(self) -> bool:
        """Whether it is an artifact, not a parameter."""
        return not isinstance(self.annotation, dsl.OutputPath)


@dataclass(frozen=True)
class Interface:
    """A component's name and meaning, what it takes and what it hands on.

    Attributes:
        name: Its name, and its function's.
        summary: What it does.
        inputs: The required ones, the arguments in their order, this project's own.
        outputs: Parameters, then artifacts.
    """

    name: str
    summary: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]


def _inputs(model: type[TrainingArguments], machine: str, stopped: str) -> tuple[Input, ...]:
    """Return every input of a component.

    Args:
        model: The arguments of the execution.
        machine: What its state machine does, and the stack's output that names it.
        stopped: What is stopped with the pod.
    """
    first = Input("state_machine_arn", str, True, f"The state machine that {machine}.")
    last = Input(
        "stop_on_sigterm",
        bool,
        False,
        f"Whether the {stopped} stops when the pod is told to end. False lets it outlive an "
        "eviction and be joined by the task's retry. Default: true.",
    )
    fields = model.model_fields.items()
    inputs = [first, *(_documented_input(name, field) for name, field in fields), last]
    return tuple(sorted(inputs, key=lambda given: (not given.required, given is last)))


def _documented_input(name: str, field: FieldInfo) -> Input:
    documented = next(item for item in field.metadata if isinstance(item, Documented))
    text = f"{field.description} Allowed: {documented.allowed}."
    if "Default:" not in text and not field.is_required() and field.default is not None:
        text = f"{text} Default: {json.dumps(field.default)}."
    # The type of the documented example: str for lists of ids, dict for metric definitions.
    return Input(name, type(documented.example), documented.required, text)


_MODEL_URL = Output(
    "model_artifact_url", dsl.OutputPath(str), "S3 URL of the model archive, model.tar.gz."
)
_EXECUTION = Output("execution_arn", dsl.OutputPath(str), "The execution of the state machine.")

TRAINING = Interface(
    "train_rl_model",
    """Train a reinforcement-learning model on Amazon SageMaker.

Starts an execution of the state machine that trains, shows it, and hands its results on. A pod
that replaces another joins the execution that runs.""",
    _inputs(
        TrainingArguments,
        "trains: output StateMachineArn of the deployed stack RlTraining",
        "training",
    ),
    (
        _MODEL_URL,
        Output("job_name", dsl.OutputPath(str), "The training job that made the model."),
        Output("training_image", dsl.OutputPath(str), "Registry path of the image it ran."),
        _EXECUTION,
        Output(
            "model",
            dsl.Output[dsl.Model],
            "A manifest of the model; its metadata has the S3 URL as s3_uri, the job and each "
            "final metric as metric_NAME.",
        ),
        Output(
            "metrics",
            dsl.Output[dsl.Metrics],
            "Final metrics, training and billable seconds, and what spot instances saved.",
        ),
        Output(
            "report",
            dsl.Output[dsl.HTML],
            "Summary, timeline and learning curves of the training.",
        ),
    ),
)
"""The component that trains."""

SWEEP = Interface(
    "sweep_rl_model",
    """Train reinforcement-learning models over hyperparameters and seeds on Amazon SageMaker.

Starts an execution of the state machine that sweeps: it trains every configuration with every
seed, and answers with statistics over the seeds. One pod awaits them all; a pod that replaces
another joins the execution that runs.""",
    _inputs(
        SweepArguments,
        "sweeps: output SweepStateMachineArn of the deployed stack RlTraining",
        "sweep, with all its trainings,",
    ),
    (
        Output(
            "model_artifact_url",
            dsl.OutputPath(str),
            "S3 URL of the model archive of the best configuration's best seed.",
        ),
        Output(
            "best_hyperparameters",
            dsl.OutputPath(dict),
            "Hyperparameters of the best configuration, without the seed.",
        ),
        Output("best_seed", dsl.OutputPath(int), "The seed whose model it is."),
        _EXECUTION,
        Output(
            "model",
            dsl.Output[dsl.Model],
            "A manifest of the model; its metadata has the S3 URL as s3_uri, the job, the seed and "
            "each hyperparameter as hyperparameter_NAME.",
        ),
        Output(
            "metrics",
            dsl.Output[dsl.Metrics],
            "Interquartile mean of the best configuration and its 95 % interval, numbers of "
            "trials, training and billable seconds, and what spot instances saved.",
        ),
        Output(
            "trials",
            dsl.Output[dsl.Dataset],
            "Every trial as a row of a CSV file: configuration, hyperparameters, seed, value or "
            "failure, job and seconds.",
        ),
        Output(
            "report",
            dsl.Output[dsl.HTML],
            "Configurations with their intervals and seeds, learning curves, failures and costs.",
        ),
    ),
)
"""The component that sweeps."""
