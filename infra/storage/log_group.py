"""Log groups whose names differ from one deployment of the stack to the next.

A log group outlives its stack (`retain_data`); under a fixed name it would be in the way of the
next deployment.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws, Fn
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..settings.model import Settings
from .removal import removal_policy


def log_group(
    scope: Construct, prefix: str, settings: Settings, key: kms.IKey | None
) -> logs.LogGroup:
    """Return a log group named `prefix`, a hyphen and the first part of the stack's unique id."""
    unique = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))
    group = logs.LogGroup(
        scope,
        "Log",
        log_group_name=f"{prefix}-{unique}",
        encryption_key=key,
        removal_policy=removal_policy(settings),
    )
    # The L2 takes an enumeration of the same numbers.
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = settings.log_retention_days
    return group
