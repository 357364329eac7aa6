"""What the step shows of a sweep, and what it does at its end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_component.aws.clients import Aws
from kfp_component.errors import ExitCode
from kfp_component.execution.result import (
    UNEXPECTED_OUTPUT,
    DryRun,
    NotTrained,
    Swept,
    read_result,
)
from kfp_component.execution.run import EndedExecution
from kfp_component.report.parts import execution_time
from kfp_component.report.sweep.page import SweepReport, render
from kfp_component.step.dry_run import show_request
from kfp_component.step.failure import complain, exit_code
from kfp_component.step.outputs import write_outputs
from kfp_component.step.sweep_outputs import sweep_outputs
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.ended_logs import Curves, read_curves
from kfp_component.watch.execution import ExecutionWatch
from kfp_component.watch.progress import View
from kfp_component.watch.sweep import SweepWatch, watch_sweep
from training_job.failure import Failure
from training_job.links import links

_SHOWN_REASONS = 10
_NEXT = (
    "Retry this run in Kubeflow Pipelines within 14 days to train what has no result, and nothing "
    "else: the sweep is redriven, with the same arguments. For others run the pipeline anew."
)


class SweepStep:
    """A task that sweeps.

    Args:
        task: What KFP asks for.
        aws: Where it runs.
        view: Shows it to a person.
    """

    def __init__(self, task: ExecutorInput, aws: Aws, view: View) -> None:
        self._task = task
        self._aws = aws
        self._view = view
        self._shown: SweepWatch | None = None

    def watch(self, execution_arn: str) -> ExecutionWatch:
        """Return what awaits the execution."""
        watch, self._shown = watch_sweep(self._aws, execution_arn, self._view, self._task.arguments)
        return watch

    def end(self, ended: EndedExecution) -> int:
        """Hand on what the execution says; return the exit code."""
        assert self._shown is not None
        result = read_result(ended.description, Swept)
        if isinstance(result, Swept):
            return self._hand_on(ended, result, self._shown)
        if isinstance(result, DryRun):
            return show_request(result, self._view)
        self._view.close()
        complain(explain_sweep(result, ended.arn, self._shown.last_lines))
        return exit_code(result)

    def _hand_on(self, ended: EndedExecution, swept: Swept, shown: SweepWatch) -> int:
        curves = self._curves(swept, shown.age())
        report = SweepReport(self._task.arguments, ended, swept, curves, shown.last_lines)
        write_outputs(self._task, *sweep_outputs(ended.arn, swept, render(report)))
        took = execution_time(ended)
        self._view.say(f"Swept in an execution of {took}: {swept.model_artifact_url}")
        found = json.dumps(swept.output["best_hyperparameters"])
        self._view.say(f"Best hyperparameters: {found}, seed {swept.output['best_seed']}")
        for note in swept.output.get("notes") or []:
            self._view.say(f"Note: {note}")
        for label, page in links(ended.arn, swept.job_name).items():
            self._view.say(f"{label.replace('_', ' ').capitalize()}: {page}")
        self._view.close()
        return ExitCode.SUCCEEDED

    def _curves(self, swept: Swept, age: float) -> Curves:
        """Read the learning curves of trials, those of the best configuration first."""
        jobs = {
            int(trial["trial"]): str(trial["job_name"])
            for trial in swept.trials
            if trial.get("job_name") and trial.get("value") not in ("", None)
        }
        best = swept.output["best"].get("configuration")
        first = [
            int(trial["trial"]) for trial in swept.trials if trial.get("configuration") == best
        ]
        if self._task.arguments.get("assume_role") or not jobs:
            problem = "The trials ran under an assumed role: their logs are in its account."
            return Curves(swept.metric, trials=len(jobs), problem=problem if jobs else "")
        given = self._task.arguments.get("metric_definitions")
        return read_curves(self._aws, swept.metric, jobs, first, age=age, definitions=given)


def explain_sweep(
    failure: NotTrained, execution_arn: str, last_lines: Mapping[str, Sequence[str]]
) -> str:
    """Return a sweep's failure as the lines that end the step's log.

    Args:
        failure: What the execution says.
        execution_arn: Which one.
        last_lines: The end of the log of trials that failed, by job.
    """
    lines = [f"Error: {failure.error}: {failure.message}"]
    lines += [f"  {problem}" for problem in failure.problems if problem not in failure.message]
    reasons = failure.facts.get("failures")
    for reason in (reasons if isinstance(reasons, list) else [])[:_SHOWN_REASONS]:
        if isinstance(reason, dict):
            lines.append(f"  {_reason(reason)}")
    for job, tail in last_lines.items():
        lines += [f"Last log lines of {job}:", *(f"  {line}" for line in tail)]
    if failure.error not in (Failure.INVALID_ARGUMENTS, UNEXPECTED_OUTPUT):
        lines.append(_NEXT)
    lines.append(f"Execution: {links(execution_arn, None)['execution']}")
    return "\n".join(lines)


def _reason(reason: Mapping[str, Any]) -> str:
    trials = reason.get("trials")
    count = len(trials) if isinstance(trials, list) else 1
    return f"{count} x {reason.get('error')}: {reason.get('message')}"
