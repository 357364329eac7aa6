"""What is wrong with a mapping of settings: every problem, in the words of whoever wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from .model import Settings
from .rules import RULES


class InvalidSettings(ValueError):
    """Settings that cannot be deployed.

    Attributes:
        problems: one sentence for each problem found.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["These settings cannot be deployed:", *map(_bullet, problems)]))


def parse_settings(values: Mapping[str, object]) -> Settings:
    """Return the settings that `values` give by name.

    Raises:
        InvalidSettings: with every problem of every setting and between settings.
    """
    problems, wrong = _own_problems(values)
    right = {name: value for name, value in values.items() if name not in wrong}
    settings = Settings.model_validate(right)
    for names, rule in RULES:
        if wrong.isdisjoint(names):
            problems += rule(settings)
    if problems:
        raise InvalidSettings(problems)
    return settings


def _own_problems(values: Mapping[str, object]) -> tuple[list[str], set[str]]:
    try:
        Settings.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [_sentence(each) for each in found], {str(each["loc"][0]) for each in found}
    return [], set()


def _sentence(error: Any) -> str:
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return _unknown(name)
    place = "".join(f"[{part}]" for part in error["loc"][1:] if part != "[key]")
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{name}{place}: {message[:1].lower()}{message[1:]}; got {error['input']!r}"


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists the settings"
    return f"{name}: there is no such setting; {hint}"


def _bullet(problem: str) -> str:
    return f"  - {problem}"
