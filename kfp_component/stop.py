"""``python -m kfp_component.stop``: what Argo runs in the step's pod when a person ends the run.

Argo runs the command of the annotation ``workflows.argoproj.io/kill-cmd-main`` in the container and
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

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.clients import Aws, BotocoreAws
from kfp_component.aws.errors import error_code
from kfp_component.errors import StepError
from kfp_component.execution.name import execution_name
from kfp_component.stopping.stopper import STOP_SIGNAL, STOPPED_BY_USER
from kfp_component.task_input.executor_input import ExecutorInput

_PROC = Path("/proc")
# The launcher stops its execution by itself within this time, or it is stuck.
_PATIENCE_SECONDS = 8.0
_TRIES = 8


def main() -> int:
    """Stops the launcher that runs in this container, and its execution.

    Returns:
        0 if nothing is left running, 1 if an execution could not be stopped.
    """
    left = 0
    for pid, executor_input in launchers(_PROC):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, STOP_SIGNAL)
        if _ends_within(pid, _PATIENCE_SECONDS):
            continue
        # It must not start anything any more.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        left |= _stop_for_it(executor_input)
    return left


def launchers(proc: Path) -> Iterator[tuple[int, str]]:
    """The launcher processes of this container, each with its executor input."""
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
    """True in a container, which shows its own processes only; elsewhere others' steps are spared.

    KFP sets KFP_POD_UID in the container's environment, for this command as for the launcher.
    """
    pod = os.environ.get("KFP_POD_UID", "")
    return not pod or f"KFP_POD_UID={pod}".encode() in (process / "environ").read_bytes().split(
        b"\0"
    )


def stop_executions(aws: Aws, task: ExecutorInput) -> None:
    """Stops the execution of a task, whichever retry of the task started it.

    Raises:
        StepError: It could not be stopped.
    """
    generation = 1
    while True:
        name = execution_name(task.seed, task.execution_input, generation)
        arn = task.state_machine.execution_arn(name)
        if not _stop(aws, arn):
            return
        generation += 1


def _stop(aws: Aws, arn: str) -> bool:
    """Stops an execution if it runs; returns whether it exists."""
    backoff = Backoff(first=0.2, longest=5.0)
    while True:
        try:
            if aws.states.describe_execution(executionArn=arn)["status"] == "RUNNING":
                aws.states.stop_execution(
                    executionArn=arn,
                    error=STOPPED_BY_USER,
                    cause="The Kubeflow Pipelines run was terminated.",
                )
                print(f"Stopped {arn}", flush=True)
        except Exception as error:
            if error_code(error) == "ExecutionDoesNotExist":
                return False
            if backoff.tries >= _TRIES:
                raise StepError(f"Could not stop {arn}: {error}") from error
            time.sleep(backoff.next_delay())
        else:
            return True


def _stop_for_it(executor_input: str) -> int:
    try:
        task = ExecutorInput.parse(executor_input)
        stop_executions(
            BotocoreAws(task.state_machine.region, task.arguments.get("endpoint_url")), task
        )
    except StepError as error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    return 0


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
