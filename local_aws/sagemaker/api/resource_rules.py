"""Rules of CreateTrainingJob on instances, their groups and warm pools.

Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_KEEP_ALIVE_SECONDS = 3600
"""Longest time that a warm pool may be kept, in seconds."""


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that stand more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def _presence(request: Mapping[str, Any]) -> Iterator[str]:
    resources = request["ResourceConfig"]
    if resources.get("InstancePreferences"):
        yield "InstancePreferences are not supported by the local AWS."
    groups = resources.get("InstanceGroups")
    if groups and ("InstanceType" in resources or "InstanceCount" in resources):
        # AWS's words: https://github.com/aws/sagemaker-python-sdk/issues/5555
        yield "InstanceType or InstanceCount cannot be specified with InstanceGroups"
    needed = ("VolumeSizeInGB",) if groups else ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    for name in needed:
        if resources.get(name) is None:
            yield f"ResourceConfig.{name} is required."


def _sizes(request: Mapping[str, Any]) -> Iterator[str]:
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or []
    counts = [group["InstanceCount"] for group in groups] or [resources["InstanceCount"]]
    sizes = [("InstanceCount", count) for count in counts]
    for name, size in [*sizes, ("VolumeSizeInGB", resources["VolumeSizeInGB"])]:
        if size < 1:
            yield f"ResourceConfig.{name} must be at least 1; got {size}."
    for name in repeated(group["InstanceGroupName"] for group in groups):
        yield f"Duplicate instance group name '{name}': each group needs a name of its own."


def _channel_groups(request: Mapping[str, Any]) -> Iterator[str]:
    channels = request.get("InputDataConfig") or []
    sources = [channel["DataSource"].get("S3DataSource") or {} for channel in channels]
    named = [source.get("InstanceGroupNames") or [] for source in sources]
    groups = request["ResourceConfig"].get("InstanceGroups") or []
    known = {group["InstanceGroupName"] for group in groups}
    for name in sorted({name for names in named for name in names} - known):
        yield f"InstanceGroupNames: there is no instance group '{name}'."
    if any(named) and not all(named):
        yield "InstanceGroupNames must be given for all channels or for none."


def _warm_pool(request: Mapping[str, Any]) -> Iterator[str]:
    resources = request["ResourceConfig"]
    period = resources.get("KeepAlivePeriodInSeconds")
    if not period:
        return
    if period > MAX_KEEP_ALIVE_SECONDS:
        yield f"KeepAlivePeriodInSeconds must be at most {MAX_KEEP_ALIVE_SECONDS}; got {period}."
    if request.get("EnableManagedSpotTraining"):
        yield "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining."
    if resources.get("InstanceGroups"):
        yield "KeepAlivePeriodInSeconds is not supported with InstanceGroups."


RESOURCE_RULES = (_presence, _sizes, _channel_groups, _warm_pool)
"""In the order in which they are checked; each may rely on those before it."""
