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

from kfp import dsl
from kfp.local import executor_input_utils, status, subprocess_task_handler

from kfp_component.author.local.processes import StepProcesses

_LAST_LINES = 30
"""Lines that the error has of a step whose lines were not shown."""

_LONGEST_REASON = 10
"""Lines that it has of the reason that a step gave, as the launcher words it."""

TEMPORARY = "tmp"
"""The directory of temporary files in that of a run."""

_construct_executor_input = executor_input_utils.construct_executor_input


class LocalRunError(Exception):
    """A step of the pipeline failed, and why; or the pipeline cannot be run here.

    Example:
        >>> str(LocalRunError("the step evaluate ended with exit code 1"))
        'the step evaluate ended with exit code 1'
    """


class Steps:
    """Runs the steps of one pipeline, each as a process.

    Args:
        directory: Where their outputs are kept; in it there is one for temporary files.
        show: Called with each line that a step prints; None keeps the last ones for the error.
        begin: Called with the name of each step as it begins.

    Attributes:
        begun: Whether any has begun.
        failed: Says of each step that failed, that it did. KFP does not hand on the exceptions of
            the steps in a loop.
        pages: Where the HTML artifacts of the steps are to be, by step and name.
        processes: Those that run.
    """

    def __init__(
        self,
        directory: Path,
        show: Callable[[str], None] | None,
        begin: Callable[[str], None],
    ) -> None:
        self.failed: list[str] = []
        self.pages: list[tuple[str, Path]] = []
        self.processes = StepProcesses()
        self.begun = False
        self._temporary = directory / TEMPORARY
        self._show = show
        self._begin = begin
        self._stdout = sys.stdout  # while KFP runs, nobody sees what is printed
        self._of_thread = threading.local()
        self._lock = threading.Lock()  # the items of a loop run at once

    def construct_executor_input(self, *arguments: Any, **named: Any) -> Any:
        """Construct the executor input of a step, without the inputs that were left out."""
        self._of_thread.step = step = Path(named["task_root"]).name
        constructed = _construct_executor_input(*arguments, **named)
        for name, made in constructed.outputs.artifacts.items():
            if made.artifacts[0].type.schema_title == dsl.HTML.schema_title:
                self.pages.append((f"{step}, {name}", Path(made.artifacts[0].uri)))
        values = constructed.inputs.parameter_values
        for name in [name for name, value in values.items() if not value.WhichOneof("kind")]:
            del values[name]
        return constructed

    def run(self, command: list[str], variables: Mapping[str, str]) -> None:
        """Run the step whose executor input this thread has constructed last."""
        step, self.begun = self._of_thread.step, True
        self._tell(self._begin, step)
        environment = {
            **os.environ,
            **variables,
            "PIP_NO_INDEX": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self._temporary),  # where KFP leaves a lightweight component's code
        }
        last: deque[str] = deque(maxlen=_LAST_LINES)
        reason = Reason()

        def read(lines: Iterable[str]) -> None:
            for line in without_executor_log(lines):
                self._tell(self._show or last.append, line)
                reason.read(line)

        code = self.processes.run(command, environment, read)
        if code:
            message = f"the step {step} ended with exit code {code}"
            told = [f"{message}; its last lines:", *last] if last else [message, *reason.lines]
            self.failed.append("\n".join(told))
            raise LocalRunError(self.failed[-1])

    def _tell(self, listener: Callable[[str], None], text: str) -> None:
        with self._lock, contextlib.redirect_stdout(self._stdout):
            listener(text)


class Reason:
    """The last `Error:` of a step's log, with the indented lines that tell its problems.

    Attributes:
        lines: What was found; empty for none.

    Example:
        >>> reason = Reason()
        >>> for line in ("running", "Error: InvalidArguments", "  role: missing", "Execution: x"):
        ...     reason.read(line)
        >>> reason.lines
        ['Error: InvalidArguments', '  role: missing']
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._goes_on = False

    def read(self, line: str) -> None:
        """Take the next line of the log."""
        if begins := line.startswith("Error:"):
            self.lines = []
        self._goes_on = begins or (self._goes_on and line.startswith("  "))
        if self._goes_on and len(self.lines) < _LONGEST_REASON:
            self.lines.append(line)


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
