"""Sweeps on the local AWS: a script whose reward is known, and what a sweep left behind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.runs.deployed_runs import Execution, Stage, source_archive
from tests.support.runs.waiting import SECONDS, wait_until

TRAIN = """
import argparse, os, pathlib, sys, time

arguments = argparse.ArgumentParser()
arguments.add_argument("--lr", type=float, default=1)
arguments.add_argument("--seed", type=int, default=0)
arguments.add_argument("--seconds", type=float, default=0)
arguments.add_argument("--fail_seed", type=int, default=-1)
arguments.add_argument("--fail_seeds", default="")
arguments.add_argument("--silent_seed", type=int, default=-1)
arguments.add_argument("--interrupted_seeds", default="")
given = arguments.parse_args()


def listed(text):
    return [int(number) for number in text.split(",") if number]


checkpoint = pathlib.Path(os.environ.get("SM_CHECKPOINT_DIR", "/nowhere"), "iteration")
resumed = checkpoint.exists()
if checkpoint.parent.is_dir():
    checkpoint.write_text("9")
print("resumed:", int(resumed), flush=True)
if given.seed in listed(given.interrupted_seeds) and not resumed:
    time.sleep(120)
time.sleep(given.seconds)
if given.seed != given.silent_seed:
    print("reward:", 100 * given.lr + given.seed, flush=True)
pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("a policy")
sys.exit("as planned" if given.seed in [given.fail_seed, *listed(given.fail_seeds)] else 0)
"""
"""Its reward is 100 lr + seed; fails, or says nothing, where it is told to. One that is to be
interrupted ends only once it resumes from its checkpoint."""


def reward(lr: float, seed: int) -> float:
    return 100 * lr + seed


@dataclass
class Sweep(Execution):
    """An execution of the sweeps' state machine.

    Args:
        trainings: ARN of the state machine that the trials are executions of.
    """

    trainings: str

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    def reach(self, condition: Callable[[], Any], seconds: float = SECONDS) -> None:
        wait_until(condition, self.arn, seconds)

    def trials(self, status: str | None = None) -> dict[str, str]:
        """Return the status of each execution of a trial, by its name."""
        only = {"statusFilter": status} if status else {}
        pages = self.states.get_paginator("list_executions").paginate(
            stateMachineArn=self.trainings, **only
        )
        return {
            each["name"]: each["status"]
            for page in pages
            for each in page["executions"]
            if each["name"].startswith(f"{self.name}-t")
        }

    def jobs(self, status: str | None = None) -> list[str]:
        """Return the names of the training jobs, which begin with the sweep's name."""
        only = {"StatusEquals": status} if status else {}
        pages = self.sagemaker.get_paginator("list_training_jobs").paginate(
            NameContains=self.name, **only
        )
        return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]

    def most_at_once(self) -> int:
        """Return the most iterations, which are trials, that went on at a time."""
        now = most = 0
        for event in self.events():
            now += event["type"] == "MapIterationStarted"
            now -= event["type"] == "MapIterationSucceeded"
            most = max(most, now)
        return most

    def outputs(self) -> list[dict[str, Any]]:
        """Return the output of each trial's execution that succeeded."""
        trials = self.arn.replace(":RlSweep:", ":RlTraining:").rpartition(":")[0]
        return [
            json.loads(self.states.describe_execution(executionArn=f"{trials}:{name}")["output"])
            for name, status in self.trials().items()
            if status == "SUCCEEDED"
        ]


class SweepStage(Stage):
    """A deployed stack whose bucket holds the script."""

    def __init__(
        self, client: Callable[..., Any], endpoint_url: str, outputs: Mapping[str, str]
    ) -> None:
        super().__init__(client, endpoint_url, outputs)
        self.machine = outputs["SweepStateMachineArn"]
        client("s3").put_object(
            Bucket=self.bucket, Key="code/sweep.tar.gz", Body=source_archive(TRAIN)
        )

    def sweep(self, given: Mapping[str, Any], *, name: str | None = None) -> Sweep:
        """Start a sweep; its jobs' names begin with its own."""
        name = name or f"sweep-{uuid.uuid4().hex[:8]}"
        merged = {
            **self.arguments(),
            "source_dir": f"s3://{self.bucket}/code/sweep.tar.gz",
            "metric_definitions": {"reward": "reward: (.*)"},
            "objective_metric": "reward",
            "job_name": name,
            **given,
        }
        states = self.client("stepfunctions")
        arn = states.start_execution(
            stateMachineArn=self.machine, name=name, input=json.dumps(merged)
        )["executionArn"]
        return Sweep(arn, states, self.client("sagemaker"), self.outputs["StateMachineArn"])

    def faults(self, sweep: str, faults: Sequence[Mapping[str, Any]]) -> None:
        """Set the faults of every job whose name contains a text."""
        self.plan(f"*{sweep}*", faults)
