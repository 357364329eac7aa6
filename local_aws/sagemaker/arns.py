"""Names of training jobs as ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def training_job_arn(name: str, *, region: str, account: str) -> str:
    """Return the ARN of the training job of this name."""
    return f"arn:aws:sagemaker:{region}:{account}:training-job/{name}"


def resource_arn(operation: str, params: Mapping[str, Any], *, region: str, account: str) -> str:
    """Return the resource that IAM checks for a request: a job's ARN, or `*` for listings.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    """
    if operation.startswith("ListTrainingJobs"):
        return "*"
    if "ResourceArn" in params:
        return str(params["ResourceArn"])
    name = params.get("TrainingJobName")
    return training_job_arn(str(name), region=region, account=account) if name else "*"
