"""Rules of CreateTrainingJob that span several fields, or that the service model leaves out.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.sagemaker.api.resource_rules import RESOURCE_RULES, repeated
from local_aws.sagemaker.errors import validation_error

MAX_RUNTIME_SECONDS = 28 * 24 * 3600
"""Longest run time a training job may ask for, in seconds (28 days)."""


def check_rules(request: Mapping[str, Any]) -> None:
    """Raise the first broken rule of a request that already fits the service model.

    Raises:
        SageMakerError: `ValidationException`.
    """
    rules = (_presence, _algorithm, *RESOURCE_RULES, _stopping, _channels, _metrics)
    for rule in rules:
        for problem in rule(request):
            raise validation_error(problem)
    check_tags(request.get("Tags") or [])


def check_tags(tags: list[Mapping[str, str]]) -> None:
    """Raise ValidationException for reserved or repeated tag keys.

    Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    for key, count in Counter(tag["Key"] for tag in tags).items():
        if key.lower().startswith("aws:"):
            raise validation_error(
                f"Tag key '{key}' is reserved: keys that start with 'aws:' are for AWS use only."
            )
        if count > 1:
            raise validation_error(f"Duplicate tag key '{key}': each key may occur only once.")


def _presence(request: Mapping[str, Any]) -> Iterator[str]:
    if request.get("ServerlessJobConfig"):
        yield "ServerlessJobConfig is not supported by the local AWS."
    for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if request.get(name) is None:
            member = name[:1].lower() + name[1:]
            yield (
                f"1 validation error detected: Value null at '{member}' failed to satisfy "
                "constraint: Member must not be null"
            )


def _algorithm(request: Mapping[str, Any]) -> Iterator[str]:
    algorithm = request["AlgorithmSpecification"]
    given = [name for name in ("TrainingImage", "AlgorithmName") if algorithm.get(name)]
    if len(given) != 1:
        yield (
            "AlgorithmSpecification must name exactly one of TrainingImage and AlgorithmName; "
            f"got {' and '.join(given) or 'neither'}."
        )
    for name in ("AlgorithmName", "ContainerEntrypoint", "ContainerArguments"):
        if algorithm.get(name):
            yield f"AlgorithmSpecification.{name} is not supported by the local AWS."


def _stopping(request: Mapping[str, Any]) -> Iterator[str]:
    condition = request["StoppingCondition"]
    spot = bool(request.get("EnableManagedSpotTraining"))
    run, wait = condition.get("MaxRuntimeInSeconds"), condition.get("MaxWaitTimeInSeconds")
    if run is not None and run > MAX_RUNTIME_SECONDS:
        yield f"MaxRuntimeInSeconds must be at most {MAX_RUNTIME_SECONDS}; got {run}."
    if wait is not None and not spot:
        yield (
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining "
            "is set to true"
        )
    if spot and (run is None or wait is None):
        yield (
            "EnableManagedSpotTraining needs both MaxRuntimeInSeconds and MaxWaitTimeInSeconds "
            "in StoppingCondition."
        )
    if spot and wait < run:
        yield (
            "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than "
            f"MaxRuntimeInSeconds; got {wait} and {run}."
        )


def _channels(request: Mapping[str, Any]) -> Iterator[str]:
    channels = request.get("InputDataConfig") or []
    for name in repeated(channel["ChannelName"] for channel in channels):
        yield f"Duplicate channel name '{name}': each channel needs a name of its own."
    for channel in channels:
        if len(channel["DataSource"]) != 1:
            yield (
                f"Channel '{channel['ChannelName']}' must have exactly one data source; "
                f"got {', '.join(channel['DataSource']) or 'none'}."
            )


def _metrics(request: Mapping[str, Any]) -> Iterator[str]:
    for metric in request["AlgorithmSpecification"].get("MetricDefinitions") or []:
        try:
            re.compile(metric["Regex"])
        except re.error as error:
            yield (
                f"Invalid regular expression '{metric['Regex']}' of metric '{metric['Name']}': "
                f"{error}."
            )
