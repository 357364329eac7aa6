"""The log of an execution's training jobs, as it grows, and where the execution is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3

_GROUP = "/aws/sagemaker/TrainingJobs"
_ENTERED = "StateEntered"


class JobLog:
    """What is new of an execution each time it is asked: states, and lines of its jobs.

    Args:
        execution: Its ARN.

    Attributes:
        jobs: The names of its jobs so far.
    """

    def __init__(self, execution: str) -> None:
        self._execution = execution
        self._states = boto3.client("stepfunctions")
        self._logs = boto3.client("logs")
        self._seen = 0
        self.jobs: list[str] = []
        self._read: dict[str, str] = {}

    def news(self) -> Iterator[tuple[str, str]]:
        """Yield what is new, as ("state", its name) or ("line", a line of the training)."""
        for event in self._events():
            name = event.get("stateEnteredEventDetails", {}).get("name")
            if event["type"].endswith(_ENTERED) and name:
                yield "state", name
            scheduled = event.get("taskScheduledEventDetails", {})
            if scheduled.get("resource") == "createTrainingJob.sync":
                self.jobs.append(json.loads(scheduled["parameters"])["TrainingJobName"])
        for stream in self._streams():
            for line in self._lines(stream):
                yield "line", line

    def _events(self) -> list[Any]:
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self._execution
        )
        new = [event for page in pages for event in page["events"] if event["id"] > self._seen]
        self._seen = max([self._seen, *(event["id"] for event in new)])
        return new

    def _streams(self) -> list[str]:
        found = []
        for job in self.jobs:
            try:
                described = self._logs.describe_log_streams(
                    logGroupName=_GROUP, logStreamNamePrefix=f"{job}/"
                )
            except self._logs.exceptions.ResourceNotFoundException:
                continue  # no job of this account has written a line yet
            found += [stream["logStreamName"] for stream in described["logStreams"]]
        return found

    def _lines(self, stream: str) -> Iterator[str]:
        while True:
            asked: Any = {"logGroupName": _GROUP, "logStreamName": stream, "startFromHead": True}
            if stream in self._read:
                asked["nextToken"] = self._read[stream]
            page = self._logs.get_log_events(**asked)
            yield from (event["message"] for event in page["events"] if event["message"].strip())
            if page["nextForwardToken"] == self._read.get(stream):
                return
            self._read[stream] = page["nextForwardToken"]
