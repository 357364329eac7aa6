"""What a deployment adds to the rules of a sweep, and the check of each of its trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sweep.arguments import rules
from sweep.arguments.model import SweepArguments
from sweep.limits import LARGEST_OUTPUT, LARGEST_REQUEST, size
from sweep.results.output import largest_dry_run, largest_output
from sweep.trials import Trial, execution_input, trials_of
from training_job import rules as training_rules
from training_job.arguments import SAGEMAKER_MAX_RUN, TrainingArguments
from training_job.errors import InvalidArguments, Problem
from training_job.guard_rails import GuardRails
from training_job.request import build_request

_NAMED = 5
"""Trials that a message names."""

_NO_LIMITS = GuardRails(max_run_limit=SAGEMAKER_MAX_RUN)
"""The deployment's hold for the sweep's arguments, which are checked once."""


class SweepGuardRails(GuardRails):
    """Defaults and limits of one deployment for trainings, which hold for trials, and for sweeps.

    Attributes:
        max_trials: most trials of a sweep; None for no limit but 500.
        max_sweep_parallel: most trials that run at the same time; None for no limit but 40.
    """

    max_trials: int | None = None
    max_sweep_parallel: int | None = None

    def rules(self) -> list[training_rules.Rule]:
        """Return the limits, and a sweep's own rules, over its arguments."""
        own: list[rules.Rule] = [
            *rules.RULES,
            (rules.VARYING, self._count),
            (("max_parallel",), self._parallel),
            ((*rules.VARYING, "seed_hyperparameter", "hyperparameters"), self._trials),
        ]
        # They are only asked about a sweep's arguments, which are a training's and more.
        return [*super().rules(), *cast("list[training_rules.Rule]", own)]

    def _parallel(self, arguments: SweepArguments) -> list[Problem]:
        most = self.max_sweep_parallel
        if most is None or arguments.max_parallel <= most:
            return []
        message = f"got {arguments.max_parallel}; this deployment allows at most {most}"
        return [Problem("max_parallel", message)]

    def _count(self, arguments: SweepArguments) -> list[Problem]:
        if rules.shape_problems(arguments):
            return []
        return rules.count_problems(arguments, self.max_trials)

    def _trials(self, arguments: SweepArguments) -> list[Problem]:
        """Return what the training's own parser finds wrong with any trial, each thing once.

        Only hyperparameters differ from what it has found in the sweep's arguments already, or
        what there stands for an argument that is wrong.
        """
        if rules.shape_problems(arguments) or rules.count_problems(arguments, None):
            return []
        trials = trials_of(arguments)
        found: dict[str, list[Trial]] = {}
        largest_request = 0
        for trial in trials:
            request, messages = self._checked(arguments, trial)
            largest_request = max(largest_request, request)
            for message in messages:
                found.setdefault(message, []).append(trial)
        problems = [
            Problem("hyperparameters", f"{message} ({_which(wrong, len(trials))})")
            for message, wrong in found.items()
        ]
        return problems or _too_large(arguments, trials, largest_request)

    def _checked(self, arguments: SweepArguments, trial: Trial) -> tuple[int, list[str]]:
        """Return the bytes of a trial's request, and what is wrong with its hyperparameters."""
        given = execution_input(arguments, trial, sweep="sweep")
        try:
            training = TrainingArguments.parse(given, _NO_LIMITS)
            request = build_request(training, job_name="a" * 63, region=training.region)
        except InvalidArguments as error:
            return 0, [text for name, text in error.problems if name == "hyperparameters"]
        return size(request), []


def _too_large(arguments: SweepArguments, trials: Sequence[Trial], request: int) -> list[Problem]:
    """Return what is too long for Step Functions to carry."""
    problems = []
    if request > LARGEST_REQUEST:
        message = f"make a request of {request:,} bytes together with the other arguments"
        problems.append(Problem("hyperparameters", f"{message}; allowed: {LARGEST_REQUEST:,}"))
    largest = max(largest_output(arguments, trials), largest_dry_run(trials, request))
    if largest > LARGEST_OUTPUT:
        message = f"make, with the other arguments, an output of up to {largest:,} bytes"
        allowed = f"allowed: {LARGEST_OUTPUT:,}. Use fewer trials or shorter values"
        problems.append(Problem(rules.made_by(arguments), f"{message}; {allowed}"))
    return problems


def _which(wrong: Sequence[Trial], total: int) -> str:
    """Return which trials a problem concerns, in words."""
    names = [trial.suffix for trial in wrong]
    if len(names) == total:
        return "in every trial" if total > 1 else "in its only trial"
    listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return f"in {len(names)} of {total} trials: {listed}"
