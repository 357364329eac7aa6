"""The arguments of a sweep, from what was given: checked together with all their trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from training_job.arguments.checking import check
from training_job.arguments.forms import is_given
from training_job.arguments.parsing import SCHEMA, wording
from training_job.arguments.problems import InvalidArguments, Problem, shown
from training_job.arguments.rules import RULES
from training_job.request.submission import STARTED_BY
from training_sweep.arguments.model import SweepArguments
from training_sweep.guard_rails import SweepGuardRails
from training_sweep.limits import LARGEST_INPUT, size


def parse_sweep(
    given: Mapping[str, Any], guard_rails: SweepGuardRails | None = None
) -> SweepArguments:
    """Return the arguments of a sweep in `given`, with every trial of it checked.

    Args:
        given: Names of a training's and of a sweep's arguments to values, in any accepted form.
            None and blank text count as not given, and so does `$schema`.
        guard_rails: Defaults and limits of the deployment. Default: none but the documented
            limits.

    Raises:
        InvalidArguments: With every problem found, those of trials too, each once.

    Example:
        >>> arguments = parse_sweep({
        ...     "region": "us-east-1",
        ...     "role": "arn:aws:iam::123456789012:role/RlTrainingJob",
        ...     "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1",
        ...     "entry_point": "train.py",
        ...     "model_artifact_path": "s3://my-bucket/models",
        ...     "metric_definitions": {"reward": "reward: (.*)"},
        ...     "space": {"lr": [0.001, 0.0003]},
        ...     "seeds": 5,
        ...     "objective_metric": "reward",
        ... })
        >>> arguments.space, arguments.max_parallel
        ({'lr': [0.001, 0.0003]}, 10)
    """
    if not isinstance(given, Mapping):
        message = f"got {shown(given)}; must be a map of argument names to values"
        raise InvalidArguments([Problem("arguments", message)])
    limits, own = guard_rails or SweepGuardRails(), _own(given)
    arguments, problems = check(
        SweepArguments,
        own,
        (*RULES, *limits.rules(), *limits.sweep_rules()),
        replace(wording(limits), page="docs/sweep-arguments.md"),
        limits.defaults_below(own),
    )
    if problems := [*problems, *_too_large(given)]:
        raise InvalidArguments(problems)
    return arguments


def read_sweep(given: Mapping[str, Any], guard_rails: SweepGuardRails) -> SweepArguments:
    """Return the arguments of a sweep that has begun, which `parse_sweep` had found right.

    The deployment's limits may have changed since: no reason to lose what was trained.
    """
    own = {name: value for name, value in _own(given).items() if is_given(value)}
    values = guard_rails.defaults_below(own) | own
    return SweepArguments.model_validate(values)


def _own(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    return {name: value for name, value in given.items() if name not in (STARTED_BY, SCHEMA)}


def _too_large(given: Any) -> list[Problem]:
    if (length := size(given)) <= LARGEST_INPUT:
        return []
    message = f"have {length:,} bytes as JSON; allowed: {LARGEST_INPUT:,}, to which Step Functions"
    return [Problem("arguments", f"{message} adds the records of the trials")]
