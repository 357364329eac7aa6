"""Rules between settings: each names the settings it reads and returns what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable

from infra.settings import Settings
from training_job import TrainingArguments

Rule = tuple[tuple[str, ...], Callable[[Settings], list[str]]]


def _argument_defaults(settings: Settings) -> list[str]:
    known = TrainingArguments.model_fields
    return [
        f"argument_defaults: {name} is not an argument of a training run"
        for name in settings.argument_defaults
        if name not in known
    ]


RULES: tuple[Rule, ...] = ((("argument_defaults",), _argument_defaults),)
"""Every rule; parse_settings applies those whose settings are each right on their own."""
