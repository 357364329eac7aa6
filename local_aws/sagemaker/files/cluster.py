"""The hosts of a training job and their instance groups.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/train-heterogeneous-cluster.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

ONE_TYPE = "homogeneousCluster"
"""Name that SageMaker gives the one group of a job without instance groups."""


class Host(NamedTuple):
    """One instance of a training job.

    Attributes:
        name: `algo-1`, `algo-2` ...
        group: Its instance group.
        instance_type: For example `ml.m5.large`.
    """

    name: str
    group: str
    instance_type: str


def cluster(request: Mapping[str, Any]) -> list[Host]:
    """Return the hosts that a CreateTrainingJob request asks for, group after group."""
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [{**resources, "InstanceGroupName": ONE_TYPE}]
    instances = [
        (group["InstanceGroupName"], group["InstanceType"])
        for group in groups
        for _ in range(group["InstanceCount"])
    ]
    return [Host(f"algo-{number}", *each) for number, each in enumerate(instances, start=1)]


def receives(host: Host, channel: Mapping[str, Any]) -> bool:
    """Whether a host gets an input channel: all do, unless the channel names instance groups."""
    source = channel["DataSource"].get("S3DataSource") or {}
    named = source.get("InstanceGroupNames")
    return not named or host.group in named
