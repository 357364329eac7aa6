"""Which training jobs an execution that ended left running, and what StopOrphans makes of that."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from lambdas import stop_orphans
from training_job.job_name import OWNER_VARIABLE, default_job_name
from training_job.outcome.description import describe
from training_job.outcome.orphans import EndedTraining, goes_on

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
STARTED = datetime(2026, 1, 31, 12, 0, 0, 987_000, tzinfo=UTC)
ENDED = STARTED + timedelta(hours=1)
DEFAULT = default_job_name(ARN, STARTED.isoformat())


def job(name, status="InProgress", *, owner=ARN, created_at=STARTED):
    environment = {"Environment": {OWNER_VARIABLE: owner, "A": "1"}} if owner else {}
    named = {"TrainingJobName": name, "TrainingJobStatus": status, "CreationTime": created_at}
    return named | environment


class Account:
    """An account with training jobs and an execution, in place of boto3."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, *jobs, given=None, **execution):
        self.jobs = {job["TrainingJobName"]: job for job in jobs}
        self.described, self.stopped = [], []
        text = json.dumps({"job_name": "agent"}) if given is None else given
        self.execution = {"input": text, "startDate": STARTED, "status": "ABORTED", **execution}

    def client(self, _service):
        return self

    def describe_execution(self, *, executionArn):
        assert executionArn == ARN
        return self.execution

    def describe_training_job(self, *, TrainingJobName):
        self.described.append(TrainingJobName)
        if TrainingJobName in self.jobs:
            return self.jobs[TrainingJobName]
        error = {"Code": "ValidationException", "Message": "Requested resource not found."}
        raise ClientError({"Error": error}, "DescribeTrainingJob")

    def stop_training_job(self, *, TrainingJobName):
        self.stopped.append(TrainingJobName)


@pytest.fixture
def orphans(monkeypatch):
    def stopped(account):
        monkeypatch.setattr(stop_orphans, "boto3", account)
        detail = {"executionArn": ARN, "stopDate": int(ENDED.timestamp() * 1000)}
        answer = stop_orphans.handler({"detail": detail}, None)
        assert answer == {"stopped": account.stopped}
        return account.stopped

    return stopped


def test_the_job_that_runs_is_stopped_whichever_attempt_made_it(orphans):
    account = Account(job("agent", "Failed"), job("agent-2", "Stopped"), job("agent-3"))
    assert orphans(account) == ["agent-3"]


def test_what_was_stopped_is_logged(orphans, capsys):
    orphans(Account(job("agent")))
    started, decided = map(json.loads, capsys.readouterr().out.splitlines())
    assert started["ended_at"] == "2026-01-31T13:00:00.987Z"
    assert (decided["event"], decided["execution"]) == ("decision", ARN)
    assert decided["stopped"] == ["agent"]


def test_three_names_in_a_row_without_a_job_end_the_search(orphans):
    account = Account(job("agent-3"), job("agent-6"), job("agent-10"))
    assert orphans(account) == ["agent-3", "agent-6"]
    assert account.described[-1] == "agent-9"


def test_no_job_is_nothing_to_stop(orphans):
    assert orphans(Account()) == []


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped", "Stopping", "Deleting", ""])
def test_a_job_that_does_not_run_is_left_alone(orphans, status):
    assert orphans(Account(job("agent", status))) == []


@pytest.mark.parametrize("owner", [f"{ARN}2", "", None])
def test_a_job_of_somebody_else_is_left_alone(orphans, owner):
    assert orphans(Account(job("agent", owner=owner), job("agent-2"))) == ["agent-2"]


@pytest.mark.parametrize("seconds", [-5, 5])
def test_no_clock_decides_whose_a_job_is(orphans, seconds):
    created_at = ENDED + timedelta(seconds=seconds)
    assert orphans(Account(job("agent", created_at=created_at))) == ["agent"]


@pytest.mark.parametrize(("seconds", "stopped"), [(-1, ["agent"]), (0, []), (1, [])])
def test_an_execution_that_was_redriven_since_looks_after_its_jobs(orphans, seconds, stopped):
    redriven_at = ENDED + timedelta(seconds=seconds)
    account = Account(job("agent"), status="RUNNING", redriveCount=1, redriveDate=redriven_at)
    assert orphans(account) == stopped


def test_a_redrive_that_comes_while_its_jobs_are_looked_for_is_seen(orphans):
    account = Account(job("agent", "Stopped"))
    describe_job = account.describe_training_job

    def redriven_meanwhile(**asked):
        if asked["TrainingJobName"] == "agent-2":
            account.execution["redriveDate"] = ENDED + timedelta(seconds=1)
            account.jobs["agent-2"] = job("agent-2")
        return describe_job(**asked)

    account.describe_training_job = redriven_meanwhile
    assert orphans(account) == []


def test_an_execution_that_runs_has_no_orphans():
    detail = {"executionArn": ARN, "stopDate": None}
    with pytest.raises(ValueError, match="has not ended: its stopDate is None"):
        stop_orphans.handler({"detail": detail}, None)


def test_an_execution_whose_end_is_not_yet_told_everywhere_has_ended(orphans):
    """DescribeExecution is eventually consistent."""
    assert orphans(Account(job("agent"), status="RUNNING", redriveCount=0)) == ["agent"]


@pytest.mark.parametrize("given", ['{"job_name": null}', '{"job_name": " "}', "{}", "[]", "3"])
def test_without_a_chosen_name_jobs_have_the_default_name_and_are_its_own(orphans, given):
    account = Account(job(DEFAULT, owner=None), given=given)
    assert orphans(account) == [DEFAULT]


def test_a_chosen_name_is_read_as_the_request_has_it(orphans):
    assert orphans(Account(job("agent"), given='{"job_name": " agent "}')) == ["agent"]


def test_what_is_refused_is_raised_and_logged(orphans, capsys):
    account = Account(job("agent"))
    refused = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}

    def refuse(**_):
        raise ClientError(refused, "StopTrainingJob")

    account.stop_training_job = refuse
    with pytest.raises(ClientError):
        orphans(account)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["start", "error"]
    assert {line["execution"] for line in lines} == {ARN}
    assert "AccessDenied" in lines[1]["message"]


def test_the_core_asks_only_for_descriptions():
    ended = EndedTraining(ARN, STARTED.isoformat(), '{"job_name": "agent"}')
    jobs = {"agent": describe(job("agent"))}
    assert list(ended.orphans(jobs.get)) == ["agent"]


@pytest.mark.parametrize(
    ("after", "found"),
    [(None, False), (-1, False), (0, True), (1, True)],
    ids=["never", "before", "at once", "later"],
)
def test_an_execution_that_was_redriven_since_goes_on(after, found):
    redriven_at = None if after is None else ENDED + timedelta(seconds=after)
    assert goes_on(ENDED, redriven_at) is found
