"""Run a pipeline on this machine: `kfp.local`, with container components as plain processes.

`kfp.local.SubprocessRunner` runs lightweight Python components only and refuses any other, for
want of their image. The command of our component needs no image where its code is installed, so
here it is run as it is. An input that was left out is absent, as on a cluster; `kfp.local` makes it
null, and stops at a null where it expects a whole number. All of this takes private modules of
KFP 2.17, which only this room uses.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import kfp
from kfp import local
from kfp.dsl.base_component import BaseComponent
from kfp.local import config, executor_input_utils, subprocess_task_handler

from kfp_component.author.local.steps import TEMPORARY, LocalRunError, Steps, task_handler

_KFP = "2.17"
"""The first release of KFP that has what is replaced here."""


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
        pipeline: A function decorated with `dsl.pipeline`.
        arguments: Its inputs by name. Default: none.
        show: Called with each line that a step prints, as it prints it; after a run that succeeded,
            with where each HTML artifact of a step is, and the outputs of all. Default: nothing is
            shown.
        begin: Called with the name of each step as it begins. Default: nothing is called.
        directory: Where the steps' outputs and temporary files are kept. Default: a new temporary
            directory, which stays, for the outputs may be files in it. Below it, an output is
            `pipeline/PIPELINE-TIME/STEP/NAME`; an HTML artifact is there a second time, as
            `NAME.html`, for a browser to show.

    Returns:
        The pipeline's outputs by name: values of parameters, and artifacts whose `path` is a file
        below the directory.

    Raises:
        LocalRunError: A step failed, and the message names it, with its last lines, or with its
            reason alone if they were shown; or the pipeline cannot be run here. If no step has
            begun, no directory is left behind.

    Example:
        >>> inputs = {"source_dir": "s3://my-bucket/source/sourcedir.tar.gz"}
        >>> outputs = run_pipeline(pipeline, inputs, show=print)  # doctest: +SKIP
    """
    if _release(kfp.__version__) < _release(_KFP):
        raise LocalRunError(
            f"kfp {kfp.__version__} cannot run container components here; kfp {_KFP} or later can: "
            f"pip install 'kfp>={_KFP}'"
        )
    if not isinstance(pipeline, BaseComponent):
        raise LocalRunError(
            f"the pipeline is {pipeline!r}; it must be a function decorated with dsl.pipeline"
        )
    with contextlib.ExitStack() as context:
        place, made = _made(directory)
        steps = Steps(place, show, begin or _ignore)
        context.callback(_leave_nothing_behind, steps, made)
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
            (subprocess_task_handler, "SubprocessTaskHandler", task_handler(steps)),
            (executor_input_utils, "construct_executor_input", steps.construct_executor_input),
        ):
            context.enter_context(_replaced(module, name, ours))
        context.enter_context(steps.processes.ended_by_signals())
        try:
            outputs = dict(pipeline(**(arguments or {})).outputs)
        except Exception as error:
            if steps.failed:  # how KFP came to know adds nothing
                raise LocalRunError(steps.failed[0]) from None
            raise LocalRunError(f"the pipeline cannot be run here: {error}") from error
    for told in _kept(steps, place):
        (show or _ignore)(told)
    return outputs


def _made(directory: str | Path | None) -> tuple[Path, list[Path]]:
    """Make the run's directory, with that of its temporary files; return it and all that is new."""
    if directory is None:
        place = Path(tempfile.mkdtemp(prefix="rl-pipeline-"))
        (place / TEMPORARY).mkdir()
        return place, [place / TEMPORARY, place]
    place = Path(directory)
    try:
        new = [each for each in ((place / TEMPORARY), place, *place.parents) if not each.exists()]
        (place / TEMPORARY).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalRunError(f"the directory {place} cannot be used: {error}") from error
    return place, new


def _leave_nothing_behind(steps: Steps, made: list[Path]) -> None:
    """Remove the directories of a run in which no step began, but for what KFP has put there."""
    for each in [] if steps.begun else made:
        with contextlib.suppress(OSError):
            each.rmdir()


def _kept(steps: Steps, place: Path) -> Iterator[str]:
    """Copy each HTML artifact to a file that a browser shows; yield where all is."""
    for name, page in steps.pages:
        if page.is_file():
            yield f"{name}: {shutil.copyfile(page, page.with_name(f'{page.name}.html'))}"
    if steps.begun:
        yield f"Outputs: {place / 'pipeline'}"


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
