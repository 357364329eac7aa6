"""The CDK context -> the settings: which of its keys are ours, and which are the CDK's."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Settings
from .problems import parse_settings


def read_settings(context: Mapping[str, object]) -> Settings:
    """Return the settings of a CDK context.

    The CDK's own keys (feature flags, lookups, CLI data) contain `:` or `/`, which no setting does.

    Raises:
        InvalidSettings: with every problem, a misspelt setting among them.
    """
    return parse_settings(
        {name: value for name, value in context.items() if not set(name) & {":", "/"}}
    )
