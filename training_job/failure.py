"""How an execution ends: the six named errors, their causes, and the output of a success.

The cause is JSON that begins with `message`, a sentence for a person, so that the console shows it
first.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from training_job.arguments.problems import Problem, nothing_started

LONGEST_CAUSE = 30_000
"""Characters. Step Functions keeps 32,768 of a cause.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html"""


class Failure(StrEnum):
    """The errors with which an execution fails."""

    INVALID_ARGUMENTS = "InvalidArguments"
    TRAINING_JOB_FAILED = "TrainingJobFailed"
    TRAINING_JOB_STOPPED = "TrainingJobStopped"
    CAPACITY_UNAVAILABLE = "CapacityUnavailable"
    RULE_EVALUATION_FAILED = "RuleEvaluationFailed"
    REQUEST_REJECTED = "RequestRejected"


def cause(message: str, **facts: Any) -> str:
    """Return the cause of a failed execution as JSON: the message, then the facts known.

    Args:
        message: A sentence for a person.
        facts: `problems`, `job_name`, `failure_reason`, `attempts`, `links`; empty ones are left
            out, and the largest ones too where the whole would be too long.
    """
    known = {name: fact for name, fact in facts.items() if fact}
    while True:
        text = json.dumps({"message": message, **known}, ensure_ascii=False)
        if len(text) <= LONGEST_CAUSE:
            return text
        if not known:
            return json.dumps({"message": message[: LONGEST_CAUSE // 8]}, ensure_ascii=False)
        known.pop(max(known, key=lambda name: len(json.dumps(known[name]))))


def sentence(words: str) -> str:
    """Return the words with a full stop, so that another sentence may follow."""
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."


def invalid_arguments(problems: list[Problem]) -> str:
    """Return the cause of `InvalidArguments`: how many problems there are, then each once.

    Args:
        problems: At least one problem. Those that make the cause too long are counted only.
    """
    listed: list[dict[str, str]] = []
    room = LONGEST_CAUSE - 200  # for the message, and the names of the facts
    for name, message in problems:
        problem = {"argument": name, "message": message}
        room -= len(json.dumps(problem, ensure_ascii=False)) + 2
        if room < 0:
            break
        listed.append(problem)
    message = nothing_started(problems)
    if len(listed) < len(problems):
        message += f" The first {len(listed)} follow."
    return cause(message, problems=listed)
