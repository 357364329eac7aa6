"""What an assumption is: data, a question put to AWS, and a pure judge of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

Answer = dict[str, Any]


class NotAsked(Exception):
    """Why a question could not be asked here, or why its answer tells nothing."""


@dataclass(frozen=True)
class Verdict:
    """What a judge makes of an answer.

    Attributes:
        holds: Whether the assumption does.
        seen: What AWS did, in a few words.
    """

    holds: bool
    seen: str


@dataclass(frozen=True)
class Question:
    """Something asked of AWS once, whose answer may settle several assumptions.

    Attributes:
        name: Unique; recordings of answers are named after it.
        ask: Of what its stage offers (a `Scene`) -> the answer, JSON. Raises `NotAsked`, or any
            error of AWS's, which counts as not asked.
    """

    name: str
    ask: Callable[[Any], Answer]


@dataclass(frozen=True)
class Assumption:
    """One thing that is assumed of AWS.

    Attributes:
        name: Unique, in kebab case.
        statement: What is assumed, as a sentence.
        expected: What is seen if it holds.
        page: The document that must change if it does not.
        question: What is asked.
        judge: The answer -> whether it holds. Pure; raises `NotAsked` where the answer tells
            nothing.
        settles: How the lines of the documents begin that say that this is assumed.
    """

    name: str
    statement: str
    expected: str
    page: str
    question: Question
    judge: Callable[[Answer], Verdict]
    settles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What became of one assumption: a row of the table, and of the JSON.

    Attributes:
        verdict: `true`, `FALSE` or `not asked`.
        seen: What AWS did, or why it was not asked.
    """

    assumption: str
    statement: str
    expected: str
    seen: str
    verdict: str
    page: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON."""
        return asdict(self)


TRUE, FALSE, NOT_ASKED = "true", "FALSE", "not asked"


def find(assumption: Assumption, answer: Answer | str) -> Finding:
    """Judge an answer.

    Args:
        assumption: What it is about.
        answer: What AWS answered, or why it was not asked.

    Example:
        >>> find(assumption, "needs credentials").verdict
        'not asked'
    """
    if isinstance(answer, str):
        return _finding(assumption, NOT_ASKED, answer)
    try:
        verdict = assumption.judge(answer)
    except NotAsked as reason:
        return _finding(assumption, NOT_ASKED, str(reason))
    except Exception as error:  # an answer that nobody imagined must not cost the other findings
        return _finding(assumption, NOT_ASKED, f"the answer was not understood: {error!r}")
    return _finding(assumption, TRUE if verdict.holds else FALSE, verdict.seen)


def ask(question: Question, scene: Any) -> Answer | str:
    """Put a question; return the answer, or why there is none."""
    try:
        return question.ask(scene)
    except NotAsked as reason:
        return str(reason)
    except Exception as error:  # one question that fails must not cost the other answers
        return f"{type(error).__name__}: {error}"


def ask_all(
    assumptions: Iterable[Assumption], scene: Any, answers: dict[str, Answer | str]
) -> list[Finding]:
    """Put each question once, judge the answers and keep them in `answers` by question."""
    findings = []
    for assumption in assumptions:
        name = assumption.question.name
        if name not in answers:
            answers[name] = ask(assumption.question, scene)
        findings.append(find(assumption, answers[name]))
    return findings


def _finding(assumption: Assumption, verdict: str, seen: str) -> Finding:
    return Finding(
        assumption=assumption.name,
        statement=assumption.statement,
        expected=assumption.expected,
        seen=" ".join(seen.split()),
        verdict=verdict,
        page=assumption.page,
    )
