"""Tiny training jobs for the tests of the local AWS: a script of a few lines each."""

import contextlib
import io
import json
import tarfile
import textwrap
from collections.abc import Mapping
from typing import Any

from tests.support.deploying.local_aws_process import LocalAws
from tests.support.runs.waiting import wait_until

BUCKET = "training-jobs"
ROLE = "arn:aws:iam::000000000000:role/JobRole"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def tarball(files: Mapping[str, str | bytes]) -> bytes:
    """A gzip tar of these files; texts are dedented."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


class TrainingJobs:
    """Starts training jobs on one server and looks at them."""

    def __init__(self, aws: LocalAws) -> None:
        self.s3, self.sagemaker, self.logs = map(aws.client, ("s3", "sagemaker", "logs"))
        self.s3.create_bucket(Bucket=BUCKET)
        iam = aws.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName="JobRole", AssumeRolePolicyDocument=json.dumps(TRUST))

    def request(self, name: str, **fields: Any) -> dict[str, Any]:
        """A request whose source is where `start` puts it; fields replace or add."""
        return {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rl:1",
                "TrainingInputMode": "File",
            },
            "HyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/{name}/source.tar.gz"),
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
            **fields,
        }

    def start(self, name: str, script: str, **fields: Any) -> str:
        """Upload the script as train.py and start a job with it; returns its ARN."""
        self.put(f"{name}/source.tar.gz", tarball({"train.py": script}))
        return self.create(self.request(name, **fields))

    def create(self, request: dict[str, Any]) -> str:
        """Create a training job; returns its ARN."""
        return self.sagemaker.create_training_job(**request)["TrainingJobArn"]

    def put(self, key: str, content: bytes) -> None:
        """Write an object of the bucket."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        """Read an object of the bucket."""
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix."""
        listing = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def members(self, key: str) -> dict[str, str]:
        """The files of an archive in the bucket, with their content."""
        with tarfile.open(fileobj=io.BytesIO(self.read(key))) as tar:
            files = [member for member in tar.getmembers() if member.isfile()]
            return {file.name: _content(tar, file).decode() for file in files}

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeTrainingJob."""
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def ended(self, name: str) -> dict[str, Any]:
        """The description of a job once it has ended."""
        wait_until(
            lambda: self.describe(name)["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"),
            f"the end of {name}",
        )
        return self.describe(name)

    def streams(self, name: str) -> list[str]:
        """The names of a job's log streams."""
        listing = self.logs.describe_log_streams(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/"
        )
        return [stream["logStreamName"] for stream in listing["logStreams"]]

    def lines(self, stream: str) -> list[str]:
        """All lines of a log stream, page by page."""
        lines: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self.logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, **token
            )
            lines += [event["message"] for event in page["events"]]
            if token.get("nextToken") == page["nextForwardToken"]:
                return lines
            token = {"nextToken": page["nextForwardToken"]}

    def printed(self, name: str, text: str) -> bool:
        """Whether a line that a job has printed contains this text."""
        try:
            lines = [line for stream in self.streams(name) for line in self.lines(stream)]
        except self.logs.exceptions.ResourceNotFoundException:
            return False
        return any(text in line for line in lines)


def _content(tar: tarfile.TarFile, file: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(file)
    assert stream
    return stream.read()


def statuses(description: Mapping[str, Any]) -> list[str]:
    """The secondary statuses a job went through."""
    return [item["Status"] for item in description["SecondaryStatusTransitions"]]
