"""State machines made for one test: create, run to the end, read the history."""

import io
import json
import tarfile
import uuid
from typing import Any

from tests.support.deploying.local_aws_process import LocalAws
from tests.support.runs.waiting import wait_until

ROLE = "arn:aws:iam::000000000000:role/state-machine"
SYNC = "arn:aws:states:::sagemaker:createTrainingJob.sync"
SDK = "arn:aws:states:::aws-sdk:sagemaker:"
INVOKE = "arn:aws:states:::lambda:invoke"
TRUST_SAGEMAKER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
TRAIN = """
import argparse, sys, time
arguments = argparse.ArgumentParser()
arguments.add_argument("--seconds", type=float, default=0)
arguments.add_argument("--fail", type=int, default=0)
given = arguments.parse_args()
time.sleep(given.seconds)
sys.exit(given.fail)
"""


class Machines:
    """State machines of one local AWS."""

    def __init__(self, aws: LocalAws, role: str = ROLE) -> None:
        self.states = aws.client("stepfunctions")
        self.role = role

    def create(
        self,
        members: dict[str, Any],
        *,
        start: str | None = None,
        role: str | None = None,
        **fields: Any,
    ) -> str:
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": start or next(iter(members)),
            "States": members,
            **fields,
        }
        return self.states.create_state_machine(
            name=f"m-{uuid.uuid4()}",
            definition=json.dumps(definition),
            roleArn=role or self.role,
        )["stateMachineArn"]

    def start(self, machine: str, value: Any = None, **fields: Any) -> str:
        return self.states.start_execution(
            stateMachineArn=machine, input=json.dumps({} if value is None else value), **fields
        )["executionArn"]

    def end(self, execution: str) -> dict[str, Any]:
        """The description of an execution once it has ended."""

        def ended() -> dict[str, Any] | None:
            description = self.states.describe_execution(executionArn=execution)
            return None if description["status"] == "RUNNING" else description

        return wait_until(ended, lambda: f"the end of {self.types(execution)}")

    def run(self, members: dict[str, Any], value: Any = None, **fields: Any) -> dict[str, Any]:
        return self.end(self.start(self.create(members, **fields), value))

    def output(self, members: dict[str, Any], value: Any = None, **fields: Any) -> Any:
        description = self.run(members, value, **fields)
        assert description["status"] == "SUCCEEDED", description
        return json.loads(description["output"])

    def events(self, execution: str) -> list[dict[str, Any]]:
        return self.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]

    def types(self, execution: str) -> list[str]:
        return [event["type"] for event in self.events(execution)]

    def reach(self, execution: str, event_type: str) -> None:
        """Wait until the history has an event of this type."""
        wait_until(lambda: event_type in self.types(execution), event_type)


class Training:
    """A job role, a bucket and a script: what a training job needs to run."""

    def __init__(self, aws: LocalAws) -> None:
        self.sagemaker = aws.client("sagemaker")
        iam, storage = aws.client("iam"), aws.client("s3")
        unique = uuid.uuid4().hex[:8]
        role = iam.create_role(RoleName=f"job-{unique}", AssumeRolePolicyDocument=TRUST_SAGEMAKER)
        iam.put_role_policy(
            RoleName=f"job-{unique}",
            PolicyName="storage",
            PolicyDocument=json.dumps(allow("*", "*")),
        )
        self.role = role["Role"]["Arn"]
        self.bucket = f"training-{unique}"
        storage.create_bucket(Bucket=self.bucket)
        storage.put_object(Bucket=self.bucket, Key="source.tar.gz", Body=_tar("train.py", TRAIN))

    def request(self, seconds: float = 0, fail: int = 0, **fields: Any) -> dict[str, Any]:
        """A CreateTrainingJob request of a job that takes so long and exits with this code."""
        submitted = {
            "sagemaker_submit_directory": json.dumps(f"s3://{self.bucket}/source.tar.gz"),
            "sagemaker_program": '"train.py"',
            "seconds": str(seconds),
            "fail": str(fail),
        }
        return {
            "TrainingJobName": f"job-{uuid.uuid4()}",
            "RoleArn": self.role,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "HyperParameters": submitted,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            **fields,
        }

    def describe(self, name: str) -> dict[str, Any]:
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def stopped(self, name: str) -> bool:
        """Whether the job ends as Stopped."""

        def ended() -> str | None:
            status = self.describe(name)["TrainingJobStatus"]
            return status if status in ("Stopped", "Completed", "Failed") else None

        return wait_until(ended, f"the end of {name}") == "Stopped"


def allow(action: str | list[str], resource: str | list[str], **conditions: Any) -> dict[str, Any]:
    """A policy that allows one thing."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if conditions:
        statement["Condition"] = conditions["condition"]
    return {"Version": "2012-10-17", "Statement": [statement]}


def train(**fields: Any) -> dict[str, Any]:
    """A state that trains with the execution's input as its request."""
    return {"Type": "Task", "Resource": SYNC, "Arguments": "{% $request %}", "End": True, **fields}


def training_machine(**fields: Any) -> dict[str, Any]:
    prepare = {"Type": "Pass", "Assign": {"request": "{% $states.input %}"}, "Next": "Train"}
    return {"Prepare": prepare, "Train": train(**fields)}


def _tar(name: str, text: str) -> bytes:
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    return stored.getvalue()
