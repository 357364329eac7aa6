"""The scripted AWS as StopOrphans sees it, in place of boto3."""

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.support.exploring.evaluation import STARTED_AT
from tests.support.exploring.world import World


class Account:
    """The clients of SageMaker and Step Functions; `world` is what they have made of it."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, world: World, given: str) -> None:
        self.world = world
        self._given = given

    def client(self, service: str) -> "Account":
        assert service in ("sagemaker", "stepfunctions")
        return self

    def describe_execution(self, *, executionArn: str) -> Mapping[str, Any]:  # noqa: ARG002
        # Eventually consistent: an execution that has just ended may still be told to run.
        return {
            "status": "RUNNING",
            "input": self._given,
            "startDate": datetime.fromisoformat(STARTED_AT.replace("Z", "+00:00")),
        }

    def describe_training_job(self, *, TrainingJobName: str) -> Mapping[str, Any]:
        job = self.world.job(TrainingJobName)
        if job is None:
            error: Any = {"Code": "ValidationException", "Message": "Requested resource not found."}
            raise ClientError({"Error": error}, "DescribeTrainingJob")
        document = job.document()
        return document | {"CreationTime": datetime.fromisoformat(document["CreationTime"])}

    def stop_training_job(self, *, TrainingJobName: str) -> None:
        job = self.world.job(TrainingJobName)
        assert job is not None
        assert job.status == "InProgress"
        self.world = self.world.having(job.ended("Stopped"))
