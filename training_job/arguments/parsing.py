"""The arguments of a run, from what was given: parsed, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from training_job.arguments.checking import Wording, check
from training_job.arguments.guard_rails import GuardRails
from training_job.arguments.model import TrainingArguments
from training_job.arguments.problems import InvalidArguments, Problem, shown
from training_job.arguments.rules import RULES

_OF_A_SWEEP = "it is one of a sweep, which another state machine runs: docs/sweeps.md"
_OF_THE_STEP = "the KFP step has it, which starts the execution; leave it out here"
_ELSEWHERE = {
    **dict.fromkeys(
        [
            *("space", "samples", "sampling_seed", "configurations", "seeds"),
            *("seed_hyperparameter", "objective_metric", "objective_type"),
            *("max_parallel", "max_failed_trials", "pilot"),
        ],
        _OF_A_SWEEP,
    ),
    **dict.fromkeys(
        ["state_machine_arn", "stop_on_sigterm", "launcher_image", "retries", "cache"],
        _OF_THE_STEP,
    ),
}
"""Names that people know from the other ways to start a run; tests hold them to those."""

_WORDING = Wording(
    unknown="is not an argument",
    page="docs/arguments.md",
    elsewhere=_ELSEWHERE,
    unlike="what the script reads belongs in hyperparameters; ",
    # People put secrets there, though they should not.
    private=frozenset({"environment", "hyperparameters"}),
)


def wording(limits: GuardRails) -> Wording:
    """Return how messages speak of the arguments to the users of a deployment."""
    return replace(_WORDING, allowed=limits.allowed())


SCHEMA = "$schema"
"""Names the JSON Schema of the input, to an editor; not an argument."""


def parse_arguments(
    given: Mapping[str, Any], guard_rails: GuardRails | None = None
) -> TrainingArguments:
    """Return the arguments in `given`, checked by every rule.

    Args:
        given: Documented names to values, in any accepted form (docs/arguments.md). None and
            blank text count as not given, and so does `$schema`.
        guard_rails: Defaults and limits of the deployment. Default: none but the documented
            limits.

    Raises:
        InvalidArguments: With every problem found, not only the first.

    Example:
        >>> parse_arguments({"region": "us-east-1", "entry_point": "train.py"})
        Traceback (most recent call last):
        training_job.arguments.problems.InvalidArguments: 6 argument problems; nothing was started.
        - role: is required; allowed: the ARN of an IAM role, such as ...
        - source_dir: is required with a toolkit image, which holds no code; got none...
    """
    if not isinstance(given, Mapping):
        message = f"got {shown(given)}; must be a map of argument names to values"
        raise InvalidArguments([Problem("arguments", message)])
    given = {name: value for name, value in given.items() if name != SCHEMA}
    limits = guard_rails or GuardRails()
    arguments, problems = check(
        TrainingArguments,
        given,
        (*RULES, *limits.rules()),
        wording(limits),
        limits.defaults_below(given),
    )
    if problems:
        raise InvalidArguments(problems)
    return arguments
