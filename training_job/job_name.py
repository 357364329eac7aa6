"""Which training job is an execution's: the same execution always means the same names.

A default name contains a hash of the execution's ARN, so a job of that name is the execution's.
A name that the caller chose may be another's: the ARN that the job was sent with then tells.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

MAX_LENGTH = 63
_ID_LENGTH = 8

OWNER_VARIABLE = "RL_TRAINING_EXECUTION_ARN"
"""The environment variable with the ARN of the execution that made a job of a chosen name.
DescribeTrainingJob returns a job's environment, but not its tags.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html"""


def default_job_name(execution_arn: str, start_time: str) -> str:
    """Return `TrainingJob-[datetime]-[random id]` for an execution.

    Args:
        execution_arn: The id is eight hexadecimal digits of its hash.
        start_time: ISO 8601 time at which the execution started, with its offset or Z.

    Raises:
        ValueError: The time is not ISO 8601.

    Example:
        >>> default_job_name("arn:aws:states:eu-west-1:1:execution:m:a", "2026-01-31T10:00:00Z")
        'TrainingJob-20260131100000-7a4a7ef5'
    """
    started = datetime.fromisoformat(start_time.replace("Z", "+00:00")).astimezone(UTC)
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()
    return f"TrainingJob-{started:%Y%m%d%H%M%S}-{digest[:_ID_LENGTH]}"


def attempt_name(job_name: str, attempt: int) -> str:
    """Return the name of an attempt's training job: the first has the bare name, then -2, -3 ...

    Args:
        job_name: At most 63 characters; its end gives way to the suffix where both are too long.
        attempt: Counted from 1.

    Example:
        >>> attempt_name("agent", 1), attempt_name("agent", 2)
        ('agent', 'agent-2')
    """
    if attempt == 1:
        return job_name
    suffix = f"-{attempt}"
    return job_name[: MAX_LENGTH - len(suffix)].rstrip("-") + suffix
