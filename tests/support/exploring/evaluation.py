"""What the expressions of a state come to, for an execution that is about to enter it.

Values travel as JSON text, which makes a frame hashable, and an evaluation is kept by its
expression and what that reads.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import jsonata
from ministack.services import stepfunctions as ministack

from local_aws.corrections.states.expressions.jsonata import Scope, evaluate, is_expression

STARTED_AT = "2026-01-31T10:00:00.123Z"

_NAME = re.compile(r"\$(states\.\w+|\w+)")
_ALONE = re.compile(r"\{%\s*\$(\w+)\s*%\}")
_KEPT = 100_000  # evaluations


class Frame(NamedTuple):
    """An execution, or an iteration, that is about to enter a state.

    Attributes:
        state: Its name.
        input: Of the state, as JSON.
        variables: Names and values, as JSON.
        redrives: How often the execution was redriven.
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


class Sight(NamedTuple):
    """What the expressions of a state see: `bound` are the variables and what `$states` has."""

    frame: Frame
    now: str
    bound: Mapping[str, str]
    value: str

    @classmethod
    def of(cls, frame: Frame, now: str, **states: str) -> "Sight":
        """Return the sight of a frame, with what else `$states` has, as JSON.

        Its value is what a state without an Output puts out: the result, or the input.
        """
        bound = dict(frame.variables)
        bound["states.input"] = value = frame.input
        for name, value in states.items():
            bound[f"states.{name}"] = value
        return cls(frame, now, bound, value)


class Values:
    """The values of an execution's templates, which are known by their `id`."""

    def __init__(self, arn: str, given: Mapping[str, Any]) -> None:
        self._execution = {"Id": arn, "Input": dict(given), "StartTime": STARTED_AT}
        self._names: dict[int, tuple[str, ...]] = {}
        self._values: dict[tuple[Any, ...], str | StateError] = {}

    def text(self, template: Any, sight: Sight) -> str:
        """Return the value of a template as JSON.

        Raises:
            StateError: It cannot be evaluated.
        """
        names = self._names.get(id(template))
        if names is None:
            names = self._names[id(template)] = tuple(sorted(_read(template)))
        key: tuple[Any, ...] = (id(template), *map(sight.bound.get, names))
        if "states.context" in names:
            key += (sight.frame.redrives, sight.frame.redriven_at, sight.now)
        value = self._values.get(key)
        if value is None:
            if len(self._values) > _KEPT:
                self._values.clear()
            value = self._values[key] = self._evaluated(template, names, sight)
        if isinstance(value, StateError):
            raise value
        return value

    def _evaluated(self, template: Any, names: tuple[str, ...], sight: Sight) -> str | StateError:
        try:
            return self._made(template, names, sight)
        except StateError as error:
            return error
        except ministack._ExecutionError as error:
            return StateError({"Error": error.error, "Cause": error.cause})

    def _made(self, template: Any, names: tuple[str, ...], sight: Sight) -> str:
        if isinstance(template, dict):
            items = [f'"{name}": {self.text(item, sight)}' for name, item in template.items()]
            return f"{{{', '.join(items)}}}"
        if isinstance(template, list):
            return f"[{', '.join(self.text(item, sight) for item in template)}]"
        if not is_expression(template):
            return json.dumps(template)
        alone = _ALONE.fullmatch(template)
        if alone and alone[1] in sight.bound:  # a variable alone is itself
            return sight.bound[alone[1]]
        bound = {name: json.loads(sight.bound[name]) for name in names if name in sight.bound}
        return json.dumps(evaluate(template, "field", self._scope(bound, sight)))

    def _scope(self, bound: Mapping[str, Any], sight: Sight) -> Scope:
        redriven = sight.frame.redriven_at
        context = {
            "Execution": {
                **self._execution,
                "RedriveCount": sight.frame.redrives,
                **({"RedriveTime": redriven} if redriven else {}),
            },
            "State": {"EnteredTime": sight.now},
            "Task": {"Token": "token"},
            "variables": {
                name: value for name, value in bound.items() if not name.startswith("states.")
            },
        }
        names = ("states.input", "states.result", "states.errorOutput")
        given, result, error = map(bound.get, names)
        return Scope(given, context, result, error)


def _read(template: Any) -> set[str]:
    """Return the variables, and what of `$states`, that the expressions of a template read."""
    if isinstance(template, dict):
        return set().union(*map(_read, template.values()))
    if isinstance(template, list):
        return set().union(*map(_read, template))
    return set(_NAME.findall(template)) if is_expression(template) else set()


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
