"""A small interpreter of the Amazon States Language, for the states that our definitions use.

It walks one state at a time and decides nothing that AWS decides: what a task returns or raises is
asked of the caller, so that a test can try everything. A Map gives the frames in which its
iterations begin, each of which another Machine walks. A field that it does not know is an error,
never ignored.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from local_aws.corrections.states.execution.errors import error_matches
from tests.support.exploring.evaluation import Frame, Sight, StateError, Values

_FIELDS = {
    "Pass": {"Assign", "Output", "Next"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Next"},
    "Succeed": {"Output"},
    "Fail": {"Error", "Cause"},
    "Task": {
        *("Resource", "Arguments", "Credentials", "TimeoutSeconds"),
        *("Retry", "Catch", "Output", "Assign", "Next", "End"),
    },
    "Map": {
        *("Items", "MaxConcurrency", "ItemProcessor", "Catch", "Output", "Assign", "Next"),
    },
}
_LONGEST_WAIT = 99_999_999
_MOST_AT_ONCE = 40


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


class Machine:
    """A definition that executions walk through."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        given: Mapping[str, Any],
        arn: str,
        values: Values | None = None,
    ) -> None:
        assert values or definition["QueryLanguage"] == "JSONata"
        self.states: dict[str, dict[str, Any]] = definition["States"]
        self.start = Frame(definition["StartAt"], json.dumps(given))
        self._values = values or Values(arn, given)
        self.iterations = {
            name: Machine(state["ItemProcessor"], given, arn, self._values)
            for name, state in self.states.items()
            if state["Type"] == "Map"
        }
        for name, state in self.states.items():
            unknown = set(state) - _FIELDS[state["Type"]] - {"Type", "Comment"}
            assert not unknown, f"{name} has {unknown}, which this interpreter does not know"

    def walk(self, frame: Frame, now: str) -> Frame | Ended:
        """Return what follows a state that asks for nothing: Pass, Choice, Succeed or Fail."""
        state, sight = self.states[frame.state], Sight.of(frame, now)
        try:
            if state["Type"] == "Pass":
                return self._follow(sight, state)
            if state["Type"] == "Choice":
                return frame._replace(state=self._choose(sight, state))
            if state["Type"] == "Succeed":
                return Ended("SUCCEEDED", frame, self._values.text(state["Output"], sight))
            assert state["Type"] == "Fail", state["Type"]
            error, cause = (
                json.loads(self._values.text(state[key], sight)) for key in ("Error", "Cause")
            )
            return Ended("FAILED", frame, error=error, cause=cause)
        except StateError as error:
            return _failed(frame, error)

    def call(self, frame: Frame, now: str) -> Call | Frame | Ended:
        """Return what a task asks for, or what follows where that cannot be evaluated."""
        state, sight = self.states[frame.state], Sight.of(frame, now)
        try:
            self._seconds(state["TimeoutSeconds"], sight, least=1)
            arguments, role = self._values.text(state["Arguments"], sight), ""
            if "Credentials" in state:
                role = json.loads(self._values.text(state["Credentials"]["RoleArn"], sight))
        except StateError as error:
            return self._caught(frame, now, error)
        return Call(state["Resource"], arguments, role)

    def waited(self, frame: Frame, now: str) -> Frame:
        """Return what follows a Wait."""
        state = self.states[frame.state]
        self._seconds(state["Seconds"], Sight.of(frame, now), least=0)
        return frame._replace(state=state["Next"])

    def items(self, frame: Frame, now: str) -> tuple[int, tuple[Frame, ...]] | Frame | Ended:
        """Return how many iterations of a Map run at once and the frames in which they begin.

        What it assigns stays in an iteration; what was assigned before, it sees.
        """
        state, sight = self.states[frame.state], Sight.of(frame, now)
        try:
            most = json.loads(self._values.text(state["MaxConcurrency"], sight))
            items = json.loads(self._values.text(state["Items"], sight))
        except StateError as error:
            return self._caught(frame, now, error)
        assert isinstance(items, list), items
        assert 1 <= most <= _MOST_AT_ONCE, most
        start = self.iterations[frame.state].start.state
        return most, tuple(frame._replace(state=start, input=json.dumps(item)) for item in items)

    def returned(self, frame: Frame, now: str, result: str) -> Frame | Ended:
        """Return what follows a task, or a Map, that returned this JSON."""
        try:
            return self._follow(Sight.of(frame, now, result=result), self.states[frame.state])
        except StateError as error:
            return self._caught(frame, now, error)

    def raised(
        self, frame: Frame, now: str, output: Mapping[str, Any], *, for_good: bool
    ) -> Frame | Ended:
        """Return what follows a task that failed: the task again, where a Retry takes the error.

        Args:
            frame: The frame.
            now: ISO 8601 time.
            output: `Error`, and `Cause` if there is one.
            for_good: Whether the task fails until no retry is left.
        """
        for retrier in self.states[frame.state].get("Retry", []):
            if not for_good and error_matches(retrier["ErrorEquals"], output["Error"]):
                return frame
        return self._caught(frame, now, StateError(output))

    def _caught(self, frame: Frame, now: str, error: StateError) -> Frame | Ended:
        for catch in self.states[frame.state].get("Catch", []):
            if error_matches(catch["ErrorEquals"], error.output["Error"]):
                sight = Sight.of(frame, now, errorOutput=json.dumps(error.output))
                try:
                    return self._follow(sight, catch)
                except StateError as nested:
                    return _failed(frame, nested)
        return _failed(frame, error)

    def _choose(self, sight: Sight, state: Mapping[str, Any]) -> str:
        for rule in state["Choices"]:
            assert set(rule) - {"Comment"} == {"Condition", "Next"}
            met = self._values.text(rule["Condition"], sight)
            assert met in ("true", "false"), (rule, met)
            if met == "true":
                return str(rule["Next"])
        return str(state["Default"])

    def _follow(self, sight: Sight, block: Mapping[str, Any]) -> Frame | Ended:
        """Return what follows a state or a Catch: all is evaluated as it was before."""
        output = self._values.text(block["Output"], sight) if "Output" in block else sight.value
        if block.get("End"):
            return Ended("SUCCEEDED", sight.frame, output)
        variables = sight.frame.variables
        if "Assign" in block:
            assigned = {
                name: self._values.text(template, sight)
                for name, template in block["Assign"].items()
            }
            variables = tuple(sorted((dict(variables) | assigned).items()))
        return sight.frame._replace(state=block["Next"], input=output, variables=variables)

    def _seconds(self, template: Any, sight: Sight, *, least: int) -> None:
        value = json.loads(self._values.text(template, sight))
        assert isinstance(value, int), value
        assert least <= value <= _LONGEST_WAIT, value


def _failed(frame: Frame, error: StateError) -> Ended:
    cause = error.output.get("Cause") or ""
    return Ended("FAILED", frame, error=error.output["Error"], cause=cause)
