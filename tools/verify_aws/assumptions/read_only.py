"""What can be asked without creating anything: the definition, each state, each policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.verify_aws.assumption import Answer, Assumption, Question, Verdict
from tools.verify_aws.questions.definition import (
    probe_expressions,
    test_states,
    validate_definition,
)
from tools.verify_aws.questions.policies import validate_policies

_DEFINITION = Question("definition", validate_definition)
_STATES = Question("states", test_states)
_EXPRESSIONS = Question("expressions", probe_expressions)
_POLICIES = Question("policies", validate_policies)
_SHOWN = 3
"""Differences that are named; the JSON has all of them."""


def _valid(answer: Answer) -> Verdict:
    said = [f"{each['code']}: {each['message']}" for each in answer["diagnostics"]]
    return Verdict(answer["result"] == "OK", "; ".join([answer["result"], *said[:_SHOWN]]))


def _as_rehearsed(answer: Answer) -> Verdict:
    differ = [
        f"{each['trial']}: {field} {_shown(each['seen'].get(field))}, not {_shown(value)}"
        f" ({each['seen'].get('cause', '')})"
        for each in answer["trials"]
        for field, value in each["expected"].items()
        if _differs(field, value, each["seen"])
    ]
    total = len(answer["trials"])
    seen = f"{total} trials as the reference JSONata has them"
    if differ:
        seen = f"{len(differ)} differences in {total} trials: " + "; ".join(differ[:_SHOWN])
    return Verdict(not differ, seen)


def _differs(field: str, value: Any, seen: Answer) -> bool:
    """Whether AWS says otherwise; what it does not report, it does not deny."""
    if field not in seen:
        return field in {"status", "next"}
    return bool(seen[field] != value)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) < 80 else f"{text[:80]}..."


def _sound(answer: Answer) -> Verdict:
    counted: dict[str, int] = {}
    grave = []
    for policy in answer["policies"]:
        for each in policy["findings"]:
            counted[each["findingType"]] = counted.get(each["findingType"], 0) + 1
            if each["findingType"] in {"ERROR", "SECURITY_WARNING"}:
                grave.append(f"{policy['policy']}: {each['issueCode']} {each['findingDetails']}")
    others = ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items())) or "no finding"
    said = "; ".join(grave[:_SHOWN])
    return Verdict(not grave, f"{len(answer['policies'])} policies: {others}. {said}".strip(" ."))


def _probed(name: str, holds: Callable[[Answer], bool]) -> Callable[[Answer], Verdict]:
    """Return the judge of one of the states that were made for a question."""

    def judge(answer: Answer) -> Verdict:
        said = answer[name]
        parts = [said["status"], said.get("error", ""), str(said.get("output", ""))]
        return Verdict(holds(said), " ".join(part for part in parts if part))

    return judge


def _engine(
    name: str,
    statement: str,
    expected: str,
    probe: str,
    holds: Callable[[Answer], bool],
    *settles: str,
) -> Assumption:
    judge = _probed(probe, holds)
    return Assumption(name, statement, expected, "docs/engines.md", _EXPRESSIONS, judge, settles)


READ_ONLY = (
    Assumption(
        "definition-is-valid",
        "Step Functions accepts both definitions, in which the request of CreateTrainingJob is one"
        " expression",
        "OK",
        "docs/architecture.md",
        _DEFINITION,
        _valid,
    ),
    Assumption(
        "states-do-as-rehearsed",
        "each state evaluates, catches and leads on as the reference JSONata has it",
        "the same status, next state, arguments, output and variables in every trial",
        "docs/engines.md",
        _STATES,
        _as_rehearsed,
    ),
    Assumption(
        "policies-are-sound",
        "Access Analyzer finds no error and no security warning in any policy",
        "no ERROR, no SECURITY_WARNING",
        "docs/permissions.md",
        _POLICIES,
        _sound,
    ),
    _engine(
        "string-of-any-character",
        "`$string` writes characters beyond ASCII as they are",
        'output {"é":1}',
        "string",
        lambda said: said.get("output") == '{"é":1}',
    ),
    _engine(
        "null-is-no-text",
        "a null given to `$contains` is a type error",
        "FAILED States.QueryEvaluationError",
        "null-argument",
        lambda said: said.get("error") == "States.QueryEvaluationError",
    ),
    _engine(
        "null-is-one",
        "`$count` of null is 1",
        "output 1",
        "null-count",
        lambda said: said.get("output") == 1,
    ),
    _engine(
        "parse-of-nothing",
        "`$parse` of nothing is nothing",
        "output {'parsed': False}",
        "parse-nothing",
        lambda said: said.get("output") == {"parsed": False},
        "`$parse` of nothing",
    ),
    _engine(
        "wait-of-a-fraction",
        "a Wait of 1.5 seconds is refused",
        "FAILED States.QueryEvaluationError",
        "half-second",
        lambda said: said["status"] == "FAILED",
    ),
    _engine(
        "condition-not-boolean",
        "a Condition that is not boolean is a States.QueryEvaluationError",
        "FAILED States.QueryEvaluationError",
        "not-boolean",
        lambda said: said.get("error") == "States.QueryEvaluationError",
        "a Condition that is not boolean",
    ),
    _engine(
        "data-limit-is-not-caught",
        "States.ALL does not catch States.DataLimitExceeded",
        "FAILED States.DataLimitExceeded",
        "data-limit",
        lambda said: said["status"] == "FAILED",
        "`States.ALL` does not catch `States.DataLimitExceeded`",
    ),
    _engine(
        "failing-output-is-caught",
        "the Catch of a task takes an expression of its Output that fails",
        "CAUGHT_ERROR States.QueryEvaluationError",
        "failing-output",
        lambda said: said["status"] == "CAUGHT_ERROR",
        "an expression of a task's `Output` that fails",
    ),
)
