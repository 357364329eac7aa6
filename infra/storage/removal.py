"""What becomes of data when its stack is deleted."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

from ..settings.model import Settings


def removal_policy(settings: Settings) -> RemovalPolicy:
    """Return the policy of everything that holds data: `retain_data` decides."""
    return RemovalPolicy.RETAIN if settings.retain_data else RemovalPolicy.DESTROY
