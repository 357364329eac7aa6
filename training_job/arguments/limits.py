"""Limits of a single argument that a type cannot express, checked as pydantic validates it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from training_job.arguments.problems import shown
from training_job.arguments.shapes import Channel, InstanceGroup

CODE_CHANNEL, MODEL_CHANNEL = "code", "model"
"""Channels of ours: the source under network isolation, and `initial_model`."""

MAX_CHANNELS = 20
"""Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html."""

MAX_USER_HYPERPARAMETERS = 93
"""SageMaker's 100 less the 7 that the containers need."""
MAX_HYPERPARAMETER_NAME = 256
MAX_HYPERPARAMETER_VALUE = 2500
"""Characters of a value as it is sent, which is as JSON.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html"""
RESERVED_PREFIX = "sagemaker_"

MAX_USER_TAGS = 48
"""SageMaker's 50 less the two that Step Functions adds."""
STEP_FUNCTIONS_TAGS = dict.fromkeys(
    ["MANAGED_BY_AWS", "AWS_STEP_FUNCTIONS_EXECUTION_ARN"], "Step Functions' own"
)
"""Keys of tags that are not the caller's, and whose they are."""


def check_hyperparameters(value: dict[str, Any]) -> dict[str, Any]:
    """Return hyperparameters that SageMaker takes.

    Raises:
        ValueError: Names every one that it would not.
    """
    wrong = []
    if len(value) > MAX_USER_HYPERPARAMETERS:
        wrong.append(f"there are {len(value)} of them")
    for name, item in value.items():
        wrong += [*wrong_in_name(name), *wrong_in_value(name, item)]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def wrong_in_name(name: str) -> list[str]:
    """Return why SageMaker, or its containers, would not take a hyperparameter's name."""
    wrong = []
    if not name or len(name) > MAX_HYPERPARAMETER_NAME or len(name.splitlines()) > 1:
        wrong.append(f"the name {shown(name)} is empty, too long or of several lines")
    if name.startswith(RESERVED_PREFIX):
        wrong.append(f"the name {shown(name)} is reserved")
    return wrong


def wrong_in_value(name: str, value: Any) -> list[str]:
    """Return why SageMaker would not take a value of the hyperparameter of this name."""
    length = len(json.dumps(value))
    if length <= MAX_HYPERPARAMETER_VALUE:
        return []
    most = MAX_HYPERPARAMETER_VALUE
    return [f"the value of {shown(name)} has {length} characters as JSON, more than {most}"]


def check_tags(
    value: dict[str, str],
    *,
    most: int = MAX_USER_TAGS,
    taken: Mapping[str, str] = STEP_FUNCTIONS_TAGS,
) -> dict[str, str]:
    """Return tags that SageMaker takes from a caller.

    Args:
        value: Keys to values.
        most: How many there may be.
        taken: Keys that are not the caller's, and whose they are.

    Raises:
        ValueError: Names every one that it would not take.
    """
    wrong = [
        f"the key {shown(key)} is AWS's own" for key in value if key.lower().startswith("aws:")
    ]
    wrong += [f"the key {key} is {owner}" for key, owner in taken.items() if key in value]
    if len(value) > most:
        wrong.append(f"there are {len(value)} of them")
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def check_channel_name(value: str) -> str:
    """Return the name of a channel that is the caller's to choose.

    Raises:
        ValueError: It is one of ours; says which argument to give instead.
    """
    ours = {CODE_CHANNEL: "code as source_dir", MODEL_CHANNEL: "model as initial_model"}
    if value in ours:
        raise ValueError(f"this name is the step's own: give the {ours[value]}")
    return value


def check_channels(value: dict[str, Channel]) -> dict[str, Channel]:
    """Return channels that have no name but the one they stand under.

    Raises:
        ValueError: Names every one that has.
    """
    wrong = [
        f"{shown(name)} holds a Channel named {shown(channel.ChannelName)}"
        for name, channel in value.items()
        if channel.ChannelName not in (None, name)
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def check_instance_groups(value: list[InstanceGroup]) -> list[InstanceGroup]:
    """Return groups of different names.

    Raises:
        ValueError: Names each that stands twice.
    """
    names = [group.InstanceGroupName for group in value]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"the name {', '.join(map(shown, twice))} stands more than once")
    return value
