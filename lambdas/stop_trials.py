"""StopTrials: the trials of a sweep that has ended, and that still run, are stopped.

The event is EventBridge's "Step Functions Execution Status Change" (infra/sweep/orphans.py). What
stops a trial stops its training job: Step Functions, or StopOrphans.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

Whatever AWS refuses is raised, and Lambda calls again, twice. boto3 is part of the runtime.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import boto3

from lambdas.log import logged
from training_job.outcome.description import iso, moment
from training_job.outcome.orphans import goes_on
from training_sweep.orphans import EndedSweep

_PAUSE = 5
"""Seconds before the second look: a list shows executions a moment after they have started."""


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:  # noqa: ARG001
    """Stop the trials that the sweep left running; return their ARNs."""
    arn, stop_date = event["detail"]["executionArn"], event["detail"].get("stopDate")
    ended_at = moment(stop_date)
    with logged("StopTrials", arn, ended_at=iso(ended_at)) as decided:
        if ended_at is None:
            raise ValueError(f"{arn} has not ended: its stopDate is {stop_date!r}")
        sweep = EndedSweep(arn)
        states = boto3.client("stepfunctions")
        stopped: set[str] = set()
        for pause in (0, _PAUSE):
            time.sleep(pause)
            running = set(_running(states, sweep)) - stopped
            if goes_on(ended_at, states.describe_execution(executionArn=arn).get("redriveDate")):
                break
            for trial in running:
                states.stop_execution(executionArn=trial, cause=f"The sweep {arn} has ended.")
            stopped |= running
        decided(stopped=sorted(stopped))
        return {"stopped": sorted(stopped)}


def _running(states: Any, sweep: EndedSweep) -> Iterator[str]:
    """Yield the ARNs of the executions that this sweep started and that still run."""
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=os.environ["TRAININGS"], statusFilter="RUNNING"
    )
    for each in (each for page in pages for each in page["executions"]):
        arn = each["executionArn"]
        if sweep.may_have_started(each["name"]) and sweep.started(
            states.describe_execution(executionArn=arn)["input"]
        ):
            yield arn
