"""What a person is told when there is no model: why, where to look, and the last log lines."""

import contextlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kfp_component.errors import ExitCode
from kfp_component.execution.result import NotTrained
from kfp_component.record.record import LogLine
from kfp_component.step.diagnosis import diagnose
from training_job.failure import Failure
from training_job.links import links

TERMINATION_LOG = Path("/dev/termination-log")
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_MOST_TERMINATION_BYTES = 4096
_SHOWN_LINES = 20


def explain(
    failure: NotTrained,
    execution_arn: str,
    last_lines: Iterable[LogLine],
    arguments: Mapping[str, Any],
) -> str:
    """Return the failure as the lines that end the step's log: first what to change.

    Args:
        failure: What the execution says.
        execution_arn: Which one.
        last_lines: The end of the job's log.
        arguments: The arguments of the step, for the diagnosis to name.

    Example:
        >>> print(explain(failure, arn, record.last_lines, {}))  # doctest: +SKIP
        Error: TrainingJobFailed: The script ended with exit code 2. Its last words: ...
    """
    tail = list(last_lines)
    diagnosis = diagnose(failure, arguments, tail)
    lines = [f"Error: {failure.error}: {diagnosis or failure.message}"]
    if diagnosis:
        lines.append(_shortened(failure.message))
    # The message lists the problems, and gives the reason, of most failures.
    lines += [f"  {problem}" for problem in failure.problems if problem not in failure.message]
    reason = failure.facts.get("failure_reason")
    if reason and reason not in failure.message:
        lines.append(f"Failure reason: {reason}")
    if len(failure.attempts) > 1:  # the message is about the last
        lines += [
            f"  Attempt {number}: {_attempt(attempt)}"
            for number, attempt in enumerate(failure.attempts, 1)
        ]
    if tail:
        lines += ["Last log lines:", *(f"  {line}" for line in tail[-_SHOWN_LINES:])]
    pages = links(execution_arn, failure.job_name or None)
    names = {"execution": "Execution", "training_job": "Job", "logs": "Logs"}
    return "\n".join([*lines, *(f"{names[key]}: {page}" for key, page in pages.items())])


def exit_code(failure: NotTrained) -> ExitCode:
    """Return 2 for wrong arguments, and 1 for every other failure."""
    wrong_arguments = failure.error == Failure.INVALID_ARGUMENTS
    return ExitCode.BAD_ARGUMENTS if wrong_arguments else ExitCode.FAILED


def complain(text: str) -> None:
    """Tell a person why there is no model: in the step's log and as the pod's reason."""
    leave_termination_message(text)
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def leave_termination_message(text: str, path: Path = TERMINATION_LOG) -> None:
    """Write the message that Kubernetes shows as the pod's reason, if this is a pod."""
    with contextlib.suppress(OSError):
        if path.exists():
            path.write_bytes(text.encode()[:_MOST_TERMINATION_BYTES])


def _shortened(message: str) -> str:
    """Return the first line: what follows is a traceback that the diagnosis stands for."""
    return message.splitlines()[0] if message else ""


def _attempt(attempt: Mapping[str, Any]) -> str:
    keys = ("job_name", "instance_type", "status", "secondary_status", "failure_reason")
    return ", ".join(str(attempt[key]) for key in keys if attempt.get(key))
