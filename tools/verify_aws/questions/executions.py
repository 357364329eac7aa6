"""Executions of a deployed state machine that train nothing: refused, redriven, by alias."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from tools.verify_aws.account.scene import INSTANCE_TYPE, JOBS, LONGEST_JOB, Deployment
from tools.verify_aws.assumption import Answer, NotAsked
from tools.verify_aws.questions import history

SECONDS = 180
"""Within which an execution without a job has ended; a minute may pass in `Failed`."""


def wrong_arguments(here: Deployment) -> Answer:
    """Return an execution with arguments that are refused."""
    states = here.aws.client("stepfunctions")
    arn = start(here, "wrong", {"region": here.aws.region})
    history.await_end(states, arn, SECONDS)
    return history.record(states, arn)


def redrive(here: Deployment) -> Answer:
    """Return an execution with arguments that are refused, redriven."""
    states = here.aws.client("stepfunctions")
    arn = start(here, "redriven", {"region": here.aws.region})
    history.await_end(states, arn, SECONDS)
    states.redrive_execution(executionArn=arn)
    history.await_end(states, arn, SECONDS)
    return history.record(states, arn)


def start_by_alias(here: Deployment) -> Answer:
    """Return a dry run that was started through the state machine's alias."""
    states = here.aws.client("stepfunctions")
    given = {**arguments(here, "alias"), "dry_run": True}
    arn = start(here, "alias", given, here.outputs["StateMachineAliasArn"])
    history.await_end(states, arn, SECONDS)
    return history.record(states, arn)


def role_not_assumed(here: Deployment) -> Answer:
    """Return an execution whose role to assume does not exist, up to its first task's end."""
    given = {**arguments(here, "assume"), "assume_role": here.absent_role}
    answer = _until(here, "assume", given, lambda seen: bool(_failed(seen, "CreateTrainingJob")))
    return {**answer, "role": here.absent_role}


def refused_create(here: Deployment) -> Answer:
    """Return an execution whose job role does not exist: no job, and none to describe."""
    given = {**arguments(here, "refused"), "role": here.absent_role}
    return _until(here, "refused", given, lambda seen: bool(_failed(seen, "DescribeTrainingJob")))


def sdk_errors(here: Deployment) -> Answer:
    """Return what TestState says of calls as the state machine's role that are refused."""
    states = here.aws.client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=here.outputs["StateMachineArn"])
    sdk = f"arn:{here.aws.partition}:states:::aws-sdk:sfn"
    token = {"TaskToken": "no-token", "Error": "E", "Cause": "C"}

    def said(resource: str, given: dict[str, str]) -> Answer:
        state = {
            "Type": "Task",
            "QueryLanguage": "JSONata",
            "Resource": f"{sdk}:{resource}",
            "Arguments": given,
            "End": True,
        }
        answer = states.test_state(
            definition=json.dumps(state), roleArn=machine["roleArn"], input="{}"
        )
        return {"error": answer.get("error", ""), "cause": answer.get("cause", "")}

    definition = json.loads(machine["definition"])
    caught = [
        name for each in definition["States"]["Failed"]["Catch"] for name in each["ErrorEquals"]
    ]
    return {
        "caught": caught,
        "denied": said("listActivities", {}),
        "wrong token": said("sendTaskFailure", token),
    }


def start(here: Deployment, name: str, given: dict[str, Any], machine: str = "") -> str:
    """Start an execution; return its ARN."""
    started = here.aws.client("stepfunctions").start_execution(
        stateMachineArn=machine or here.outputs["StateMachineArn"],
        name=f"{JOBS}-{here.run}-{name}",
        input=json.dumps(given),
    )
    return str(started["executionArn"])


def arguments(here: Deployment, name: str) -> dict[str, Any]:
    """Return the arguments of a run; its training job's name is the execution's."""
    bucket = here.outputs["ArtifactBucketName"]
    suffix = "amazonaws.com" + ".cn" * (here.aws.partition == "aws-cn")
    no_image = f"{here.aws.account}.dkr.ecr.{here.aws.region}.{suffix}/{JOBS}:none"
    return {
        "region": here.aws.region,
        "role": here.outputs["JobRoleArn"],
        "image": here.image or no_image,
        "job_name": f"{JOBS}-{here.run}-{name}",
        "entry_point": "train.py",
        "source_dir": f"s3://{bucket}/verify/source.tar.gz",
        "model_artifact_path": f"s3://{bucket}/verify/models",
        "instance_type": INSTANCE_TYPE,
        "max_run": LONGEST_JOB,
        "max_attempts": 1,
    }


def _until(
    here: Deployment, name: str, given: dict[str, Any], seen: Callable[[Answer], bool]
) -> Answer:
    """Return an execution that has ended, or that was stopped once enough was seen."""
    states = here.aws.client("stepfunctions")
    arn = start(here, name, given)
    until = time.monotonic() + SECONDS
    while not seen(history.record(states, arn)) and time.monotonic() < until:
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break
        time.sleep(1)
    # It may be about to end by itself, with an error of its own.
    with contextlib.suppress(NotAsked):
        history.await_end(states, arn, 5)
        return history.record(states, arn)
    states.stop_execution(executionArn=arn)
    history.await_end(states, arn, SECONDS)
    return history.record(states, arn)


def _failed(answer: Answer, state: str) -> list[history.Event]:
    kinds = ("TaskFailed", "TaskSubmitFailed", "TaskStartFailed")
    return [
        event
        for name in (state, f"{state}AsRole")
        for event in history.of_state(answer, name, *kinds)
    ]
