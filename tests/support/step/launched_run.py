"""Everything that the roles of the stack are for, done with their own permissions."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from tests.support.runs.deployed_runs import Execution
from tests.support.runs.training_jobs import LOG_GROUP, tarball

SCRIPT = """
    import os, pathlib, time
    print("episode_reward_mean: 1.0", flush=True)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "policy").write_text("policy")
    board = pathlib.Path(os.environ["SM_OUTPUT_DIR"], "tensorboard")
    if board.is_dir():
        (board / "events").write_text("events")
    time.sleep(float(os.environ["PAUSE"]))
"""


class RunFailed(Exception):
    """What a person would read of a run that did not succeed."""


@dataclass
class Launcher:
    """A launcher of the deployed stack.

    Attributes:
        outputs: Of the stack.
        client: Makes a boto3 client with the launcher's credentials.
    """

    outputs: dict[str, str]
    client: Any

    def run(self, **arguments: Any) -> dict[str, Any]:
        """Train, look at everything on the way, and return the output.

        Raises:
            RunFailed: The execution failed; with error and cause.
            botocore.exceptions.ClientError: The launcher was denied something.
        """
        return self.follow(self.start(**arguments))

    def follow(self, arn: str) -> dict[str, Any]:
        """Do what `run` does, of an execution that was started."""
        bucket, output = self.outputs["ArtifactBucketName"], self.outcome(arn)
        model = output["model_artifact_url"].removeprefix(f"s3://{bucket}/")
        s3 = self.client("s3")
        assert s3.list_objects_v2(Bucket=bucket, Prefix=model)["KeyCount"] == 1
        assert s3.get_object(Bucket=bucket, Key=model)["Body"].read()
        self.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=5)
        self.client("sagemaker").describe_training_job(TrainingJobName=output["job_name"])
        return output | {"lines": self._lines(output["job_name"]), "execution": arn}

    def start(self, pause: float = 0, **arguments: Any) -> str:
        """Upload the training code and a checkpoint, and start an execution; returns its ARN."""
        bucket, name = self.outputs["ArtifactBucketName"], uuid.uuid4().hex
        source, checkpoints = f"source/{name}/source.tar.gz", f"source/{name}/checkpoints"
        code = tarball({"train.py": SCRIPT})
        for key, body in ((source, code), (f"{checkpoints}/state", b"state")):
            self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        given = {
            "region": "us-east-1",
            "role": self.outputs["JobRoleArn"],
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rl:1",
            "entry_point": "train.py",
            "source_dir": f"s3://{bucket}/{source}",
            "model_artifact_path": f"s3://{bucket}/models",
            "checkpoint_config": {"S3Uri": f"s3://{bucket}/{checkpoints}"},
            "instance_type": "ml.m5.large",
            "max_run": 600,
            "environment": {"PAUSE": str(pause)},
            "tags": {"team": "ml"},
            **arguments,
        }
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["StateMachineArn"], name=name, input=json.dumps(given)
        )
        return started["executionArn"]

    def outcome(self, execution: str) -> dict[str, Any]:
        """Wait for the end; return the output or raise RunFailed."""
        described = Execution(execution, self.client("stepfunctions"), None).end()
        if described["status"] != "SUCCEEDED":
            raise RunFailed(f"{described.get('error')}: {described.get('cause')}")
        output: dict[str, Any] = json.loads(described["output"])
        return output

    def _lines(self, job: str) -> list[str]:
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=job)
        (stream,) = streams["logStreams"]
        events = logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True
        )
        return [event["message"] for event in events["events"]]
