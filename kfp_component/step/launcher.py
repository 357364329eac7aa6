"""The step from its arguments to its exit code."""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence

from kfp_component.aws.clients import BotocoreAws
from kfp_component.durations import duration, number
from kfp_component.errors import BadInput, ExitCode, StepError
from kfp_component.execution.result import INVALID_ARGUMENTS, DryRun, Failure, Trained, read_result
from kfp_component.execution.start import Execution, Starter
from kfp_component.report.page import Report, render
from kfp_component.step.failure import complain, explain, leave_termination_message
from kfp_component.step.outputs import write_outputs
from kfp_component.stopping.stopper import Stopper
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.progress import PlainView, View
from kfp_component.watch.watch import Record, Watch
from training_job.links import links

_USAGE = "usage: python -m kfp_component --executor_input '<KFP executor input, JSON>'"


def main(arguments: Sequence[str]) -> int:
    """Runs the step.

    Returns:
        An ``ExitCode``: 0 only if the model exists and every output is written.
    """
    view = choose_view()
    try:
        return Step(ExecutorInput.parse(_executor_input(arguments)), view).run()
    except StepError as error:
        view.close()
        complain(f"Error: {error}")
        return error.exit_code


def choose_view() -> View:
    """A live view on a terminal if the extra ``terminal`` is installed, else plain lines."""
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
        endpoint_url = task.arguments.get("endpoint_url")
        if endpoint_url is not None and not isinstance(endpoint_url, str):
            raise BadInput(f"endpoint_url must be a URL; got {endpoint_url!r}.")
        try:
            self._aws = BotocoreAws(task.state_machine.region, endpoint_url)
        except ValueError as error:
            raise BadInput(f"endpoint_url cannot be used: {error}.") from None
        self._stopper = Stopper(self._aws, task.stop_on_sigterm, self._last_words)

    def run(self) -> int:
        """Starts or joins the execution, awaits it and hands on what it says."""
        self._stopper.install()
        # KFP 2.17 and later number the attempts that Argo makes by itself, and start at 0 again
        # when a person retries the run.
        is_automatic_retry = os.environ.get("KFP_RETRY_INDEX", "0") not in ("", "0")
        starter = Starter(
            self._aws, self._stopper, self._view.say, is_automatic_retry=is_automatic_retry
        )
        execution = starter.start_or_join(self._task)
        self._introduce(execution)
        watch = Watch(self._aws, execution.arn, self._view)
        final = watch.run()
        result = read_result(final)
        if isinstance(result, Trained):
            self._write_outputs(execution, result, watch.record)
            self._conclude(execution, result, watch.age)
            return ExitCode.SUCCEEDED
        if isinstance(result, DryRun):
            return self._show_request(result)
        return self._fail(execution, result, watch)

    def _introduce(self, execution: Execution) -> None:
        verb = "Joined the execution of this task" if execution.joined else "Started execution"
        self._view.say(f"{verb} {execution.name}")
        self._view.say(f"Execution: {links(execution.arn, None)['execution']}")

    def _write_outputs(self, execution: Execution, trained: Trained, record: Record) -> None:
        report = render(Report(self._task.arguments, execution.arn, trained, record))
        try:
            write_outputs(self._task, execution.arn, trained, report)
        except OSError as error:
            raise StepError(
                f"The model exists ({trained.model_artifact_url}), but the outputs of this step "
                f"could not be written: {error}. A retry of this task reuses the model."
            ) from error

    def _conclude(self, execution: Execution, trained: Trained, age: float) -> None:
        self._view.say(f"Trained in {duration(age)}: {trained.model_artifact_url}")
        for name, value in trained.final_metrics.items():
            self._view.say(f"  {name}: {number(value)}")
        for note in trained.output.get("notes") or []:
            self._view.say(f"Note: {note}")
        for label, page in links(execution.arn, trained.job_name).items():
            self._view.say(f"{label.replace('_', ' ').capitalize()}: {page}")
        self._view.close()

    def _show_request(self, dry_run: DryRun) -> int:
        self._view.say("dry_run is true: nothing was started. The request would have been:")
        self._view.say(json.dumps(dry_run.output.get("request"), indent=2))
        for note in dry_run.output.get("notes") or []:
            self._view.say(f"Note: {note}")
        text = (
            "dry_run is true: the request is complete, nothing was started and there is no model."
        )
        self._view.close()
        complain(text)
        return ExitCode.FAILED

    def _fail(self, execution: Execution, failure: Failure, watch: Watch) -> int:
        text = explain(failure, execution.arn, watch.record.last_lines, self._task.arguments)
        self._view.close()
        complain(text)
        wrong_arguments = failure.error == INVALID_ARGUMENTS
        return ExitCode.BAD_ARGUMENTS if wrong_arguments else ExitCode.FAILED

    def _last_words(self, text: str) -> None:
        leave_termination_message(text)
        self._view.say(text)
        self._view.close()
