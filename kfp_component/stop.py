"""`python -m kfp_component.stop`: what Argo runs in the step's pod when a person ends the run.

Argo runs the command of the annotation `workflows.argoproj.io/kill-cmd-main` in the container and
waits minutes for it, where a signal leaves the launcher less than a second. Only a terminated run
gets here; an evicted pod gets SIGTERM.
https://argo-workflows.readthedocs.io/en/latest/sidecar-injection/
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.clients import Aws, BotocoreAws
from kfp_component.aws.errors import error_code
from kfp_component.errors import StepError
from kfp_component.execution.latest import execution_arn, latest_execution
from kfp_component.stopping.request import STOPPED_BY_USER, StopRequest
from kfp_component.stopping.stopper import STOP_SIGNAL
from kfp_component.task_input.executor_input import ExecutorInput

_PROC = Path("/proc")
# The launcher stops its execution by itself within this time, or it is stuck.
_PATIENCE_SECONDS = 8.0
_TRIES = 8


def main() -> int:
    """Stop the launcher that runs in this container, and its execution.

    Returns:
        0 if nothing is left running, 1 if an execution could not be stopped.
    """
    left = False
    for pid, executor_input in launchers(_PROC):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, STOP_SIGNAL)
            if _ends_within(pid, _PATIENCE_SECONDS):
                continue
            # It is stuck. It must not start anything any more, and its end would be that of this
            # container: so it is held, and ended last.
            os.kill(pid, signal.SIGSTOP)
            left |= not _stop_for_it(executor_input)
            os.kill(pid, signal.SIGKILL)
    return int(left)


def launchers(proc: Path) -> Iterator[tuple[int, str]]:
    """Yield the launcher processes of this container, each with its executor input."""
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "python" not in Path(words[0]).name or "kfp_component" not in words:
                continue
            if "--executor_input" in words and _is_of_this_pod(entry):
                yield int(entry.name), words[words.index("--executor_input") + 1]


def _is_of_this_pod(process: Path) -> bool:
    """Whether a process is of this pod; outside a container, the launchers of others are spared.

    KFP sets KFP_POD_UID in the container's environment, for this command as for the launcher.
    """
    pod = os.environ.get("KFP_POD_UID", "")
    return not pod or f"KFP_POD_UID={pod}".encode() in (process / "environ").read_bytes().split(
        b"\0"
    )


def stop_execution(aws: Aws, task: ExecutorInput) -> None:
    """Stop the execution of a task, whichever retry of the task started it.

    Raises:
        StepError: It could not be stopped.

    Example:
        >>> stop_execution(BotocoreAws("us-east-1"), task)  # doctest: +SKIP
    """
    latest = latest_execution(task, lambda arn: _describe(aws, arn))
    if latest is None or latest[1]["status"] != "RUNNING":
        return
    arn = execution_arn(task, latest[0])
    cause = "The Kubeflow Pipelines run was terminated."
    if not StopRequest(aws, arn, STOPPED_BY_USER, cause).send():
        raise StepError(f"Could not stop {arn}; stop it in the Step Functions console.")
    print(f"Stopped {arn}", flush=True)


def _describe(aws: Aws, arn: str) -> dict[str, Any] | None:
    backoff = Backoff(first=0.2, longest=5.0)
    while True:
        try:
            return aws.states.describe_execution(executionArn=arn)
        except Exception as error:
            if error_code(error) == "ExecutionDoesNotExist":
                return None
            if backoff.tries >= _TRIES:
                raise StepError(f"Could not stop {arn}: {error}") from error
            time.sleep(backoff.next_delay())


def _stop_for_it(executor_input: str) -> bool:
    """Whether no execution of a launcher that is stuck is left running; says why not."""
    try:
        task = ExecutorInput.parse(executor_input)
        stop_execution(
            BotocoreAws(task.state_machine.region, task.arguments.get("endpoint_url")), task
        )
    except StepError as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _has_ended(pid):
            return True
        time.sleep(0.05)
    return False


def _has_ended(pid: int) -> bool:
    try:
        # Field 3, after the name in parentheses, is the state; Z is a process its parent has not
        # asked after. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return True
    return text.rpartition(")")[2].split()[0] in "ZX"


if __name__ == "__main__":
    sys.exit(main())
