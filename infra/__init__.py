"""The training workflow as AWS CDK constructs; `rl_training_cdk` in an installed package.

`RlTrainingWorkflow` is the state machine for a stack of one's own, `RlSweepWorkflow` that of sweeps
beside it, `RlTrainingStack` all that one account needs, and `python -m rl_training_cdk.app` an app
of it (docs/construct.md).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .roles.job_role import job_role
    from .settings.context import read_settings
    from .settings.model import Settings
    from .settings.problems import InvalidSettings
    from .stack import RlTrainingStack
    from .sweep.construct import RlSweepWorkflow
    from .workflow.construct import RlTrainingWorkflow

_HOMES = {
    "InvalidSettings": "settings.problems",
    "RlSweepWorkflow": "sweep.construct",
    "RlTrainingStack": "stack",
    "RlTrainingWorkflow": "workflow.construct",
    "Settings": "settings.model",
    "job_role": "roles.job_role",
    "read_settings": "settings.context",
}

__all__ = [
    "InvalidSettings",
    "RlSweepWorkflow",
    "RlTrainingStack",
    "RlTrainingWorkflow",
    "Settings",
    "job_role",
    "read_settings",
]


def __getattr__(name: str) -> Any:
    """Import on first use: settings are read, and checked, without the CDK."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
