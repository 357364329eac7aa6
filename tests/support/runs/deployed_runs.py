"""Runs of the deployed state machine on the local AWS under fault plans, for tests and benches."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.support.runs.waiting import SECONDS, wait_until
from training_job.outcome.description import RUNNING

TRAIN = """
import argparse, os, pathlib, sys, time

arguments = argparse.ArgumentParser()
arguments.add_argument("--seconds", type=float, default=0)
arguments.add_argument("--fail", type=int, default=0)
arguments.add_argument("--save", default="after")
given = arguments.parse_args()


def save():
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("a policy")


checkpoint = pathlib.Path(os.environ.get("SM_CHECKPOINT_DIR", "/nowhere"), "iteration")
resumed = checkpoint.exists()
if checkpoint.parent.is_dir():
    checkpoint.write_text("9")
if given.save == "before":
    save()
print("resumed:", int(resumed), flush=True)
if not resumed:
    time.sleep(given.seconds)
if given.save == "after":
    save()
sys.exit(given.fail)
"""
"""Waits, saves a model before or after that or never, and ends; does not wait once it resumes."""


@dataclass
class Execution:
    """One execution, while it runs and once it has ended."""

    arn: str
    states: Any
    sagemaker: Any
    _ended: dict[str, Any] = field(default_factory=dict, init=False)

    def describe(self) -> dict[str, Any]:
        self._ended = self.states.describe_execution(executionArn=self.arn)
        return self._ended

    def end(self, patience: float = SECONDS) -> dict[str, Any]:
        """Wait for the end of the execution, at most so many seconds; return its description."""
        wait_until(lambda: self.describe()["status"] != "RUNNING", self._story, patience)
        return self._ended

    def _story(self) -> str:
        return f"{self.arn}, which went through {self.entered}"

    @property
    def status(self) -> str:
        return str(self._ended["status"])

    @property
    def error(self) -> str:
        return str(self._ended.get("error"))

    @property
    def cause(self) -> dict[str, Any]:
        return dict(json.loads(self._ended["cause"]))

    @property
    def output(self) -> dict[str, Any]:
        return dict(json.loads(self._ended["output"]))

    def events(self) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    @property
    def entered(self) -> list[str]:
        """The states that were entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.events()
            if "stateEnteredEventDetails" in event
        ]

    def stop(self) -> None:
        self.states.stop_execution(executionArn=self.arn, error="Test", cause="stopped by a test")

    def redrive(self) -> None:
        self.states.redrive_execution(executionArn=self.arn)


@dataclass
class Run(Execution):
    """An execution that trains."""

    jobs_named: str
    faulty: bool = False

    def jobs(self) -> list[dict[str, Any]]:
        """Return the descriptions of the training jobs that were created, the first one first."""
        listed = self.sagemaker.list_training_jobs(
            NameContains=self.jobs_named,
            SortBy="CreationTime",
            SortOrder="Ascending",
            MaxResults=100,
        )["TrainingJobSummaries"]
        return [
            self.sagemaker.describe_training_job(TrainingJobName=each["TrainingJobName"])
            for each in listed
        ]

    def reach(self, condition: Callable[[Run], Any]) -> None:
        """Wait until this is true of the run."""
        wait_until(lambda: condition(self), self._story)

    def running(self) -> list[str]:
        """Return the names of the jobs that have not ended; a moment is given to those that do."""

        def left() -> list[str]:
            return [
                job["TrainingJobName"] for job in self.jobs() if job["TrainingJobStatus"] in RUNNING
            ]

        with contextlib.suppress(AssertionError):
            wait_until(lambda: not left(), "the end of its jobs", 60)
        return left()


class Stage:
    """A deployed stack with training code in its bucket.

    Args:
        client: Makes a boto3 client of a service.
        endpoint_url: Where the local AWS answers.
        outputs: Of the stack.
    """

    def __init__(
        self, client: Callable[..., Any], endpoint_url: str, outputs: Mapping[str, str]
    ) -> None:
        self.client, self.endpoint_url, self.outputs = client, endpoint_url, outputs
        self.bucket = outputs["ArtifactBucketName"]
        client("s3").put_object(Bucket=self.bucket, Key="code/source.tar.gz", Body=source_archive())

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a run that succeeds in about a second."""
        return {
            "region": "us-east-1",
            "role": self.outputs["JobRoleArn"],
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1.0",
            "entry_point": "train.py",
            "source_dir": f"s3://{self.bucket}/code/source.tar.gz",
            "model_artifact_path": f"s3://{self.bucket}/models",
            "instance_type": "ml.m5.xlarge",
            "max_run": 600,
            "metric_definitions": {"resumed": "resumed: (.*)"},
        }

    def start(
        self,
        given: Mapping[str, Any],
        faults: Sequence[Mapping[str, Any]] = (),
        *,
        machine: str | None = None,
        name: str | None = None,
    ) -> Run:
        """Start an execution whose jobs meet these faults.

        Args:
            given: Over the usual arguments; a `job_name` of None means the default name.
            faults: Of its fault plan.
            machine: ARN of another state machine than the stack's.
            name: Of the execution, and the job name where none is given; a new one by default.
        """
        name = name or f"run-{uuid.uuid4().hex[:12]}"
        machine = machine or self.outputs["StateMachineArn"]
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        named = given.get("job_name", name) or hashlib.sha256(arn.encode()).hexdigest()[:8]
        if faults:
            self.plan(f"*{named}*", faults)
        merged = {**self.arguments(), "job_name": name, **given}
        states = self.client("stepfunctions")
        states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(merged))
        return Run(arn, states, self.client("sagemaker"), named, bool(faults))

    def warm_up(self, runs: int) -> None:
        """Go through both functions so many times at once: a first call takes seconds."""
        failing = {"fault": "fail_job", "reason": "AlgorithmError: as planned"}
        for run in [self.start({}, [failing]) for _ in range(runs)]:
            run.end()

    def plan(self, job_name: str, faults: Sequence[Mapping[str, Any]]) -> None:
        """Set a fault plan in force; an empty one takes it out of force."""
        body = json.dumps({"job_name": job_name, "faults": list(faults)}).encode()
        query = "" if faults else f"?{urlencode({'job_name': job_name})}"
        url = f"{self.endpoint_url}/_local_aws/faults{query}"
        request = Request(url, data=body, method="PUT" if faults else "DELETE")
        with urlopen(request, timeout=30) as answer:
            answer.read()

    def forget(self, run: Run) -> None:
        """Take the fault plan of a run out of force, so that its jobs can be looked at."""
        if run.faulty:
            self.plan(f"*{run.jobs_named}*", [])
            run.faulty = False


def source_archive(script: str = TRAIN) -> bytes:
    """Return an archive with this training script."""
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz") as archive:
        entry = tarfile.TarInfo("train.py")
        entry.size = len(script.encode())
        archive.addfile(entry, io.BytesIO(script.encode()))
    return stored.getvalue()
