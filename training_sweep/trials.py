"""The trials of a sweep, and the training execution that each is.

A trial is a configuration with a seed; its number, and with it every name, follows from the
arguments alone. It may take more than one execution: where one ended before a redrive of the sweep,
the next has the next name.
Sources: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from training_job.attempt import ExecutionContext
from training_job.request.submission import STARTED_BY
from training_sweep import space
from training_sweep.arguments.model import CONFIGURATION_TAG, SEED_TAG, SWEEP_TAG, SweepArguments

LONGEST_NAME = 80
_LONGEST_SUFFIX = len("-t007-999")
_DIGEST = 8

CAPACITY_WAIT = 86_400
"""Seconds that a trial waits for capacity where the caller says nothing: a sweep may need the
account's quota for itself for hours."""


@dataclass(frozen=True)
class Trial:
    """One training of a sweep.

    Attributes:
        number: From 1; the trials of a configuration follow each other.
        configuration: Number of its configuration, from 1.
        hyperparameters: Those that vary, without the seed.
        seed: Its seed.
    """

    number: int
    configuration: int
    hyperparameters: dict[str, Any]
    seed: int

    @property
    def suffix(self) -> str:
        """What its names end in, such as t007."""
        return f"t{self.number:03}"


def configurations_of(arguments: SweepArguments) -> list[space.Configuration]:
    """Return the configurations, each the hyperparameters that vary.

    Without `space` and `configurations` there is a single one in which nothing does.
    """
    if arguments.configurations is not None:
        return arguments.configurations
    if arguments.space is None:
        return [{}]
    if arguments.samples is None:
        return list(space.grid(arguments.space))
    return space.draws(arguments.space, arguments.samples, arguments.sampling_seed)


def trials_of(arguments: SweepArguments) -> list[Trial]:
    """Return the trials: every configuration with every seed, in this order."""
    pairs = [
        (index, configuration, seed)
        for index, configuration in enumerate(configurations_of(arguments), start=1)
        for seed in arguments.seeds
    ]
    return [Trial(number, *pair) for number, pair in enumerate(pairs, start=1)]


def sweep_name(execution: ExecutionContext) -> str:
    """Return the name of a sweep's execution, which the names of its trials begin with."""
    return execution.arn.split(":")[-1]


def execution_name(sweep: str, trial: Trial, start: int = 1) -> str:
    """Return the name of a trial's execution: SWEEP-t007, then SWEEP-t007-2 and so on.

    Args:
        sweep: Name of the sweep's execution (`trials_prefix`).
        trial: The trial.
        start: Which of its executions, from 1.
    """
    return f"{trials_prefix(sweep)}{trial.suffix}" + (f"-{start}" if start > 1 else "")


def trials_prefix(sweep: str) -> str:
    """Return what the names of the executions of a sweep's trials begin with.

    Args:
        sweep: Name of the sweep's execution. One of more than 71 characters is cut, and told from
            others by a hash.
    """
    longest = LONGEST_NAME - _LONGEST_SUFFIX
    if len(sweep) > longest:
        digest = hashlib.sha256(sweep.encode()).hexdigest()[:_DIGEST]
        sweep = f"{sweep[: longest - _DIGEST - 1]}-{digest}"
    return f"{sweep}-"


def job_name(prefix: str, trial: Trial, start: int = 1) -> str:
    """Return the name of the training job of a trial: PREFIX-t007, then PREFIX-t007-r2 and so on.

    An execution names its second job PREFIX-t007-2; so the second execution has to begin otherwise.
    """
    return f"{prefix}-{trial.suffix}" + (f"-r{start}" if start > 1 else "")


def execution_input(
    arguments: SweepArguments, trial: Trial, *, sweep: str, start: int = 1
) -> dict[str, Any]:
    """Return the input of a trial's execution: documented arguments, and no default.

    Args:
        arguments: The sweep's.
        trial: The trial.
        sweep: Name of the sweep's execution, for the tag.
        start: Which of the trial's executions, from 1.

    Example:
        With the `space` {"lr": [0.1, 0.01]} and the `job_name` "cartpole", trial 2 has::

            {"job_name": "cartpole-t002", "hyperparameters": {"lr": 0.01, "seed": 1},
             "tags": {"rl-sweep": "SWEEP", "rl-configuration": "2", "rl-seed": "1"}, ...}
    """
    found = arguments.training()
    seed = {arguments.seed_hyperparameter: trial.seed}
    found["hyperparameters"] = arguments.hyperparameters | trial.hyperparameters | seed
    found["tags"] = arguments.tags | {
        SWEEP_TAG: _tag_value(sweep),
        CONFIGURATION_TAG: str(trial.configuration),
        SEED_TAG: str(trial.seed),
    }
    if arguments.job_name:
        found["job_name"] = job_name(arguments.job_name, trial, start)
    if arguments.checkpoint_config:
        uri = f"{arguments.checkpoint_config.S3Uri.rstrip('/')}/{trial.suffix}"
        found["checkpoint_config"] = found["checkpoint_config"] | {"S3Uri": uri}
    found.setdefault("capacity_wait", CAPACITY_WAIT)
    return found


def started_by(given: dict[str, Any], execution_arn: str) -> dict[str, Any]:
    """Return an execution's input with the mark that the sweep's execution started it."""
    return {**given, STARTED_BY: execution_arn}


def _tag_value(name: str) -> str:
    """Return an execution's name as SageMaker takes it for a tag: names may hold ! ( ) and '."""
    return "".join(each if each.isalnum() or each in " _.:/=+-@" else "-" for each in name)
