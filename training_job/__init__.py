"""The pure core: arguments -> CreateTrainingJob request, description -> verdict. No AWS calls."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training_job.arguments import TrainingArguments
    from training_job.errors import InvalidArguments, Problem
    from training_job.guard_rails import GuardRails
    from training_job.request import build_request

_HOMES = {
    "GuardRails": "guard_rails",
    "InvalidArguments": "errors",
    "Problem": "errors",
    "TrainingArguments": "arguments",
    "build_request": "request",
}

__all__ = ["GuardRails", "InvalidArguments", "Problem", "TrainingArguments", "build_request"]


def __getattr__(name: str) -> Any:
    """Import on first use: the launcher shares links.py and has no pydantic."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
