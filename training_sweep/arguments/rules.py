"""Rules that span a sweep's arguments, in the form of training_job/arguments/rules.py.

What `space`, `configurations` and `seeds` come to is only worked out where it is small enough.
"""

from __future__ import annotations

import math

from training_job.arguments.checking import Rule
from training_job.arguments.images import image
from training_job.arguments.problems import Problem, shown
from training_sweep import space
from training_sweep.arguments import varying
from training_sweep.arguments.model import SweepArguments
from training_sweep.limits import MAX_TRIALS
from training_sweep.space import Range

CONFIGURING = ("space", "samples", "configurations")
"""The arguments from which the number of configurations follows."""

VARYING = (*CONFIGURING, "sampling_seed", "seeds")
"""The arguments from which the trials follow."""


def shape_problems(arguments: SweepArguments) -> list[Problem]:
    """Return why the arguments make no configurations, whatever their number."""
    problems = []
    if arguments.space is not None and arguments.configurations is not None:
        message = "are given beside `space`; allowed: one of the two, or neither to vary the seeds"
        problems.append(Problem("configurations", message))
    if arguments.samples is not None and arguments.space is None:
        message = f"got {arguments.samples} without a `space` to draw them from"
        problems.append(Problem("samples", message))
    ranges = _ranges(arguments)
    if ranges and arguments.samples is None:
        names = ", ".join(shown(name) for name in ranges)
        message = f"is required: {names} of `space` is a range, and every combination needs lists"
        problems.append(Problem("samples", message))
    return problems


def configuration_problems(arguments: SweepArguments, max_trials: int | None) -> list[Problem]:
    """Return why there are too many configurations, however few their seeds.

    Args:
        arguments: The sweep's; the seeds may be wrong.
        max_trials: The deployment's limit; None for none but `MAX_TRIALS`.
    """
    most, allowed = _most_trials(max_trials)
    if (configurations := count(arguments)) <= most:
        return []
    message = f"make {configurations:,} configurations, each a trial for every seed; {allowed}"
    return [Problem(made_by(arguments), message)]


def count_problems(arguments: SweepArguments, max_trials: int | None) -> list[Problem]:
    """Return why there are too many trials.

    Args:
        arguments: The sweep's.
        max_trials: The deployment's limit; None for none but `MAX_TRIALS`.
    """
    most, allowed = _most_trials(max_trials)
    trials = count(arguments) * len(arguments.seeds)
    if trials <= most:
        return []
    factors = f"configurations: {count(arguments):,}, seeds: {len(arguments.seeds)}"
    message = f"make {trials:,} trials ({factors}); {allowed}"
    return [Problem(made_by(arguments), message)]


def _most_trials(max_trials: int | None) -> tuple[int, str]:
    """Return how many trials there may be, and that in words."""
    most = MAX_TRIALS if max_trials is None else min(MAX_TRIALS, max_trials)
    if most < MAX_TRIALS:
        return most, f"this deployment allows at most {most} trials"
    return most, f"allowed: {most} trials"


def count(arguments: SweepArguments) -> int:
    """Return the number of configurations, at most, without working them out."""
    if arguments.configurations is not None:
        return len(arguments.configurations)
    if arguments.space is None:
        return 1
    combinations = space.combinations(arguments.space)
    if arguments.samples is not None:
        combinations = min(combinations, arguments.samples)
    return int(combinations) if math.isfinite(combinations) else 0


def made_by(arguments: SweepArguments) -> str:
    """Return the argument to shorten first."""
    if arguments.configurations is not None:
        return "configurations"
    if arguments.space is None:
        return "seeds"
    return "space" if arguments.samples is None else "samples"


def _ranges(arguments: SweepArguments) -> list[str]:
    return [name for name, item in (arguments.space or {}).items() if isinstance(item, Range)]


def _objective(arguments: SweepArguments) -> list[Problem]:
    defined = metrics(arguments)
    if arguments.objective_metric in defined:
        return []
    got = f"got {shown(arguments.objective_metric)}"
    if defined:
        return [Problem("objective_metric", f"{got}; defined: {', '.join(defined)}")]
    message = f"{got}; no metric is defined: name it in `metric_definitions`"
    return [Problem("objective_metric", message)]


def metrics(arguments: SweepArguments) -> list[str]:
    """Return the names of the metrics that SageMaker is told to look for."""
    if arguments.metric_definitions:
        return [definition.Name for definition in arguments.metric_definitions]
    if arguments.image or not arguments.toolkit:
        return []
    return [metric["Name"] for metric in image.DEFAULT_METRIC_DEFINITIONS[arguments.toolkit]]


RULES: tuple[Rule[SweepArguments], ...] = (
    (("space", "samples", "configurations"), shape_problems),
    *varying.RULES,
    (("objective_metric", "metric_definitions", "image", "toolkit"), _objective),
)
