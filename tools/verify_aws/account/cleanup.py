"""The end of a run: executions and jobs are stopped, then the stack and all else is deleted."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.verify_aws.account.aws import Aws
from tools.verify_aws.account.scene import JOBS, STACK, SWEEPS
from training_job.outcome.description import RUNNING

_SECONDS = 600


def exists(aws: Aws) -> bool:
    """Whether there is a stack of the name, whole or not."""
    try:
        aws.client("cloudformation").describe_stacks(StackName=STACK)
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def clean_up(aws: Aws) -> list[str]:
    """Delete the stack and stop what it started; return what is left, in words.

    Called once more, it goes on where it was interrupted.
    """
    left = [*_attempt("executions", _stop_executions, aws), *_attempt("jobs", _stop_jobs, aws)]
    return left + _attempt("the stack", _delete_stack, aws)


def _attempt(what: str, step: Any, aws: Aws) -> list[str]:
    try:
        step(aws)
    except (BotoCoreError, ClientError, TimeoutError) as error:
        return [f"{what}: {error}"]
    return []


def _stop_executions(aws: Aws) -> None:
    """Stop what runs: sweeps first, which start trainings as long as they run."""
    states = aws.client("stepfunctions")
    for name in (SWEEPS, STACK):
        machine = f"arn:{aws.partition}:states:{aws.region}:{aws.account}:stateMachine:{name}"
        try:
            pages = states.get_paginator("list_executions").paginate(
                stateMachineArn=machine, statusFilter="RUNNING"
            )
            running = [each["executionArn"] for page in pages for each in page["executions"]]
        except states.exceptions.StateMachineDoesNotExist:
            continue
        for arn in running:
            states.stop_execution(executionArn=arn, cause="make verify-aws cleans up.")


def _stop_jobs(aws: Aws) -> None:
    """Stop the jobs and await their end: a job uploads with the stack's role as it stops."""
    sagemaker = aws.client("sagemaker")
    until = time.monotonic() + _SECONDS
    asked: set[str] = set()
    while running := _running_jobs(sagemaker):
        if time.monotonic() > until:
            raise TimeoutError(f"still running: {', '.join(sorted(running))}")
        for name in running - asked:
            asked.add(name)
            try:
                sagemaker.stop_training_job(TrainingJobName=name)
            except ClientError as error:  # it has ended meanwhile
                if error.response["Error"]["Code"] != "ValidationException":
                    raise
        time.sleep(2)


def _running_jobs(sagemaker: Any) -> set[str]:
    pages = sagemaker.get_paginator("list_training_jobs")
    return {
        each["TrainingJobName"]
        for status in RUNNING
        for page in pages.paginate(NameContains=JOBS, StatusEquals=status)
        for each in page["TrainingJobSummaries"]
        if each["TrainingJobName"].startswith(JOBS)
    }


def _delete_stack(aws: Aws) -> None:
    if not exists(aws):
        return
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 3, "MaxAttempts": _SECONDS // 3}
    )
