"""Which training jobs an execution that ended left running."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from training_job.job_name import default_job_name
from training_job.outcome.description import describe
from training_job.outcome.orphans import OWNER_TAG, EndedExecution

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
STARTED = datetime(2026, 1, 31, 12, tzinfo=UTC)
ENDED = STARTED + timedelta(hours=1)
DETAIL = {
    "executionArn": ARN,
    "startDate": int(STARTED.timestamp() * 1000) + 987,
    "stopDate": int(ENDED.timestamp() * 1000),
}


class Account:
    """The training jobs of an account, and what was asked of them."""

    def __init__(self, *jobs):
        self.jobs = {job["TrainingJobName"]: job for job in jobs}
        self.described, self.asked = [], []

    def describe(self, job_name):
        self.described.append(job_name)
        return describe(self.jobs.get(job_name))

    def tags(self, description):
        name = description.document["TrainingJobName"]
        self.asked.append(name)
        return [{"Key": "team", "Value": ARN}, *self.jobs[name]["Tags"]]


def job(name, status="InProgress", *, owner=ARN, created_at=STARTED):
    tags = [{"Key": OWNER_TAG, "Value": owner}] if owner else []
    created = created_at.isoformat()
    return {
        "TrainingJobName": name,
        "TrainingJobStatus": status,
        "CreationTime": created,
        "Tags": tags,
    }


def orphans(account, given="agent"):
    return list(EndedExecution.of(DETAIL, json.dumps({"job_name": given})).orphans(account))


def test_the_job_that_runs_is_stopped_whichever_attempt_made_it():
    account = Account(job("agent", "Failed"), job("agent-2", "Stopped"), job("agent-3"))
    assert orphans(account) == ["agent-3"]
    assert account.asked == ["agent-3"]


def test_three_names_in_a_row_without_a_job_end_the_search():
    account = Account(job("agent-3"), job("agent-6"), job("agent-10"))
    assert orphans(account) == ["agent-3", "agent-6"]
    assert account.described[-1] == "agent-9"


def test_no_job_is_nothing_to_stop():
    assert orphans(Account()) == []


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped", "Stopping", "Deleting", ""])
def test_a_job_that_does_not_run_is_left_alone(status):
    assert orphans(Account(job("agent", status))) == []


@pytest.mark.parametrize("owner", [f"{ARN}2", "", None])
def test_a_job_of_somebody_else_is_left_alone(owner):
    assert orphans(Account(job("agent", owner=owner), job("agent-2"))) == ["agent-2"]


def test_a_job_of_a_redrive_is_left_alone():
    later = job("agent-2", created_at=ENDED + timedelta(seconds=1))
    assert orphans(Account(job("agent", "Stopped"), later)) == []


@pytest.mark.parametrize("given", ['{"job_name": null}', '{"job_name": " "}', "{}", "[]", "3"])
def test_without_a_chosen_name_jobs_have_the_default_name(given):
    name = default_job_name(ARN, "2026-01-31T12:00:00.987Z")
    assert EndedExecution.of(DETAIL, given).job_name == name


def test_a_chosen_name_is_read_as_the_request_has_it():
    assert orphans(Account(job("agent")), " agent ") == ["agent"]


def test_an_execution_that_runs_has_no_orphans():
    with pytest.raises(ValueError, match="has not ended: its stopDate is None"):
        EndedExecution.of({**DETAIL, "stopDate": None}, "{}")
