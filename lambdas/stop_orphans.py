"""StopOrphans: the training jobs of an execution that was stopped, timed out or failed are stopped.

The event is EventBridge's "Step Functions Execution Status Change" (infra/workflow/orphans.py). Its
execution is asked for: events leave out long inputs, and do not tell of a redrive since. An
execution that was redriven looks after its jobs itself, and has another end.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

Whatever AWS refuses is raised, and Lambda calls again, twice: what was stopped by then is left
out. boto3 is part of the runtime.
"""

from __future__ import annotations

from typing import Any

import boto3

from lambdas.log import logged
from training_job.outcome.description import Description, describe, iso, moment
from training_job.outcome.orphans import EndedExecution
from training_job.outcome.service_error import ServiceErrorKind, service_error


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:  # noqa: ARG001
    """Stop the jobs that the execution left running; return their names."""
    arn, ended_at = event["detail"]["executionArn"], moment(event["detail"]["stopDate"])
    with logged("StopOrphans", arn, ended_at=iso(ended_at)) as decided:
        found = boto3.client("stepfunctions").describe_execution(executionArn=arn)
        # Both times are Step Functions' own. Its status may still be that of a moment ago.
        redriven_at = found.get("redriveDate")
        if redriven_at is not None and ended_at is not None and redriven_at >= ended_at:
            decided(stopped=[], redriven_at=redriven_at)
            return {"stopped": []}
        ended = EndedExecution(arn, iso(found["startDate"]), found["input"])
        stopped = _stop_orphans(ended)
        decided(stopped=stopped)
        return {"stopped": stopped}


def _stop_orphans(ended: EndedExecution) -> list[str]:
    sagemaker = boto3.client("sagemaker")

    def described(job_name: str) -> Description | None:
        try:
            return describe(sagemaker.describe_training_job(TrainingJobName=job_name))
        except sagemaker.exceptions.ClientError as error:
            met = service_error({"Error": error.response["Error"]["Code"], "Cause": str(error)})
            if met and met.kind == ServiceErrorKind.NO_SUCH_JOB:
                return None
            raise

    stopped = []
    for name in ended.orphans(described):
        sagemaker.stop_training_job(TrainingJobName=name)
        stopped.append(name)
    return stopped
