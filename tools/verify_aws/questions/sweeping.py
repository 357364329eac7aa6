"""Sweeps of two trials: to the end, with trials that fail, stopped and redriven."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tools.verify_aws.account.scene import Deployment
from tools.verify_aws.assumption import Answer, NotAsked
from tools.verify_aws.questions import history
from tools.verify_aws.questions.executions import arguments, start
from tools.verify_aws.questions.training import PREBUILT, SECONDS, upload

_TAGS = ("rl-sweep", "rl-configuration", "rl-seed")
_METRIC = "status"
"""What the script prints last, as a number; each of its values is as good as another."""


def swept(here: Deployment) -> Answer:
    """Return a sweep whose two trials train, and the tags of their jobs."""
    sweep = _Sweep(here, "sweep", {"hyperparameters": {"seconds": 20}})
    answer = sweep.end()
    sagemaker = here.aws.client("sagemaker")
    tags = {}
    for name in sweep.jobs():
        job = sagemaker.describe_training_job(TrainingJobName=name)
        listed = sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
        tags[name] = {each["Key"]: each["Value"] for each in listed if each["Key"] in _TAGS}
    return {**answer, "tags": tags}


def failed_trials(here: Deployment) -> Answer:
    """Return a sweep whose job role does not exist, redriven once: it trains nothing."""
    sweep = _Sweep(here, "failing", {"role": here.absent_role})
    before = sweep.end()
    sweep.states.redrive_execution(executionArn=sweep.arn)
    return {**sweep.end(), "before": before}


def stopped_and_redriven(here: Deployment) -> Answer:
    """Return a sweep that is stopped as both trials train, and redriven to its end."""
    sweep = _Sweep(here, "stopped-sweep", {"hyperparameters": {"seconds": 60}})
    sweep.reach(lambda: len(sweep.jobs("InProgress")) == 2)
    sweep.states.stop_execution(executionArn=sweep.arn)
    history.await_end(sweep.states, sweep.arn, SECONDS)
    sweep.reach(lambda: not sweep.running(), ended=True)
    before = {**sweep.end(), "jobs": sweep.statuses()}
    sweep.states.redrive_execution(executionArn=sweep.arn)
    return {**sweep.end(), "before": before, "jobs": sweep.statuses()}


def of_a_sweep(more: dict[str, Any]) -> dict[str, Any]:
    """Return what a sweep of two seeds has beside a training's arguments."""
    return {
        "seeds": 2,
        "max_parallel": 2,
        "max_failed_trials": 0,
        "metric_definitions": {_METRIC: "verify-aws: exits with (.*)"},
        "objective_metric": _METRIC,
        **more,
    }


class _Sweep:
    """One execution of the state machine of sweeps, with two seeds at once."""

    def __init__(self, here: Deployment, name: str, more: dict[str, Any]) -> None:
        self.states = here.aws.client("stepfunctions")
        self._sagemaker = here.aws.client("sagemaker")
        self._trainings = here.outputs["StateMachineArn"]
        upload(here)
        prebuilt = {} if here.image else PREBUILT
        given = {**arguments(here, name), **prebuilt, **of_a_sweep(more)}
        self._job_name = str(given["job_name"])
        self.arn = start(here, name, given, here.outputs["SweepStateMachineArn"])

    def trials(self) -> dict[str, Answer]:
        """Return the end of each trial's execution, by what its name adds to the sweep's."""
        name = self.arn.rpartition(":")[2]
        pages = self.states.get_paginator("list_executions").paginate(
            stateMachineArn=self._trainings
        )
        return {
            each["name"].removeprefix(f"{name}-"): self._told(each["executionArn"])
            for page in pages
            for each in page["executions"]
            if each["name"].startswith(f"{name}-t")
        }

    def _told(self, arn: str) -> Answer:
        described = self.states.describe_execution(executionArn=arn)
        told = {key: described[key] for key in ("status", "error", "cause") if key in described}
        return {key: str(value)[: history.LONGEST] for key, value in told.items()}

    def jobs(self, status: str = "") -> list[str]:
        """Return the names of its training jobs of a status, or of all."""
        asked = {"NameContains": self._job_name, **({"StatusEquals": status} if status else {})}
        pages = self._sagemaker.get_paginator("list_training_jobs").paginate(**asked)
        return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]

    def statuses(self) -> dict[str, str]:
        """Return the status of each of its training jobs."""
        describe = self._sagemaker.describe_training_job
        return {
            name.removeprefix(f"{self._job_name}-"): str(
                describe(TrainingJobName=name)["TrainingJobStatus"]
            )
            for name in sorted(self.jobs())
        }

    def running(self) -> list[str]:
        """Return what of it has not ended: trials and jobs."""
        trials = [name for name, told in self.trials().items() if told["status"] == "RUNNING"]
        return [*trials, *self.jobs("InProgress"), *self.jobs("Stopping")]

    def reach(self, condition: Callable[[], bool], *, ended: bool = False) -> None:
        """Wait until this is so.

        Raises:
            NotAsked: It is not within the time, or the sweep has ended before it should have.
        """
        until = time.monotonic() + SECONDS
        while not condition():
            told = self.states.describe_execution(executionArn=self.arn)
            if not ended and told["status"] != "RUNNING":
                raise NotAsked(f"the sweep ended first: {told.get('cause', told['status'])}")
            if time.monotonic() > until:
                raise NotAsked(f"{self.arn}: waited {SECONDS} s in vain")
            time.sleep(1)

    def end(self) -> Answer:
        """Wait for the end of the sweep; return it with its trials."""
        history.await_end(self.states, self.arn, SECONDS)
        answer = history.record(self.states, self.arn)
        told = {key: json.loads(answer[key]) for key in ("output",) if key in answer}
        return {**answer, **told, "trials": self.trials()}
