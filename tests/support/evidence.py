"""Evidence for the judge, of made-up jobs, and what its verdicts say."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from training_job.attempt import Attempt, ExecutionContext, Plan, Progress
from training_job.failure import Failure
from training_job.job_name import OWNER_VARIABLE
from training_job.outcome.description import describe
from training_job.outcome.evidence import Evidence
from training_job.outcome.service_error import service_error
from training_job.outcome.verdicts import Verdict

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
JOB = "TrainingJob-20260131100000-0a1b2c3d"
STARTED = "2026-01-31T10:00:01.000Z"
CREATED = "2026-01-31T10:00:02.500Z"
NOW = datetime(2026, 1, 31, 11, tzinfo=UTC)
MODEL = {"S3ModelArtifacts": f"s3://bucket/models/{JOB}/output/model.tar.gz"}

PLAN = Plan(
    max_attempts=3,
    instance_types=["ml.m5.xlarge", "ml.m5.2xlarge"],
    fail_on_rule_issues=False,
    name_chosen=False,
    notes=["a note"],
    defaults_applied={"volume_size": 50},
)
NO_SUCH_JOB = {
    "Error": "SageMaker.SageMakerException",
    "Cause": "Requested resource not found. (Service: SageMaker, Status Code: 400)",
}
JUDGED = "SageMaker.AmazonSageMakerException"


def document(status: str, secondary: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": JOB,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{JOB}",
        "TrainingJobStatus": status,
        "SecondaryStatus": secondary or status,
        "CreationTime": CREATED,
        "AlgorithmSpecification": {"TrainingImage": "image:1"},
        **more,
    }


def case(
    doc: dict[str, Any] | None = None,
    *,
    error: Any = None,
    describe_error: Any = None,
    owner: str = "",
    progress: Progress | None = None,
    redrives: int = 0,
    **plan: Any,
) -> Evidence:
    marked = {"Environment": {OWNER_VARIABLE: owner}} if doc and owner else {}
    return Evidence(
        execution=ExecutionContext(ARN, "2026-01-31T10:00:00Z", redrives),
        plan=replace(PLAN, **plan),
        attempt=Attempt(JOB, "ml.m5.xlarge", STARTED, 0),
        progress=progress or Progress(),
        error=service_error(error),
        description=describe(doc and doc | marked),
        describe_error=service_error(describe_error),
        now=NOW,
    )


def failure(verdict: Verdict) -> tuple[Failure, dict[str, Any]]:
    assert verdict.decision in ("fail", "stop")
    cause = json.loads(verdict.cause)
    assert next(iter(cause)) == "message"
    assert cause["links"]["execution"].endswith(ARN)
    return Failure(verdict.error), cause


def create_error(words: str, name: str = JUDGED) -> dict[str, str]:
    text = f"{words} (Service: AmazonSageMaker; Status Code: 400; Error Code: X; Proxy: null)"
    return {"Error": name, "Cause": text}
