"""What the step shows of a training, and what it does at its end."""

from kfp_component.aws.clients import Aws
from kfp_component.durations import number
from kfp_component.errors import ExitCode
from kfp_component.execution.result import DryRun, NotTrained, Trained, read_result
from kfp_component.execution.run import EndedExecution
from kfp_component.report.page import Report, render
from kfp_component.report.parts import execution_time
from kfp_component.step.dry_run import show_request
from kfp_component.step.failure import complain, exit_code, explain
from kfp_component.step.outputs import write_outputs
from kfp_component.step.training_outputs import training_outputs
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.execution import ExecutionWatch
from kfp_component.watch.progress import View
from kfp_component.watch.training import TrainingWatch, watch_training
from training_job.links import links


class TrainingStep:
    """A task that trains.

    Args:
        task: What KFP asks for.
        aws: Where it runs.
        view: Shows it to a person.
    """

    def __init__(self, task: ExecutorInput, aws: Aws, view: View) -> None:
        self._task = task
        self._aws = aws
        self._view = view
        self._shown: TrainingWatch | None = None

    def watch(self, execution_arn: str) -> ExecutionWatch:
        """Return what awaits the execution."""
        watch, self._shown = watch_training(self._aws, execution_arn, self._view)
        return watch

    def end(self, ended: EndedExecution) -> int:
        """Hand on what the execution says; return the exit code."""
        assert self._shown is not None
        result = read_result(ended.description, Trained)
        if isinstance(result, Trained):
            return self._hand_on(ended, result, self._shown)
        if isinstance(result, DryRun):
            return show_request(result, self._view)
        return self._fail(ended, result, self._shown)

    def _hand_on(self, ended: EndedExecution, trained: Trained, shown: TrainingWatch) -> int:
        notes = [
            *(trained.output.get("notes") or []),
            *shown.record.unmatched(trained.final_metrics),
        ]
        report = Report(self._task.arguments, ended, trained, shown.record, notes)
        write_outputs(self._task, *training_outputs(ended.arn, trained, render(report)))
        took = execution_time(ended)
        self._view.say(f"Trained in an execution of {took}: {trained.model_artifact_url}")
        for name, value in trained.final_metrics.items():
            self._view.say(f"  {name}: {number(value)}")
        for note in notes:
            self._view.say(f"Note: {note}")
        for label, page in links(ended.arn, trained.job_name).items():
            self._view.say(f"{label.replace('_', ' ').capitalize()}: {page}")
        self._view.close()
        return ExitCode.SUCCEEDED

    def _fail(self, ended: EndedExecution, failure: NotTrained, shown: TrainingWatch) -> int:
        record = shown.record
        text = explain(failure, ended.arn, record.last_lines, self._task.arguments)
        self._view.close()
        complain(text)
        return exit_code(failure)
