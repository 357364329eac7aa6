"""Execution -> training job name: the same execution always means the same job.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

MAX_LENGTH = 63
_ID_LENGTH = 8


def default_job_name(execution_arn: str, start_time: str) -> str:
    """Return `TrainingJob-[datetime]-[random id]` for an execution.

    Args:
        execution_arn: the id is eight hexadecimal digits of its hash.
        start_time: ISO 8601 time at which the execution started, with its offset or Z.

    Raises:
        ValueError: the time is not ISO 8601.
    """
    started = datetime.fromisoformat(start_time.replace("Z", "+00:00")).astimezone(UTC)
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()
    return f"TrainingJob-{started:%Y%m%d%H%M%S}-{digest[:_ID_LENGTH]}"


def attempt_name(job_name: str, attempt: int) -> str:
    """Return the name of an attempt's training job: the first has the bare name, then -2, -3 ...

    Args:
        job_name: at most 63 characters; its end gives way to the suffix where both are too long.
        attempt: counted from 1.
    """
    if attempt == 1:
        return job_name
    suffix = f"-{attempt}"
    return job_name[: MAX_LENGTH - len(suffix)].rstrip("-") + suffix
