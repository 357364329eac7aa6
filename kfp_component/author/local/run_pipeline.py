"""Run a pipeline on this machine: `kfp.local`, with container components as plain processes.

`kfp.local.SubprocessRunner` runs lightweight Python components only and refuses any other, for
want of their image. The command of our component needs no image where its code is installed, so
here it is run as it is. An input that was left out is absent, as on a cluster; `kfp.local` makes it
null, and stops at a null where it expects a whole number. All of this takes private modules of
KFP 2.17, which only this module uses.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import kfp
from kfp import local
from kfp.local import config, executor_input_utils, status, subprocess_task_handler

from kfp_component.author.local.processes import StepProcesses

_KFP = "2.17"
"""The first release of KFP that has what is replaced here."""

_construct_executor_input = executor_input_utils.construct_executor_input


class LocalRunError(Exception):
    """A step of the pipeline failed, or the pipeline cannot be run here; the message says which.

    Example:
        >>> str(LocalRunError("the step evaluate ended with exit code 1"))
        'the step evaluate ended with exit code 1'
    """


def run_pipeline(
    pipeline: Any,
    arguments: Mapping[str, Any] | None = None,
    *,
    show: Callable[[str], None] | None = None,
    begin: Callable[[str], None] | None = None,
    directory: str | Path | None = None,
) -> dict[str, Any]:
    """Run a pipeline's steps as processes of this machine, and return the pipeline's outputs.

    Steps run in this Python environment and in the current directory, with this program's
    environment variables. Packages that a lightweight component installs must be there already:
    pip is called as on a cluster, without access to any index. SIGINT (Ctrl-C) and SIGTERM are
    handed on to the step that runs; at SIGINT the launcher stops its training.

    Args:
        pipeline: A function decorated with ``dsl.pipeline``.
        arguments: Its inputs by name. Default: none.
        show: Called with each line that a step prints, as it prints it. Default: nothing is shown.
        begin: Called with the name of each step as it begins. Default: nothing is called.
        directory: Where the steps' outputs and temporary files are kept. Default: a new temporary
            directory, which stays, for the outputs may be files in it.

    Returns:
        The pipeline's outputs by name: values of parameters, and artifacts whose ``path`` is a file
        below the directory.

    Raises:
        LocalRunError: A step failed, and the message names it; or the pipeline cannot be run here.

    Example:
        >>> from kfp import dsl
        >>> @dsl.component(base_image="python:3.12", install_kfp_package=False)
        ... def shout(text: str) -> str:
        ...     return text.upper()
        >>> @dsl.pipeline
        ... def greeting(name: str) -> str:
        ...     return shout(text=name).output
        >>> run_pipeline(greeting, {"name": "Ada"}, show=print)
        {'Output': 'ADA'}
    """
    if _release(kfp.__version__) < _release(_KFP):
        raise LocalRunError(
            f"kfp {kfp.__version__} cannot run container components here; kfp {_KFP} or later can: "
            f"pip install 'kfp>={_KFP}'"
        )
    place = Path(directory or tempfile.mkdtemp(prefix="rl-pipeline-"))
    steps = _Steps(place, show or _ignore, begin or _ignore)
    with contextlib.ExitStack() as context:
        context.enter_context(_replaced(config.LocalExecutionConfig, "instance", None))
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(place / "pipeline"),
            workspace_root=str(place / "workspace"),
        )
        # KFP's own messages repeat what is shown already, or regret that this is no cluster.
        context.enter_context(contextlib.redirect_stdout(io.StringIO()))
        context.enter_context(warnings.catch_warnings(action="ignore", category=UserWarning))
        for module, name, ours in (
            (builtins, "print", print),  # KFP indents it, and two steps at once leave it so
            (subprocess_task_handler, "SubprocessTaskHandler", _task_handler(steps)),
            (executor_input_utils, "construct_executor_input", steps.construct_executor_input),
        ):
            context.enter_context(_replaced(module, name, ours))
        context.enter_context(steps.processes.ended_by_signals())
        try:
            return dict(pipeline(**(arguments or {})).outputs)
        except Exception as error:
            message = f"the pipeline cannot be run here: {error}"
            raise LocalRunError(steps.failed[0] if steps.failed else message) from error


class _Steps:
    """Runs the steps of one pipeline, each as a process.

    Attributes:
        failed: Says of each step that failed, that it did. KFP does not hand on the exceptions of
            the steps in a loop.
        processes: Those that run.
    """

    def __init__(
        self, directory: Path, show: Callable[[str], None], begin: Callable[[str], None]
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
        code = self.processes.run(command, environment, self._show_lines)
        if code:
            self.failed.append(f"the step {step} ended with exit code {code}")
            raise LocalRunError(self.failed[-1])

    def _show_lines(self, lines: Iterable[str]) -> None:
        for line in without_executor_log(lines):
            self._tell(self._show, line)

    def _tell(self, listener: Callable[[str], None], text: str) -> None:
        with self._lock, contextlib.redirect_stdout(self._stdout):
            listener(text)


def _task_handler(steps: _Steps) -> type:
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


@contextlib.contextmanager
def _replaced(module: Any, name: str, replacement: Any) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, replacement)
    try:
        yield
    finally:
        setattr(module, name, original)


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def _ignore(_: str) -> None:
    """Show nothing."""
