"""Settings that cannot be deployed, told all at once."""

from __future__ import annotations

from collections.abc import Sequence

from training_job import Problem


class InvalidSettings(ValueError):
    """Settings that cannot be deployed.

    Attributes:
        problems: Each as (setting, what is wrong and what is accepted).

    Example:
        >>> print(InvalidSettings([Problem("stack_name", "not a name")]))
        These settings cannot be deployed:
          - stack_name: not a name
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        lines = [f"  - {name}: {message}" for name, message in problems]
        super().__init__("\n".join(["These settings cannot be deployed:", *lines]))
