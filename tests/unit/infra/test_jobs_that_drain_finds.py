"""When a state machine is empty: the whole command on the local AWS is test_drain.py of e2e."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from infra.operations import drain

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining"
RUN = f"{MACHINE.replace('stateMachine', 'execution')}:run"


class Account:
    """One execution, which ends after the first look, and its job: a status for each look."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.running = [RUN]
        self.job = {"resource": "createTrainingJob.sync"}
        self.job["parameters"] = json.dumps({"TrainingJobName": "agent"})

    def get_paginator(self, operation):
        pages = {"list_executions": self.list, "get_execution_history": self.history}
        return SimpleNamespace(paginate=lambda **_: [pages[operation]()])

    def list(self):
        began, running, self.running = datetime(2026, 1, 31, tzinfo=UTC), self.running, []
        return {"executions": [{"executionArn": arn, "startDate": began} for arn in running]}

    def history(self):
        return {"events": [{}, {"taskScheduledEventDetails": self.job}]}

    def describe_training_job(self, *, TrainingJobName):
        assert TrainingJobName == "agent"
        return {"TrainingJobStatus": self.statuses.pop(0)}


@pytest.mark.parametrize("last", ["Stopped", "Completed", "Failed"])
def test_it_is_empty_once_no_job_runs_or_is_being_stopped(monkeypatch, capsys, last):
    """Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html."""
    monkeypatch.setattr(drain, "refuse_new", lambda *_: None)
    account = Account("InProgress", "Stopping", "Stopping", last)
    drain.Drain(MACHINE, account, account, look_every=0).empty(stop=False)
    assert account.statuses == []
    assert capsys.readouterr().out.splitlines() == [
        "Executions that run: 1. Training jobs still to end: 0.",
        "Executions that run: 0. Training jobs still to end: 1.",
        "Executions that run: 0. Training jobs still to end: 0.",
    ]
