"""A small interpreter of the Amazon States Language, for the states that our definition uses.

It walks one state at a time and decides nothing that AWS decides: what a task returns or raises is
asked of the caller, so that a test can try everything. Values travel as JSON text, which makes a
frame hashable, and an evaluation is kept by its expression and what that reads. A field that it
does not know is an error, never ignored.
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

from local_aws.corrections.states.execution.errors import error_matches
from local_aws.corrections.states.expressions.jsonata import Scope, evaluate, is_expression

STARTED_AT = "2026-01-31T10:00:00.123Z"

_FIELDS = {
    "Pass": {"Assign", "Output", "Next"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Next"},
    "Succeed": {"Output"},
    "Fail": {"Error", "Cause"},
    "Task": {
        *("Resource", "Arguments", "Credentials", "TimeoutSeconds"),
        *("Retry", "Catch", "Output", "Assign", "Next"),
    },
}
_NAME = re.compile(r"\$(states\.\w+|\w+)")
_LONGEST_WAIT = 99_999_999
_KEPT = 100_000  # evaluations


class Frame(NamedTuple):
    """An execution that is about to enter a state: its input and variables as JSON."""

    state: str
    input: str
    variables: tuple[tuple[str, str], ...] = ()
    redrives: int = 0

    def variable(self, name: str) -> Any:
        """Return the value of a variable; None when it was never assigned."""
        return json.loads(dict(self.variables).get(name, "null"))


class Ended(NamedTuple):
    """An execution that ended in a frame, which a redrive enters again; its output as JSON."""

    status: str
    frame: Frame
    output: str = ""
    error: str = ""
    cause: str = ""


class Call(NamedTuple):
    """What a task asks for: the integration, its arguments as JSON, and the role it assumes."""

    resource: str
    text: str
    role: str

    @property
    def arguments(self) -> Any:
        """The arguments."""
        return json.loads(self.text)


class StateError(Exception):
    """An error that a Catch may take: `output` is Step Functions' error output."""

    def __init__(self, output: Mapping[str, Any]) -> None:
        super().__init__(output)
        self.output = dict(output)


@dataclass(frozen=True)
class _Sight:
    """What the expressions of a state see."""

    frame: Frame
    now: str
    variables: Mapping[str, str]
    states: Mapping[str, str]

    @classmethod
    def of(cls, frame: Frame, now: str, **bound: str) -> "_Sight":
        states = {"states.input": frame.input}
        states |= {f"states.{name}": text for name, text in bound.items()}
        return cls(frame, now, dict(frame.variables), states)


