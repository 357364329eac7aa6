"""StopTrials: the trials of a sweep that has ended, and that still run, are stopped.

The event is EventBridge's "Step Functions Execution Status Change" (infra/sweep/trials.py). What
stops a trial stops its training job: Step Functions, or StopOrphans.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

Whatever AWS refuses is raised, and Lambda calls again, twice. boto3 is part of the runtime.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import boto3

from lambdas.log import logged
from training_job.outcome.description import iso, moment
from training_job.request.submission import STARTED_BY
from training_sweep.trials import trials_prefix

_PAUSE = 5
"""Seconds before the second look: a list shows executions a moment after they have started."""


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:  # noqa: ARG001
    """Stop the trials that the sweep left running; return their ARNs."""
    sweep, ended_at = event["detail"]["executionArn"], moment(event["detail"]["stopDate"])
    if ended_at is None:
        raise ValueError(f"{sweep} has not ended: its stopDate is {event['detail']['stopDate']!r}")
    with logged("StopTrials", sweep, ended_at=iso(ended_at)) as decided:
        states = boto3.client("stepfunctions")
        stopped: set[str] = set()
        for pause in (0, _PAUSE):
            time.sleep(pause)
            running = set(_running(states, sweep)) - stopped
            if _redriven_since(ended_at, states.describe_execution(executionArn=sweep)):
                break
            for trial in running:
                states.stop_execution(executionArn=trial, cause=f"The sweep {sweep} has ended.")
            stopped |= running
        decided(stopped=sorted(stopped))
        return {"stopped": sorted(stopped)}


def _running(states: Any, sweep: str) -> Iterator[str]:
    """Yield the ARNs of the executions that this sweep started and that still run.

    A name that begins as its trials' do may be somebody else's; the input tells.
    """
    prefix = trials_prefix(sweep.rpartition(":")[2])
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=os.environ["TRAININGS"], statusFilter="RUNNING"
    )
    for each in (each for page in pages for each in page["executions"]):
        if each["name"].startswith(prefix):
            given = json.loads(
                states.describe_execution(executionArn=each["executionArn"])["input"]
            )
            if isinstance(given, dict) and given.get(STARTED_BY) == sweep:
                yield each["executionArn"]


def _redriven_since(ended_at: datetime, sweep: Mapping[str, Any]) -> bool:
    """Whether the sweep goes on, and its trials with it."""
    redriven_at = sweep.get("redriveDate")
    return redriven_at is not None and redriven_at >= ended_at
