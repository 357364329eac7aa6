"""How long to wait, in seconds: for an attempt, for an execution, and between looks at a job.

Every figure follows from `max_run` or `max_wait_time`, the attempts, and the margins named here.
"""

from __future__ import annotations

from training_job.arguments.model import MAX_ATTEMPTS, MAX_CAPACITY_WAIT, TrainingArguments

ATTEMPT_MARGIN = 4 * 3600
"""What an attempt may take beyond the run time: instances, image, data and the model's upload."""

RETRY_MARGIN = 24 * 3600
"""What all the waits between the attempts of one execution may take together."""

MIN_LOOK, MAX_LOOK = 15, 1800
"""Seconds between two looks at a job that runs on after its task has ended. The upper bound keeps
28 days of looking within Step Functions' 25,000 history events."""


def attempt_timeout(arguments: TrainingArguments) -> int:
    """Return the seconds after which an attempt has gone wrong: SageMaker ends the job earlier."""
    longest = arguments.max_wait_time if arguments.spot_instance else arguments.max_run
    return longest + ATTEMPT_MARGIN


def execution_timeout(max_run_limit: int) -> int:
    """Return the state machine's timeout: no execution within its limits reaches it.

    Args:
        max_run_limit: The deployment's limit of `max_run` and `max_wait_time`, in seconds.
    """
    attempts = MAX_ATTEMPTS * (max_run_limit + ATTEMPT_MARGIN)
    return attempts + RETRY_MARGIN + MAX_CAPACITY_WAIT


def next_look(elapsed_s: float) -> int:
    """Return the seconds until the next look at a job that has run for `elapsed_s`: 5 % of it."""
    return int(min(max(0.05 * elapsed_s, MIN_LOOK), MAX_LOOK))