class Machine:
    """A definition that executions walk through."""

    def __init__(self, definition: Mapping[str, Any], given: Mapping[str, Any], arn: str) -> None:
        assert definition["QueryLanguage"] == "JSONata"
        self.states: dict[str, dict[str, Any]] = definition["States"]
        self.start = Frame(definition["StartAt"], json.dumps(given))
        self._execution = {"Id": arn, "Input": dict(given), "StartTime": STARTED_AT}
        self._values: dict[tuple[Any, ...], str | StateError] = {}
        for name, state in self.states.items():
            unknown = set(state) - _FIELDS[state["Type"]] - {"Type", "Comment"}
            assert not unknown, f"{name} has {unknown}, which this interpreter does not know"

    def walk(self, frame: Frame, now: str) -> Frame | Ended:
        """Return what follows a state that asks for nothing: Pass, Choice, Succeed or Fail."""
        state, sight = self.states[frame.state], _Sight.of(frame, now)
        try:
            if state["Type"] == "Pass":
                return self._follow(sight, state)
            if state["Type"] == "Choice":
                return frame._replace(state=self._choose(sight, state))
            if state["Type"] == "Succeed":
                return Ended("SUCCEEDED", frame, self._text(state["Output"], sight))
            assert state["Type"] == "Fail", state["Type"]
            error, cause = (json.loads(self._text(state[key], sight)) for key in ("Error", "Cause"))
            return Ended("FAILED", frame, error=error, cause=cause)
        except StateError as error:
            return _failed(frame, error)

    def call(self, frame: Frame, now: str) -> Call | Frame | Ended:
        """Return what a task asks for, or what follows where that cannot be evaluated."""
        state, sight = self.states[frame.state], _Sight.of(frame, now)
        try:
            self._seconds(state["TimeoutSeconds"], sight, least=1)
            arguments, role = self._text(state["Arguments"], sight), ""
            if "Credentials" in state:
                role = json.loads(self._text(state["Credentials"]["RoleArn"], sight))
        except StateError as error:
            return self._caught(frame, now, error)
        return Call(state["Resource"], arguments, role)

    def waited(self, frame: Frame, now: str) -> Frame:
        """Return what follows a Wait."""
        state = self.states[frame.state]
        self._seconds(state["Seconds"], _Sight.of(frame, now), least=0)
        return frame._replace(state=state["Next"])

    def returned(self, frame: Frame, now: str, result: str) -> Frame | Ended:
        """Return what follows a task that returned this JSON."""
        try:
            return self._follow(_Sight.of(frame, now, result=result), self.states[frame.state])
        except StateError as error:
            return self._caught(frame, now, error)

    def raised(
        self, frame: Frame, now: str, output: Mapping[str, Any], *, for_good: bool
    ) -> Frame | Ended:
        """Return what follows a task that failed: the task again, where a Retry takes the error.

        Args:
            frame: the frame.
            now: ISO 8601 time.
            output: `Error`, and `Cause` if there is one.
            for_good: whether the task fails until no retry is left.
        """
        for retrier in self.states[frame.state].get("Retry", []):
            if not for_good and error_matches(retrier["ErrorEquals"], output["Error"]):
                return frame
        return self._caught(frame, now, StateError(output))

    def _caught(self, frame: Frame, now: str, error: StateError) -> Frame | Ended:
        for catch in self.states[frame.state].get("Catch", []):
            if error_matches(catch["ErrorEquals"], error.output["Error"]):
                sight = _Sight.of(frame, now, errorOutput=json.dumps(error.output))
                try:
                    return self._follow(sight, catch)
                except StateError as nested:
                    return _failed(frame, nested)
        return _failed(frame, error)

    def _choose(self, sight: _Sight, state: Mapping[str, Any]) -> str:
        for rule in state["Choices"]:
            assert set(rule) - {"Comment"} == {"Condition", "Next"}
            met = self._text(rule["Condition"], sight)
            assert met in ("true", "false"), (rule, met)
            if met == "true":
                return str(rule["Next"])
        return str(state["Default"])

    def _follow(self, sight: _Sight, block: Mapping[str, Any]) -> Frame:
        """Return the frame after a state or a Catch: all is evaluated as it was before."""
        output = [*sight.states.values()][-1]  # without an Output: the result, or the input
        if "Output" in block:
            output = self._text(block["Output"], sight)
        assigned = {
            name: self._text(template, sight) for name, template in block.get("Assign", {}).items()
        }
        variables = tuple(sorted({**sight.variables, **assigned}.items()))
        return sight.frame._replace(state=block["Next"], input=output, variables=variables)

    def _seconds(self, template: Any, sight: _Sight, *, least: int) -> None:
        value = json.loads(self._text(template, sight))
        assert isinstance(value, int), value
        assert least <= value <= _LONGEST_WAIT, value

    def _text(self, template: Any, sight: _Sight) -> str:
        """Return the value of a template as JSON.

        Raises:
            StateError: it cannot be evaluated.
        """
        if isinstance(template, dict):
            items = [f'"{name}": {self._text(item, sight)}' for name, item in template.items()]
            return f"{{{', '.join(items)}}}"
        if not is_expression(template):
            assert not isinstance(template, list), template
            return json.dumps(template)
        alone, names = _read(template)
        if alone in sight.variables:  # a variable alone is itself
            return sight.variables[alone]
        known = [(name, sight.variables[name]) for name in names if name in sight.variables]
        scope = [(name, sight.states[name]) for name in names if name in sight.states]
        context = (sight.frame.redrives, sight.now) if "states.context" in names else ()
        key = (template, context, *known, *scope)
        if len(self._values) > _KEPT:
            self._values.clear()
        if key not in self._values:
            self._values[key] = self._evaluated(template, sight, dict(known), dict(scope))
        value = self._values[key]
        if isinstance(value, StateError):
            raise value
        return value

    def _evaluated(
        self, template: str, sight: _Sight, known: Mapping[str, str], scope: Mapping[str, str]
    ) -> str | StateError:
        values = {name: json.loads(text) for name, text in scope.items()}
        context = {
            "Execution": {**self._execution, "RedriveCount": sight.frame.redrives},
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


def _failed(frame: Frame, error: StateError) -> Ended:
    cause = error.output.get("Cause") or ""
    return Ended("FAILED", frame, error=error.output["Error"], cause=cause)


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
