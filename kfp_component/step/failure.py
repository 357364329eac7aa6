"""What a person is told when there is no model: why, where to look, and the last log lines."""

import contextlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kfp_component.execution.result import Failure
from kfp_component.step.diagnosis import diagnose
from training_job.links import links

TERMINATION_LOG = Path("/dev/termination-log")
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_MOST_TERMINATION_BYTES = 4096
_SHOWN_LINES = 20


def explain(
    failure: Failure,
    execution_arn: str,
    last_lines: Iterable[str],
    arguments: Mapping[str, Any] | None = None,
) -> str:
    """Writes the failure as the lines that end the step's log: first what to change.

    Args:
        failure: What the execution says.
        execution_arn: Which one.
        last_lines: The end of the job's log.
        arguments: The arguments of the step, for the diagnosis to name.
    """
    tail = list(last_lines)
    diagnosis = diagnose(failure.error, arguments or {}, tail)
    lines = [f"Error: {failure.error}: {diagnosis or failure.message}"]
    if diagnosis:
        lines.append(_shortened(failure.message))
    for problem in map(_problem, _items(failure.facts.get("problems"))):
        if problem not in failure.message:  # the message lists them
            lines.append(f"  {problem}")
    reason = failure.facts.get("failure_reason")
    if reason and reason not in failure.message:
        lines.append(f"Failure reason: {reason}")
    attempts = _items(failure.facts.get("attempts"))
    if len(attempts) > 1:  # the message is about the last
        lines += [f"  {_attempt(attempt)}" for attempt in attempts]
    tail = tail[-_SHOWN_LINES:]
    if tail:
        lines += ["Last log lines:", *(f"  {line}" for line in tail)]
    lines.append(f"Execution: {links(execution_arn, None)['execution']}")
    job_name = failure.facts.get("job_name")
    if isinstance(job_name, str):
        pages = links(execution_arn, job_name)
        lines += [f"Job: {pages['training_job']}", f"Logs: {pages['logs']}"]
    return "\n".join(lines)


def complain(text: str) -> None:
    """Tells a person why there is no model: in the step's log and as the pod's reason."""
    leave_termination_message(text)
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def leave_termination_message(text: str, path: Path = TERMINATION_LOG) -> None:
    """Writes the message that Kubernetes shows as the pod's reason, if this is a pod."""
    with contextlib.suppress(OSError):
        if path.exists():
            path.write_bytes(text.encode()[:_MOST_TERMINATION_BYTES])


def _shortened(message: str) -> str:
    """Returns the first line: what follows is a traceback that the diagnosis stands for."""
    return message.splitlines()[0] if message else ""


def _problem(problem: Mapping[str, Any]) -> str:
    return f"{problem.get('argument', '')}: {problem.get('message', '')}"


def _attempt(attempt: Mapping[str, Any]) -> str:
    parts = [
        str(attempt[key])
        for key in ("job_name", "instance_type", "status", "secondary_status", "failure_reason")
        if attempt.get(key)
    ]
    return "Attempt " + ", ".join(parts)


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
