"""Executions that train: to the end, failing, stopped by StopTrainingJob and by StopExecution."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.verify_aws.account.scene import Deployment
from tools.verify_aws.assumption import Answer, NotAsked
from tools.verify_aws.questions import history
from tools.verify_aws.questions.executions import arguments, start
from training_job.outcome.description import RUNNING

SECONDS = 2400
"""Within which a job of three minutes has ended, instances and image included."""
RUNS_ON = {"hyperparameters": {"seconds": 300}}
PREBUILT = {
    "image": "",
    "toolkit": "ray",
    "toolkit_version": "1.6.0",
    "framework": "tensorflow",
}
"""An image of AWS's, where none is given."""
_SCRIPT = Path(__file__).parents[1] / "train.py"
_KEPT = (
    *("TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "FailureReason"),
    *("Environment", "CheckpointConfig", "EnableInterContainerTrafficEncryption"),
    *("ModelArtifacts", "OutputDataConfig"),
)


def trained(here: Deployment) -> Answer:
    """Return a job with traffic encryption, environment and checkpoint, and its model's facts."""
    bucket = here.outputs["ArtifactBucketName"]
    more = {
        "traffic_encryption": True,
        "environment": {"VERIFY_AWS": "1"},
        "checkpoint_config": {"S3Uri": f"s3://{bucket}/verify/checkpoints"},
        "hyperparameters": {"seconds": 20},
    }
    run = _Run(here, "trained", more)
    seen = run.first_look()
    answer = run.end()
    job = answer["job"]
    tags = run.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    model = urlsplit(job["ModelArtifacts"]["S3ModelArtifacts"])
    head = here.aws.client("s3").head_object(Bucket=model.netloc, Key=model.path[1:])
    encrypted = {key: head.get(key, "") for key in ("ServerSideEncryption", "SSEKMSKeyId")}
    return {
        **answer,
        "looked": seen,
        "tags": {each["Key"]: each["Value"] for each in tags},
        "model": encrypted,
    }


def failed(here: Deployment) -> Answer:
    """Return an execution whose script fails at once."""
    return _Run(here, "failed", {"hyperparameters": {"code": 3}}).end()


def stopped_job(here: Deployment) -> Answer:
    """Return an execution whose job is stopped by StopTrainingJob."""
    run = _Run(here, "stopped", RUNS_ON)
    run.first_look()
    run.sagemaker.stop_training_job(TrainingJobName=run.job_name)
    return run.end()


def stopped_execution(here: Deployment) -> Answer:
    """Return an execution that is stopped by StopExecution, and its job once that has ended."""
    run = _Run(here, "aborted", RUNS_ON)
    run.first_look()
    run.states.stop_execution(executionArn=run.arn)
    return run.end()


class _Run:
    """One execution that trains."""

    def __init__(self, here: Deployment, name: str, more: dict[str, Any]) -> None:
        self.states = here.aws.client("stepfunctions")
        self.sagemaker = here.aws.client("sagemaker")
        upload(here)
        given = {**arguments(here, name), **more, **({} if here.image else PREBUILT)}
        self.job_name = str(given["job_name"])
        self.arn = start(here, name, given)

    def first_look(self) -> bool:
        """Wait until Step Functions has submitted the job; return whether SageMaker knows it."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            answer = history.record(self.states, self.arn)
            if history.of_state(answer, "CreateTrainingJob", "TaskSubmitted"):
                return self._job() is not None
            if answer["status"] != "RUNNING":
                raise NotAsked(f"no job was submitted: {answer.get('cause', answer['status'])}")
            time.sleep(0.5)
        raise NotAsked(f"no job was submitted within {SECONDS} s")

    def end(self) -> Answer:
        """Wait for the end of the execution and of its job; return both."""
        history.await_end(self.states, self.arn, SECONDS)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            job = self._job()
            if job is None:
                raise NotAsked(f"there is no job {self.job_name}; the execution has ended")
            if job["TrainingJobStatus"] not in RUNNING:
                kept = {key: job[key] for key in _KEPT if key in job}
                created = job["CreationTime"].isoformat(timespec="milliseconds")
                return {
                    **history.record(self.states, self.arn),
                    "job": {**kept, "CreationTime": created},
                }
            time.sleep(2)
        raise NotAsked(f"the job {self.job_name} did not end; it is stopped in the end")

    def _job(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.sagemaker.describe_training_job(
                TrainingJobName=self.job_name
            )
        except self.sagemaker.exceptions.ClientError as error:
            if "not found" in str(error).lower() or "ResourceNotFound" in str(error):
                return None
            raise
        return found


def upload(here: Deployment) -> None:
    """Put the training script where the arguments look for it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        packed.add(_SCRIPT, arcname="train.py", filter=_nobody)
    here.aws.client("s3").put_object(
        Bucket=here.outputs["ArtifactBucketName"],
        Key="verify/source.tar.gz",
        Body=archive.getvalue(),
    )


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
