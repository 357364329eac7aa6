"""Run a pipeline on this machine: `kfp.local`, with container components as plain processes.

`kfp.local.SubprocessRunner` runs lightweight Python components only and refuses any other, for
want of their image. The command of our component needs no image where its code is installed, so
here it is run as it is. An input that was left out is absent, as on a cluster; `kfp.local` makes it
null, and stops at a null where it expects a whole number. All of this takes private modules of
KFP 2.17, which only this module uses.

Lightweight components run in this Python environment. Their ``packages_to_install`` must be there
already: pip is called as on a cluster, without access to any index.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from kfp import local
from kfp.local import executor_input_utils, status, subprocess_task_handler

from examples.program.errors import ExampleError
from examples.program.local_stack import ROOT
from examples.program.processes import Children, temporary_children


def run_pipeline(
    pipeline: Any,
    arguments: Mapping[str, Any],
    *,
    show: Callable[[str], None] = lambda _: None,
    begin: Callable[[str], None] = lambda _: None,
    directory: Path | None = None,
    children: Children | None = None,
) -> dict[str, Any]:
    """Run a pipeline's tasks, one after the other, and return the pipeline's outputs.

    Args:
        pipeline: a function decorated with ``dsl.pipeline``.
        arguments: its inputs by name.
        show: called with each line that a task prints, as it prints it. Default: nothing is shown.
        begin: called with the name of each task when it begins.
        directory: where the tasks' outputs and their temporary files are kept. Default: a new
            temporary directory, which stays, for the outputs may be files in it.
        children: starts the tasks' processes. Default: they end with this call.

    Raises:
        ExampleError: a task failed, and the message names it; or the pipeline cannot be run.

    Example:
        >>> outputs = run_pipeline(pipeline, {"region": "us-east-1"}, show=print)  # doctest: +SKIP
    """
    directory = directory or Path(tempfile.mkdtemp(prefix="rl-pipeline-"))
    with contextlib.ExitStack() as context:
        children = children or context.enter_context(temporary_children())
        handler = _process_handler(children, directory, begin, show)
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(directory / "pipeline"),
            workspace_root=str(directory / "workspace"),
        )
        # KFP's own messages repeat what is shown already, or regret that this is no cluster.
        context.enter_context(contextlib.redirect_stdout(io.StringIO()))
        context.enter_context(warnings.catch_warnings(action="ignore", category=UserWarning))
        context.enter_context(_replaced(subprocess_task_handler, "SubprocessTaskHandler", handler))
        context.enter_context(
            _replaced(executor_input_utils, "construct_executor_input", _executor_input)
        )
        try:
            return dict(pipeline(**arguments).outputs)
        except ExampleError:
            raise
        except Exception as error:
            raise ExampleError(f"the pipeline cannot be run here: {error}") from error


def _process_handler(
    children: Children,
    directory: Path,
    begin: Callable[[str], None],
    show: Callable[[str], None],
) -> type:
    """Return KFP's handler of a task, made to run any component's command as a process."""
    temporary = directory / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)

    class ProcessHandler(subprocess_task_handler.SubprocessTaskHandler):  # type: ignore[misc]
        """Runs any component's command as a process."""

        def validate_image(self, image: str) -> None:
            """Accept any image: none is used."""

        def validate_not_container_component(self, full_command: list[str]) -> None:
            """Accept any command."""

        def run(self) -> Any:
            """Run the command and show what it prints."""
            task = _task_name(self.full_command)
            begin(task)
            process = children.start(
                subprocess_task_handler.replace_python_executable(
                    self.full_command, sys.executable
                ),
                environment={
                    **os.environ,
                    "PIP_NO_INDEX": "1",
                    "PYTHONUNBUFFERED": "1",
                    "TMPDIR": str(temporary),  # where KFP leaves a lightweight component's code
                },
                directory=ROOT,
                output=subprocess.PIPE,
            )
            assert process.stdout is not None
            for line in without_executor_log(process.stdout):
                show(line)
            code = children.wait(process)
            if code:
                raise ExampleError(f"the step {task} ended with exit code {code}")
            return status.Status.SUCCESS

    return ProcessHandler


_construct_executor_input = executor_input_utils.construct_executor_input


def _executor_input(*arguments: Any, **named: Any) -> Any:
    """Construct the executor input without the inputs that were left out."""
    constructed = _construct_executor_input(*arguments, **named)
    values = constructed.inputs.parameter_values
    for name in [name for name, value in values.items() if not value.WhichOneof("kind")]:
        del values[name]
    return constructed


@contextlib.contextmanager
def _replaced(module: ModuleType, name: str, replacement: Any) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, replacement)
    try:
        yield
    finally:
        setattr(module, name, original)


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


def _task_name(command: list[str]) -> str:
    """The task's name, from where its executor input says that its outputs go."""
    executor_input = json.loads(command[command.index("--executor_input") + 1])
    return Path(executor_input["outputs"]["outputFile"]).parent.name
