"""The structure of a state machine definition, checked when it is created as AWS does.

ministack takes any JSON and finds out when an execution gets there.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from local_aws.corrections.states.expressions.references import unsupported_references

_TYPES = {"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
_GO_ON = {"Task", "Pass", "Wait", "Parallel", "Map"}
_JSONPATH_ONLY = {
    "InputPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
}
_JSONATA_ONLY = {"Arguments", "Output", "Items"}


def checked(original: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Wrap the check of a definition's JSONata, so that it checks the structure first."""

    def validate(definition: Any) -> str | None:
        try:
            document = json.loads(definition)
        except (TypeError, ValueError) as error:
            return f"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {error}'"
        problem = next(problems(document), None) or original(definition)
        problem = problem or next(unsupported_references(document), None)
        return f"Invalid State Machine Definition: '{problem}'" if problem else None

    return validate


def problems(document: Any) -> Iterator[str]:
    """Yield what is wrong with a definition, in AWS's words with the place it was found at."""
    if not isinstance(document, dict):
        yield "SCHEMA_VALIDATION_FAILED: The definition must be an object at /"
        return
    yield from _machine(document, "", document.get("QueryLanguage", "JSONPath"))


def _machine(machine: dict[str, Any], place: str, language: str) -> Iterator[str]:
    """Check a whole machine, or the one inside a branch or an iteration."""
    members = machine.get("States")
    if not isinstance(members, dict) or not members:
        yield f"SCHEMA_VALIDATION_FAILED: The field 'States' should be specified at {place or '/'}"
        return
    start = machine.get("StartAt")
    if start not in members:
        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {start} at {place}/StartAt"
    for name, state in members.items():
        where = f"{place}/States/{name}"
        if not isinstance(state, dict) or state.get("Type") not in _TYPES:
            yield f"SCHEMA_VALIDATION_FAILED: The field 'Type' is missing or unknown at {where}"
            continue
        yield from _fields(state, where, state.get("QueryLanguage", language))
        yield from _transitions(state, where, set(members))
        for inner, at in _inner_machines(state, where):
            yield from _machine(inner, at, language)
    yield from _unreachable(members, start, place)


def _fields(state: dict[str, Any], where: str, language: str) -> Iterator[str]:
    foreign = _JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY
    for name in sorted(foreign & state.keys()):
        yield (
            f"SCHEMA_VALIDATION_FAILED: The field '{name}' is not supported by the query language "
            f"'{language}' at {where}/{name}"
        )
    if state["Type"] == "Task" and not isinstance(state.get("Resource"), str):
        yield f"SCHEMA_VALIDATION_FAILED: The field 'Resource' should be specified at {where}"
    for kind in ("Retry", "Catch"):
        entries = state.get(kind, [])
        for index, entry in enumerate(entries):
            names = entry.get("ErrorEquals", [])
            alone = names == ["States.ALL"] and index == len(entries) - 1
            if not names or ("States.ALL" in names and not alone):
                yield (
                    "SCHEMA_VALIDATION_FAILED: 'States.ALL' must appear alone and at the end, and "
                    f"ErrorEquals must not be empty at {where}/{kind}[{index}]/ErrorEquals"
                )


def _transitions(state: dict[str, Any], where: str, names: set[str]) -> Iterator[str]:
    ends = ("Next" in state) + (state.get("End") is True)
    if state["Type"] in _GO_ON and ends != 1:
        yield (
            "SCHEMA_VALIDATION_FAILED: These fields are required, and only one of them may be "
            f"specified: [Next, End] at {where}"
        )
    if state["Type"] not in _GO_ON and ends:
        yield f"SCHEMA_VALIDATION_FAILED: A {state['Type']} state has no Next or End at {where}"
    for place, target in targets(state):
        if target not in names:
            yield f"MISSING_TRANSITION_TARGET: Missing '{place}' target: {target} at {where}"


def targets(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every state that a state may go to, with the field that says so."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for entry in state.get(field, []):
            yield f"{field}/Next", entry.get("Next")


def _inner_machines(state: dict[str, Any], where: str) -> Iterator[tuple[dict[str, Any], str]]:
    for index, branch in enumerate(state.get("Branches", [])):
        yield branch, f"{where}/Branches[{index}]"
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], f"{where}/{field}"


def _unreachable(members: dict[str, Any], start: Any, place: str) -> Iterator[str]:
    seen: set[Any] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen and isinstance(members.get(name), dict):
            seen.add(name)
            ahead += [target for _, target in targets(members[name])]
    for name in members.keys() - seen:
        yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable at {place}/States/{name}'
