"""What the expressions of a state come to, for an execution that is about to enter it.

Values travel as JSON text, which makes a frame hashable, and an evaluation is kept by its
expression and what that reads.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import jsonata
from ministack.services import stepfunctions as ministack

from local_aws.corrections.states.expressions.jsonata import Scope, evaluate, is_expression

STARTED_AT = "2026-01-31T10:00:00.123Z"

_NAME = re.compile(r"\$(states\.\w+|\w+)")
_KEPT = 100_000  # evaluations


class Frame(NamedTuple):
    """An execution, or an iteration, that is about to enter a state.

    Attributes:
        state: its name.
        input: of the state, as JSON.
        variables: names and values, as JSON.
        redrives: how often the execution was redriven.
        redriven_at: ISO 8601 time of the last redrive; empty for none.
    """

    state: str
    input: str
    variables: tuple[tuple[str, str], ...] = ()
    redrives: int = 0
    redriven_at: str = ""

    def variable(self, name: str) -> Any:
        """Return the value of a variable; None when it was never assigned."""
        return json.loads(dict(self.variables).get(name, "null"))


class StateError(Exception):
    """An error that a Catch may take: `output` is Step Functions' error output."""

    def __init__(self, output: Mapping[str, Any]) -> None:
        super().__init__(output)
        self.output = dict(output)


@dataclass(frozen=True)
class Sight:
    """What the expressions of a state see."""

    frame: Frame
    now: str
    variables: Mapping[str, str]
    states: Mapping[str, str]

    @classmethod
    def of(cls, frame: Frame, now: str, **bound: str) -> "Sight":
        """Return the sight of a frame, with what else is bound as JSON."""
        states = {"states.input": frame.input}
        states |= {f"states.{name}": text for name, text in bound.items()}
        return cls(frame, now, dict(frame.variables), states)

    @property
    def value(self) -> str:
        """What a state without an Output puts out: the result, or the input."""
        return [*self.states.values()][-1]


class Values:
    """The values of an execution's templates."""

    def __init__(self, arn: str, given: Mapping[str, Any]) -> None:
        self._execution = {"Id": arn, "Input": dict(given), "StartTime": STARTED_AT}
        self._values: dict[tuple[Any, ...], str | StateError] = {}

    def text(self, template: Any, sight: Sight) -> str:
        """Return the value of a template as JSON.

        Raises:
            StateError: it cannot be evaluated.
        """
        if isinstance(template, dict):
            items = [f'"{name}": {self.text(item, sight)}' for name, item in template.items()]
            return f"{{{', '.join(items)}}}"
        if isinstance(template, list):
            return f"[{', '.join(self.text(item, sight) for item in template)}]"
        if not is_expression(template):
            return json.dumps(template)
        alone, names = _read(template)
        if alone in sight.variables:  # a variable alone is itself
            return sight.variables[alone]
        known = [(name, sight.variables[name]) for name in names if name in sight.variables]
        scope = [(name, sight.states[name]) for name in names if name in sight.states]
        frame = sight.frame
        context = (frame.redrives, frame.redriven_at, sight.now)
        key = (template, context if "states.context" in names else (), *known, *scope)
        if len(self._values) > _KEPT:
            self._values.clear()
        if key not in self._values:
            self._values[key] = self._evaluated(template, sight, dict(known), dict(scope))
        value = self._values[key]
        if isinstance(value, StateError):
            raise value
        return value

    def _evaluated(
        self, template: str, sight: Sight, known: Mapping[str, str], scope: Mapping[str, str]
    ) -> str | StateError:
        values = {name: json.loads(text) for name, text in scope.items()}
        redriven = sight.frame.redriven_at
        context = {
            "Execution": {
                **self._execution,
                "RedriveCount": sight.frame.redrives,
                **({"RedriveTime": redriven} if redriven else {}),
            },
            "State": {"EnteredTime": sight.now},
            "Task": {"Token": "token"},
            "variables": {name: json.loads(text) for name, text in known.items()},
        }
        names = ("states.input", "states.result", "states.errorOutput")
        given, result, error = (values.get(name) for name in names)
        try:
            return json.dumps(evaluate(template, "field", Scope(given, context, result, error)))
        except ministack._ExecutionError as error:
            return StateError({"Error": error.error, "Cause": error.cause})


@cache
def _read(expression: str) -> tuple[str, tuple[str, ...]]:
    """Return the variable that an expression is, or "", and all that it reads."""
    alone = re.fullmatch(r"\{%\s*\$(\w+)\s*%\}", expression)
    return alone[1] if alone else "", tuple(sorted(set(_NAME.findall(expression))))


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have each expression compiled once, not on every evaluation: that is most of its time."""

    @cache
    def compiled(expression: str) -> jsonata.Jsonata:
        return jsonata.Jsonata(expression)

    def program(expression: str, **_bounds: int) -> jsonata.Jsonata:
        jsonata.Jsonata.CURRENT.jsonata = compiled(expression)
        return compiled(expression)

    with patch.object(jsonata.Jsonata, "jsonata", program):
        yield
