"""The step from its arguments to its exit code."""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence

from kfp_component.aws.clients import BotocoreAws
from kfp_component.durations import duration, number
from kfp_component.errors import BadInput, ExitCode, StepError
from kfp_component.execution.result import (
    INVALID_ARGUMENTS,
    DryRun,
    NotTrained,
    Trained,
    read_result,
)
from kfp_component.execution.run import EndedExecution, run_execution
from kfp_component.report.page import Report, render
from kfp_component.step.failure import complain, explain, leave_termination_message
from kfp_component.step.outputs import write_outputs
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.execution import ExecutionWatch
from kfp_component.watch.progress import PlainView, View
from kfp_component.watch.training import TrainingWatch, watch_training
from training_job.links import links

_USAGE = "usage: python -m kfp_component --executor_input '<KFP executor input, JSON>'"


def main(arguments: Sequence[str]) -> int:
    """Run the step.

    Returns:
        An ``ExitCode``: 0 only if the model exists and every output is written.

    Example:
        >>> main(["--executor_input", text])  # doctest: +SKIP
        0
    """
    view = choose_view()
    try:
        return Step(ExecutorInput.parse(_executor_input(arguments)), view).run()
    except StepError as error:
        view.close()
        complain(f"Error: {error}")
        return error.exit_code


def choose_view() -> View:
    """Return a live view on a terminal if the extra ``terminal`` is installed; else plain lines."""
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


class Step:
    """One run of the step.

    Args:
        task: What KFP asks for.
        view: Shows it to a person.
    """

    def __init__(self, task: ExecutorInput, view: View) -> None:
        self._task = task
        self._view = view
        self._aws = _aws(task)
        self._shown: TrainingWatch | None = None

    def run(self) -> int:
        """Start or join the execution, await it and hand on what it says."""
        ended = run_execution(
            self._task,
            self._aws,
            self._view,
            watch=self._watch,
            last_words=self._last_words,
            environment=os.environ,
        )
        assert self._shown is not None
        result = read_result(ended.description)
        if isinstance(result, Trained):
            return self._hand_on(ended, result, self._shown)
        if isinstance(result, DryRun):
            return self._show_request(result)
        return self._fail(ended, result, self._shown)

    def _watch(self, execution_arn: str) -> ExecutionWatch:
        watch, self._shown = watch_training(self._aws, execution_arn, self._view)
        return watch

    def _hand_on(self, ended: EndedExecution, trained: Trained, shown: TrainingWatch) -> int:
        notes = [
            *(trained.output.get("notes") or []),
            *shown.record.unmatched(trained.final_metrics),
        ]
        report = Report(self._task.arguments, ended, trained, shown.record, notes)
        try:
            write_outputs(self._task, ended.arn, trained, render(report))
        except OSError as error:
            raise StepError(
                f"The model exists ({trained.model_artifact_url}), but the outputs of this step "
                f"could not be written: {error}. A retry of this task reuses the model."
            ) from error
        self._view.say(f"Trained in {duration(shown.age())}: {trained.model_artifact_url}")
        for name, value in trained.final_metrics.items():
            self._view.say(f"  {name}: {number(value)}")
        for note in notes:
            self._view.say(f"Note: {note}")
        for label, page in links(ended.arn, trained.job_name).items():
            self._view.say(f"{label.replace('_', ' ').capitalize()}: {page}")
        self._view.close()
        return ExitCode.SUCCEEDED

    def _show_request(self, dry_run: DryRun) -> int:
        self._view.say("dry_run is true: nothing was started. The request would have been:")
        self._view.say(json.dumps(dry_run.output.get("request"), indent=2))
        for note in dry_run.output.get("notes") or []:
            self._view.say(f"Note: {note}")
        self._view.close()
        complain(
            "dry_run is true: the request is complete, nothing was started and there is no model."
        )
        return ExitCode.FAILED

    def _fail(self, ended: EndedExecution, failure: NotTrained, shown: TrainingWatch) -> int:
        record = shown.record
        text = explain(failure, ended.arn, record.last_lines, self._task.arguments)
        self._view.close()
        complain(text)
        wrong_arguments = failure.error == INVALID_ARGUMENTS
        return ExitCode.BAD_ARGUMENTS if wrong_arguments else ExitCode.FAILED

    def _last_words(self, text: str) -> None:
        leave_termination_message(text)
        self._view.say(text)
        self._view.close()


def _aws(task: ExecutorInput) -> BotocoreAws:
    endpoint_url = task.arguments.get("endpoint_url")
    if endpoint_url is not None and not isinstance(endpoint_url, str):
        raise BadInput(f"endpoint_url must be a URL; got {endpoint_url!r}.")
    try:
        return BotocoreAws(task.state_machine.region, endpoint_url)
    except ValueError as error:
        raise BadInput(f"endpoint_url cannot be used: {error}.") from None
