"""Tasks of the deployed stack whose pods are processes, and the training scripts they run."""

import io
import json
import os
import subprocess
import sys
import tarfile
import textwrap
import time
import uuid
from pathlib import Path
from typing import Any

from kfp_component.task_input.executor_input import INTERFACES, SWEEP, TRAINING

REGION = "us-east-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/rl:1"

TRAIN = """
import os, time
for number in range({lines}):
    print(f"line {{number}} reward={{number / 10}}", flush=number % 50 == 0)
    if {seconds}:
        time.sleep({seconds} / {lines})
open(os.environ["SM_MODEL_DIR"] + "/policy.txt", "w").write("policy")
{last}
"""


class Pod:
    """A task: each `start` or `run` is one pod of it, with the same executor input."""

    component = TRAINING

    def __init__(self, endpoint_url: str, directory: Path, arn: str, **arguments: Any) -> None:
        self.directory = directory / uuid.uuid4().hex
        self.arn = arn
        self.arguments = arguments
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "KFP_POD_UID": self.directory.name,
        }

    def document(self) -> dict[str, Any]:
        """The executor input."""
        root, declared = self.directory, INTERFACES[self.component]
        given = {"state_machine_arn": self.arn, "region": REGION, "entry_point": "train.py"}
        return {
            "inputs": {"parameterValues": {**given, **self.arguments}},
            "outputs": {
                "parameters": {
                    name: {"outputFile": f"{root}/p/{name}"} for name in declared["parameters"]
                },
                "artifacts": {
                    name: {"artifacts": [{"name": name, "uri": f"{root}/{name}", "metadata": {}}]}
                    for name in declared["artifacts"]
                },
                "outputFile": f"{root}/output_metadata.json",
            },
        }

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Starts a pod."""
        command = [sys.executable, "-m", "kfp_component", "--executor_input"]
        return subprocess.Popen(
            [*command, json.dumps(self.document())],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, seconds: float = 120, **environment: str) -> tuple[int, str]:
        """Runs a pod to its end; returns its exit code and what it printed."""
        process = self.start(**environment)
        try:
            text, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()
        return process.returncode, text

    def stop(self) -> int:
        """What Argo runs in the pod when a person terminates the run."""
        command = [sys.executable, "-m", "kfp_component.stop", "15"]
        return subprocess.run(command, env=self.environment, timeout=60, check=False).returncode

    def listing(self) -> dict[str, Any]:
        """What the step wrote for KFP."""
        return json.loads((self.directory / "output_metadata.json").read_text())

    def has_outputs(self) -> bool:
        """Whether the step has written its outputs."""
        return (self.directory / "output_metadata.json").exists()

    def executions(self, states: Any) -> list[dict[str, Any]]:
        """The executions of this task; `states` is a Step Functions client."""
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=self.arn)
        listed = [item for page in pages for item in page["executions"]]
        name = self.execution_name()
        return [item for item in listed if item["name"].startswith(name)]

    def execution_name(self) -> str:
        """The name of the task's first execution."""
        from kfp_component.execution.name import execution_name
        from kfp_component.task_input.executor_input import ExecutorInput

        task = ExecutorInput.parse(json.dumps(self.document()))
        return execution_name(task.seed, task.execution_input)


class SweepPod(Pod):
    """A task that sweeps."""

    component = SWEEP


def source(script: str) -> bytes:
    """A source archive with that script as train.py."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        data = textwrap.dedent(script).encode()
        member = tarfile.TarInfo("train.py")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


class Cluster:
    """Makes tasks for the deployed stack."""

    def __init__(self, deployed: Any, directory: Path) -> None:
        self.outputs = deployed.outputs
        self.endpoint_url = deployed.endpoint_url
        self.directory = directory
        self.states = deployed.client("stepfunctions")
        self.sagemaker = deployed.client("sagemaker")
        self.s3 = deployed.client("s3")

    def pod(self, script: str, **arguments: Any) -> Pod:
        """A task that trains with that script."""
        given = self.arguments(script)
        return Pod(
            self.endpoint_url,
            self.directory,
            self.outputs["StateMachineArn"],
            **{**given, **arguments},
        )

    def sweep(self, script: str, **arguments: Any) -> Pod:
        """A task that sweeps with that script."""
        given = {**self.arguments(script), "objective_metric": "reward"}
        arn = self.outputs["SweepStateMachineArn"]
        return SweepPod(self.endpoint_url, self.directory, arn, **{**given, **arguments})

    def arguments(self, script: str) -> dict[str, Any]:
        """The arguments of a training with that script, uploaded."""
        bucket = self.outputs["ArtifactBucketName"]
        key = f"code/{uuid.uuid4().hex}/sourcedir.tar.gz"
        self.s3.put_object(Bucket=bucket, Key=key, Body=source(script))
        return {
            "image": IMAGE,
            "source_dir": f"s3://{bucket}/{key}",
            "role": self.outputs["JobRoleArn"],
            "model_artifact_path": f"s3://{bucket}/models",
            "instance_type": "ml.m5.large",
            "max_run": 600,
            "metric_definitions": {"reward": "reward=([0-9.]+)"},
        }

    def jobs(self, pod: Pod) -> list[dict[str, Any]]:
        """The training jobs of a task's executions."""
        mine = {item["executionArn"] for item in pod.executions(self.states)}
        found = []
        pages = self.sagemaker.get_paginator("list_training_jobs").paginate()
        for page in pages:
            for job in page["TrainingJobSummaries"]:
                tags = self.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
                if any(tag["Value"] in mine for tag in tags):
                    found.append(job)
        return found


def train(lines: int = 20, seconds: float = 0, last: str = "") -> str:
    """A script that prints numbered lines with a metric for some seconds and saves a model."""
    return TRAIN.format(lines=lines, seconds=seconds, last=last)


def wait_for(condition: Any, seconds: float = 60, pause: float = 0.05) -> Any:
    """Waits until a condition holds and returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)
    return value
