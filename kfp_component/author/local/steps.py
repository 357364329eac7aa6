"""The steps of a pipeline, as KFP hands them out and as they run here."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kfp.local import executor_input_utils, status, subprocess_task_handler

from kfp_component.author.local.processes import StepProcesses

_LAST_LINES = 30
"""Lines that the error has of a step whose lines were not shown."""

_construct_executor_input = executor_input_utils.construct_executor_input


class LocalRunError(Exception):
    """A step of the pipeline failed, or the pipeline cannot be run here; the message says which.

    Example:
        >>> str(LocalRunError("the step evaluate ended with exit code 1"))
        'the step evaluate ended with exit code 1'
    """


class Steps:
    """Runs the steps of one pipeline, each as a process.

    Attributes:
        failed: Says of each step that failed, that it did. KFP does not hand on the exceptions of
            the steps in a loop.
        processes: Those that run.
    """

    def __init__(
        self,
        directory: Path,
        show: Callable[[str], None] | None,
        begin: Callable[[str], None],
    ) -> None:
        self.failed: list[str] = []
        self.processes = StepProcesses()
        self._temporary = directory / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._show = show
        self._begin = begin
        self._stdout = sys.stdout  # while KFP runs, nobody sees what is printed
        self._of_thread = threading.local()
        self._lock = threading.Lock()  # the items of a loop run at once

    def construct_executor_input(self, *arguments: Any, **named: Any) -> Any:
        """Construct the executor input of a step, without the inputs that were left out."""
        self._of_thread.step = Path(named["task_root"]).name
        constructed = _construct_executor_input(*arguments, **named)
        values = constructed.inputs.parameter_values
        for name in [name for name, value in values.items() if not value.WhichOneof("kind")]:
            del values[name]
        return constructed

    def run(self, command: list[str], variables: Mapping[str, str]) -> None:
        """Run the step whose executor input this thread has constructed last."""
        step = self._of_thread.step
        self._tell(self._begin, step)
        environment = {
            **os.environ,
            **variables,
            "PIP_NO_INDEX": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self._temporary),  # where KFP leaves a lightweight component's code
        }
        last: deque[str] = deque(maxlen=_LAST_LINES)

        def read(lines: Iterable[str]) -> None:
            for line in without_executor_log(lines):
                self._tell(self._show or last.append, line)

        code = self.processes.run(command, environment, read)
        if code:
            message = f"the step {step} ended with exit code {code}"
            self.failed.append(
                "\n".join([f"{message}; its last lines:", *last] if last else [message])
            )
            raise LocalRunError(self.failed[-1])

    def _tell(self, listener: Callable[[str], None], text: str) -> None:
        with self._lock, contextlib.redirect_stdout(self._stdout):
            listener(text)


def task_handler(steps: Steps) -> type:
    """Return KFP's handler of a task, made to run any component's command as a process."""

    class TaskHandler(subprocess_task_handler.SubprocessTaskHandler):  # type: ignore[misc]
        """Runs any component's command as a process."""

        def validate_image(self, image: str) -> None:
            """Accept any image: none is used."""

        def validate_not_container_component(self, full_command: list[str]) -> None:
            """Accept any command."""

        def run(self) -> Any:
            """Run the command in this Python."""
            with_this_python = subprocess_task_handler.replace_python_executable
            steps.run(with_this_python(self.full_command, sys.executable), self.env_vars)
            return status.Status.SUCCESS

    return TaskHandler


def without_executor_log(lines: Iterable[str]) -> Iterator[str]:
    """Leave out what KFP's executor says about itself, with the JSON it got, and empty lines."""
    in_json = False
    for line in map(str.rstrip, lines):
        if line.startswith("[KFP Executor "):
            in_json = line.endswith("Got executor_input:")
        elif in_json:
            in_json = line != "}"
        elif line:
            yield line
