"""What can be wrong with the arguments: every problem at once, each as (argument, message)."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

SHOWN_LENGTH = 80
"""Characters of a given value that a message repeats."""


class Problem(NamedTuple):
    """One thing wrong with one argument.

    Attributes:
        argument: Documented name of the argument (or the unknown name that was given).
        message: What was given and what is allowed, for the person who gave it.

    Example:
        >>> Problem("max_run", "60 seconds at least.").argument
        'max_run'
    """

    argument: str
    message: str


class InvalidArguments(ValueError):
    """The arguments cannot become a training job; `problems` says why, all at once.

    Example:
        >>> print(InvalidArguments([Problem("role", "This argument is required.")]))
        1 argument problem; nothing was started.
        - role: This argument is required.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(summary(problems))


def summary(problems: list[Problem]) -> str:
    """Return the problems as text for a person: a count, then a line each.

    Args:
        problems: At least one problem.
    """
    lines = [f"- {problem.argument}: {problem.message}" for problem in problems]
    return "\n".join([nothing_started(problems), *lines])


def nothing_started(problems: list[Problem]) -> str:
    """Return the sentence that says how many problems there are."""
    count = "1 argument problem" if len(problems) == 1 else f"{len(problems)} argument problems"
    return f"{count}; nothing was started."


def shown(value: Any) -> str:
    """Return a given value as a message may repeat it: as JSON, at most 80 characters.

    Args:
        value: Anything that a caller gave.
    """
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"
