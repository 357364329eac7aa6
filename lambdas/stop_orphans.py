"""StopOrphans: the training jobs of an execution that was stopped, timed out or failed are stopped.

The event is EventBridge's "Step Functions Execution Status Change" (infra/workflow/orphans.py). The
execution's input is asked for: events leave out long ones.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

Whatever AWS refuses is raised, and Lambda calls again, twice: what was stopped by then is left
out. boto3 is part of the runtime.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import boto3

from lambdas.log import logged
from training_job.outcome.description import Description, describe, iso, moment
from training_job.outcome.orphans import EndedTraining, goes_on
from training_job.outcome.service_error import ServiceErrorKind, service_error


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:  # noqa: ARG001
    """Stop the jobs that the execution left running; return their names."""
    arn, stop_date = event["detail"]["executionArn"], event["detail"].get("stopDate")
    ended_at = moment(stop_date)
    with logged("StopOrphans", arn, ended_at=iso(ended_at)) as decided:
        if ended_at is None:
            raise ValueError(f"{arn} has not ended: its stopDate is {stop_date!r}")
        states, sagemaker = boto3.client("stepfunctions"), boto3.client("sagemaker")
        started = states.describe_execution(executionArn=arn)
        ended = EndedTraining(arn, iso(started["startDate"]), started["input"])
        orphans = list(ended.orphans(partial(_described, sagemaker)))
        if orphans and goes_on(
            ended_at, states.describe_execution(executionArn=arn).get("redriveDate")
        ):
            orphans = []
        for name in orphans:
            sagemaker.stop_training_job(TrainingJobName=name)
        decided(stopped=orphans)
        return {"stopped": orphans}


def _described(sagemaker: Any, job_name: str) -> Description | None:
    try:
        return describe(sagemaker.describe_training_job(TrainingJobName=job_name))
    except sagemaker.exceptions.ClientError as error:
        met = service_error({"Error": error.response["Error"]["Code"], "Cause": str(error)})
        if met and met.kind == ServiceErrorKind.NO_SUCH_JOB:
            return None
        raise
