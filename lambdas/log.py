"""The functions' log: JSON lines with the execution's ARN, so that one query shows a run.

docs/outcomes.md has the query.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


@contextmanager
def logged(function: str, execution: str, **facts: Any) -> Iterator[Callable[..., None]]:
    """Log the start of a call, the decision that the block tells, and the error that it raises.

    Args:
        function: Name of the function.
        execution: ARN of the execution that the call is for.
        facts: What else the first line tells.

    Yields:
        A function that logs the decision: the facts that it is given.

    Example:
        >>> with logged("JudgeAttempt", "arn:a", job_name="agent") as decided:
        ...     decided(decision="wait")
        {"event": "start", "function": "JudgeAttempt", "execution": "arn:a", "job_name": "agent"}
        {"event": "decision", "function": "JudgeAttempt", "execution": "arn:a", "decision": "wait"}
    """

    def line(event: str, **facts: Any) -> None:
        told = {"event": event, "function": function, "execution": execution, **facts}
        print(json.dumps(told, default=str), flush=True)

    line("start", **facts)
    try:
        yield partial(line, "decision")
    except Exception as error:
        line("error", error=type(error).__name__, message=str(error))
        raise
