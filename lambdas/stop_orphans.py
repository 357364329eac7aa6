"""StopOrphans: an execution that was stopped, timed out or failed -> its training jobs are stopped.

The event is EventBridge's "Step Functions Execution Status Change" (infra/workflow/orphans.py).
An input that it leaves out, for its length or for the key that encrypts it, is asked for.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

Whatever SageMaker refuses is raised, and Lambda calls again, twice: what was stopped by then is
left out. boto3 is part of the runtime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from training_job.outcome.description import Description, describe
from training_job.outcome.orphans import EndedExecution
from training_job.outcome.service_error import Kind, service_error


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:  # noqa: ARG001
    """Stop the jobs that the execution left running; return their names."""
    detail = event["detail"]
    jobs = _TrainingJobs()
    orphans = EndedExecution.of(detail, detail.get("input") or _input(detail["executionArn"]))
    stopped = []
    for name in orphans.orphans(jobs):
        jobs.stop(name)
        stopped.append(name)
    print(f"{detail['executionArn']}: stopped {stopped}")
    return {"stopped": stopped}


def _input(execution_arn: str) -> str:
    states = boto3.client("stepfunctions")
    return states.describe_execution(executionArn=execution_arn)["input"]


class _TrainingJobs:
    """SageMaker's training jobs (training_job.orphans.Jobs)."""

    def __init__(self) -> None:
        self._sagemaker = boto3.client("sagemaker")

    def describe(self, job_name: str) -> Description | None:
        try:
            found = self._sagemaker.describe_training_job(TrainingJobName=job_name)
        except self._sagemaker.exceptions.ClientError as error:
            met = service_error({"Error": error.response["Error"]["Code"], "Cause": str(error)})
            if met and met.kind == Kind.NO_SUCH_JOB:
                return None
            raise
        return describe({**found, "CreationTime": found["CreationTime"].isoformat()})

    def tags(self, description: Description) -> Sequence[Mapping[str, str]]:
        pages = self._sagemaker.get_paginator("list_tags").paginate(
            ResourceArn=description.document["TrainingJobArn"]
        )
        return [
            {"Key": tag["Key"], "Value": tag["Value"]} for page in pages for tag in page["Tags"]
        ]

    def stop(self, job_name: str) -> None:
        self._sagemaker.stop_training_job(TrainingJobName=job_name)
