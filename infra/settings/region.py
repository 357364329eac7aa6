"""What holds between the settings and the region of the deployment, where that is known."""

from __future__ import annotations

from aws_cdk.region_info import RegionInfo

from training_job import Problem
from training_job.arguments.checking import Rule

from .model import Settings
from .rules import region_of


def in_region(region: str) -> tuple[Rule[Settings], ...]:
    """Return the rules of settings that are deployed to a region, such as us-east-1."""
    return (
        (("assumable_roles",), lambda settings: _partition(settings, region)),
        (("argument_defaults",), lambda settings: _defaults(settings, region)),
    )


def _partition(settings: Settings, region: str) -> list[Problem]:
    partition = RegionInfo.get(region).partition
    if partition is None:  # a region younger than the CDK's table
        return []
    where = f"the deployment is in {region}, of the partition {partition}"
    return [
        Problem("assumable_roles", f"got {role}; {where}: no role is assumed across partitions")
        for role in settings.assumable_roles
        if role.split(":")[1] != partition
    ]


def _defaults(settings: Settings, region: str) -> list[Problem]:
    defaults = settings.argument_defaults
    regions = {
        "region": defaults.get("region"),
        "endpoint_url": region_of(defaults.get("endpoint_url")),
    }
    return [
        Problem("argument_defaults", f"{name}: got {defaults[name]}; the deployment is in {region}")
        for name, found in regions.items()
        if found not in (None, "", region)
    ]
