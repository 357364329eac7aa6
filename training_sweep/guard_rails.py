"""What a deployment adds to the rules of a sweep, and the check of each of its trials."""

from __future__ import annotations

from collections.abc import Sequence

from training_job.arguments.checking import Rule
from training_job.arguments.guard_rails import NO_LIMITS, GuardRails
from training_job.arguments.parsing import parse_arguments
from training_job.arguments.problems import InvalidArguments, Problem
from training_sweep.arguments import rules, varying
from training_sweep.arguments.model import SweepArguments
from training_sweep.limits import LARGEST_OUTPUT
from training_sweep.results.output import largest_dry_run, largest_output
from training_sweep.trials import Trial, execution_input, trials_of

_NAMED = 5
"""Trials that a message names."""


class SweepGuardRails(GuardRails):
    """Defaults and limits of one deployment for trainings, which hold for trials, and for sweeps.

    Attributes:
        max_trials: Most trials of a sweep; None for no limit but 500.
        max_sweep_parallel: Most trials that run at the same time; None for no limit but 40.
    """

    max_trials: int | None = None
    max_sweep_parallel: int | None = None

    def sweep_rules(self) -> list[Rule[SweepArguments]]:
        """Return the limits, and a sweep's own rules, over its arguments."""
        return [
            *rules.RULES,
            (rules.CONFIGURING, self._configurations),
            (rules.VARYING, self._count),
            (("max_parallel",), self._parallel),
            ((*rules.VARYING, "seed_hyperparameter", "hyperparameters"), self._trials),
        ]

    def _parallel(self, arguments: SweepArguments) -> list[Problem]:
        most = self.max_sweep_parallel
        if most is None or arguments.max_parallel <= most:
            return []
        message = f"got {arguments.max_parallel}; this deployment allows at most {most}"
        return [Problem("max_parallel", message)]

    def _configurations(self, arguments: SweepArguments) -> list[Problem]:
        if rules.shape_problems(arguments):
            return []
        return rules.configuration_problems(arguments, self.max_trials)

    def _count(self, arguments: SweepArguments) -> list[Problem]:
        if rules.shape_problems(arguments) or self._configurations(arguments):
            return []
        return rules.count_problems(arguments, self.max_trials)

    def _trials(self, arguments: SweepArguments) -> list[Problem]:
        """Return what the training's own parser finds wrong with any trial, each thing once.

        Only hyperparameters differ from what it has found in the sweep's arguments already, or
        from what there stands for an argument that is wrong; and each that varies is right.
        """
        if rules.shape_problems(arguments) or rules.count_problems(arguments, None):
            return []
        if any(rule(arguments) for _, rule in varying.RULES):
            return []
        trials = trials_of(arguments)
        found: dict[Problem, list[Trial]] = {}
        for trial in trials:
            for problem in _problems(arguments, trial):
                found.setdefault(problem, []).append(trial)
        if not found:
            return _too_large(arguments, trials)
        return [
            Problem(name, f"{message} (with those that vary and the seed, {_which(wrong, trials)})")
            for (name, message), wrong in found.items()
            if name == "hyperparameters"
        ]


def _problems(arguments: SweepArguments, trial: Trial) -> list[Problem]:
    try:
        parse_arguments(execution_input(arguments, trial, sweep="sweep"), NO_LIMITS)
    except InvalidArguments as error:
        return error.problems
    return []


def _too_large(arguments: SweepArguments, trials: Sequence[Trial]) -> list[Problem]:
    """Return whether the output may be too long for Step Functions to carry."""
    largest = max(largest_output(arguments, trials), largest_dry_run(arguments, trials))
    if largest <= LARGEST_OUTPUT:
        return []
    message = f"make, with the other arguments, an output of up to {largest:,} bytes"
    allowed = f"allowed: {LARGEST_OUTPUT:,}. Use fewer trials or shorter values"
    return [Problem(rules.made_by(arguments), f"{message}; {allowed}")]


def _which(wrong: Sequence[Trial], trials: Sequence[Trial]) -> str:
    """Return which of the trials a problem concerns, in words."""
    if len(wrong) == len(trials):
        return "in every trial" if len(trials) > 1 else "in its only trial"
    listed = ", ".join(trial.suffix for trial in wrong[:_NAMED])
    more = ", ..." if len(wrong) > _NAMED else ""
    return f"in {len(wrong)} of {len(trials)} trials: {listed}{more}"
