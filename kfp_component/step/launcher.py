"""The step from its arguments to its exit code."""

import importlib.util
import os
import sys
from collections.abc import Sequence

from kfp_component.aws.clients import BotocoreAws
from kfp_component.errors import BadInput, StepError
from kfp_component.execution.run import run_execution
from kfp_component.step.failure import complain, leave_termination_message
from kfp_component.step.sweep import SweepStep
from kfp_component.step.training import TrainingStep
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.progress import PlainView, View

_USAGE = "usage: python -m kfp_component --executor_input '<KFP executor input, JSON>'"


def main(arguments: Sequence[str]) -> int:
    """Run the step.

    Returns:
        An `ExitCode`: 0 only if the model exists and every output is written.

    Example:
        >>> main(["--executor_input", text])  # doctest: +SKIP
        0
    """
    view = choose_view()
    try:
        return run(ExecutorInput.parse(_executor_input(arguments)), view)
    except StepError as error:
        view.close()
        complain(f"Error: {error}")
        return error.exit_code


def run(task: ExecutorInput, view: View) -> int:
    """Start or join the execution of a task, await it and hand on what it says.

    Args:
        task: What KFP asks for: a training or a sweep.
        view: Shows it to a person.

    Raises:
        StepError: The execution cannot be started or observed, or the outputs not be written.
    """

    def last_words(text: str) -> None:
        leave_termination_message(text)
        view.say(text)
        view.close()

    aws = _aws(task)
    step = (SweepStep if task.is_sweep else TrainingStep)(task, aws, view)
    ended = run_execution(
        task, aws, view, watch=step.watch, last_words=last_words, environment=os.environ
    )
    return step.end(ended)


def choose_view() -> View:
    """Return a live view on a terminal if the extra `terminal` is installed; else plain lines."""
    if sys.stdout is not None and sys.stdout.isatty() and importlib.util.find_spec("rich"):
        from kfp_component.watch.live import LiveView  # noqa: PLC0415 - the image has no rich

        return LiveView()
    return PlainView()


def _executor_input(arguments: Sequence[str]) -> str:
    match list(arguments):
        case ["--executor_input", value]:
            return value
        case [option] if option.startswith("--executor_input="):
            return option.partition("=")[2]
    raise BadInput(f"{_USAGE}; got {' '.join(arguments) or 'no arguments'}.")


def _aws(task: ExecutorInput) -> BotocoreAws:
    endpoint_url = task.arguments.get("endpoint_url")
    if endpoint_url is not None and not isinstance(endpoint_url, str):
        raise BadInput(f"endpoint_url must be a URL; got {endpoint_url!r}.")
    try:
        return BotocoreAws(task.state_machine.region, endpoint_url)
    except ValueError as error:
        raise BadInput(f"endpoint_url cannot be used: {error}.") from None
