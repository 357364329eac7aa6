"""The pure core: arguments to a CreateTrainingJob request, a description to a verdict.

No module here calls AWS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training_job.arguments.guard_rails import GuardRails
    from training_job.arguments.model import TrainingArguments
    from training_job.arguments.parsing import parse_arguments
    from training_job.arguments.problems import InvalidArguments, Problem
    from training_job.request.build import build_request

_HOMES = {
    "GuardRails": "arguments.guard_rails",
    "InvalidArguments": "arguments.problems",
    "Problem": "arguments.problems",
    "TrainingArguments": "arguments.model",
    "build_request": "request.build",
    "parse_arguments": "arguments.parsing",
}

__all__ = [
    "GuardRails",
    "InvalidArguments",
    "Problem",
    "TrainingArguments",
    "build_request",
    "parse_arguments",
]


def __getattr__(name: str) -> Any:
    """Import on first use: the launcher shares links.py and has no pydantic."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
