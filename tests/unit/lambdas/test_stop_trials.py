"""StopTrials: which executions are trials that a sweep left running, and what it calls."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from lambdas import stop_trials
from tests.support.sweep_inputs import SWEEP
from training_job.attempt import ExecutionContext
from training_job.request.submission import STARTED_BY
from training_sweep.decision import trial_start
from training_sweep.guard_rails import SweepGuardRails
from training_sweep.orphans import EndedSweep

ACCOUNT = "arn:aws:states:us-east-1:123456789012"
ARN = f"{ACCOUNT}:execution:RlSweep:lr"
TRAININGS = f"{ACCOUNT}:stateMachine:RlTraining"
ENDED = datetime(2026, 1, 31, 12, 0, 0, 987_000, tzinfo=UTC)
OURS = json.dumps({STARTED_BY: ARN, "region": "us-east-1"})


def trial(number):
    return f"lr-t{number:03}"


class Account:
    """Executions in place of boto3's client.

    Args:
        inputs: Of the executions that run, by name.
        page: Executions that a page of the list holds.
        between: Is called after each look, with the account; nothing else passes the time.
        redriven_at: Of the sweep.
    """

    def __init__(self, inputs, *, page=100, between=None, redriven_at=None):
        self.inputs, self.page, self.between = dict(inputs), page, between
        self.redriven_at = redriven_at
        self.stopped, self.pages, self.described, self.refusals = [], 0, [], []

    def client(self, service):
        assert service == "stepfunctions"
        return self

    def get_paginator(self, operation):
        assert operation == "list_executions"
        return SimpleNamespace(paginate=self._list)

    def _list(self, *, stateMachineArn, statusFilter):
        assert (stateMachineArn, statusFilter) == (TRAININGS, "RUNNING")
        names = list(self.inputs)
        for begin in range(0, max(len(names), 1), self.page):
            self.pages += 1
            listed = names[begin : begin + self.page]
            yield {"executions": [{"name": name, "executionArn": arn(name)} for name in listed]}

    def describe_execution(self, *, executionArn):
        self._refuse("DescribeExecution")
        if executionArn == ARN:
            return {"redriveDate": self.redriven_at} if self.redriven_at else {}
        self.described.append(name(executionArn))
        return {"input": self.inputs[name(executionArn)]}

    def stop_execution(self, *, executionArn, cause):
        self._refuse("StopExecution")
        assert cause == f"The sweep {ARN} has ended."
        self.stopped.append(name(executionArn))
        self.inputs.pop(self.stopped[-1], None)

    def _refuse(self, operation):
        if operation in self.refusals:
            self.refusals.remove(operation)
            error = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
            raise ClientError({"Error": error}, operation)

    def sleep(self, seconds):
        if seconds and self.between:
            self.between(self)


def arn(name):
    return f"{ACCOUNT}:execution:RlTraining:{name}"


def name(execution_arn):
    return execution_arn.rpartition(":")[2]


@pytest.fixture
def stop(monkeypatch):
    def stop(account):
        monkeypatch.setattr(stop_trials, "boto3", account)
        monkeypatch.setattr(stop_trials, "time", account)
        monkeypatch.setenv("TRAININGS", TRAININGS)
        detail = {"executionArn": ARN, "stopDate": int(ENDED.timestamp() * 1000)}
        return [name(each) for each in stop_trials.handler({"detail": detail}, None)["stopped"]]

    return stop


# --- what is decided, of values


def test_a_trial_is_told_by_its_name_and_its_input():
    sweep = EndedSweep(ARN)
    execution = ExecutionContext(arn=ARN, started_at="2026-01-31T10:00:00Z", redrives=0)
    for start in (1, 2):
        made = trial_start(
            SWEEP, trial=1, start=start, execution=execution, guard_rails=SweepGuardRails()
        )
        assert sweep.may_have_started(made["name"])
        assert sweep.started(json.dumps(made["input"]))
    assert not sweep.may_have_started("lr2-t001")
    assert not sweep.may_have_started("nightly")


@pytest.mark.parametrize("given", ["{}", "[]", '"text"', "null", json.dumps({STARTED_BY: ARN * 2})])
def test_somebody_elses_input_is_no_trials(given):
    assert not EndedSweep(ARN).started(given)


def test_a_trial_of_a_sweep_with_a_long_name_is_known():
    long = f"{ACCOUNT}:execution:RlSweep:{'x' * 80}"
    execution = ExecutionContext(arn=long, started_at="2026-01-31T10:00:00Z", redrives=0)
    made = trial_start(SWEEP, trial=1, start=1, execution=execution, guard_rails=SweepGuardRails())
    assert len(made["name"]) <= 80
    assert EndedSweep(long).may_have_started(made["name"])
    assert not EndedSweep(long[:-1] + "y").may_have_started(made["name"])


# --- what is called


def test_what_was_stopped_is_logged(stop, capsys):
    stop(Account({trial(2): OURS, trial(1): OURS}))
    started, decided = map(json.loads, capsys.readouterr().out.splitlines())
    assert started["ended_at"] == "2026-01-31T12:00:00.987Z"
    assert (decided["event"], decided["execution"]) == ("decision", ARN)
    assert decided["stopped"] == [arn(trial(1)), arn(trial(2))]


def test_all_of_its_trials_are_stopped_on_however_many_pages(stop):
    running = {trial(number): OURS for number in range(1, 41)}
    others = {f"nightly-{number}": "{}" for number in range(205)}
    account = Account({**others, **running}, page=100)
    assert stop(account) == sorted(running)
    assert sorted(account.stopped) == sorted(running)
    assert account.pages == 3 + 3
    assert set(account.described) == set(running)


def test_executions_with_names_like_a_trials_are_left_alone(stop):
    account = Account({trial(1): OURS, trial(2): "{}", "lr-template": "[]"})
    assert stop(account) == [trial(1)]


def test_a_trial_that_starts_while_it_lists_is_stopped_at_the_second_look(stop):
    def late(account):
        account.inputs[trial(2)] = OURS

    account = Account({trial(1): OURS}, between=late)
    assert stop(account) == [trial(1), trial(2)]


def test_a_trial_that_the_list_still_shows_is_stopped_once(stop):
    def stale(account):
        account.inputs[trial(1)] = OURS

    account = Account({trial(1): OURS}, between=stale)
    assert stop(account) == [trial(1)]
    assert account.stopped == [trial(1)]


def test_nothing_is_stopped_of_a_sweep_that_was_redriven(stop):
    assert stop(Account({trial(1): OURS}, redriven_at=ENDED)) == []
    before = Account({trial(1): OURS}, redriven_at=ENDED - timedelta(hours=1))
    assert stop(before) == [trial(1)]


def test_a_redrive_between_the_looks_ends_it(stop):
    def redriven(account):
        account.redriven_at = ENDED + timedelta(seconds=2)
        account.inputs[trial(2)] = OURS

    account = Account({trial(1): OURS}, between=redriven)
    assert stop(account) == [trial(1)]


@pytest.mark.parametrize("operation", ["DescribeExecution", "StopExecution"])
def test_a_refused_call_is_raised_and_the_next_call_of_the_function_ends_it(stop, operation):
    account = Account({trial(number): OURS for number in (1, 2, 3)})
    account.refusals = [operation]
    with pytest.raises(ClientError, match="Rate exceeded"):
        stop(account)
    stop(account)
    assert sorted(account.stopped) == [trial(1), trial(2), trial(3)]


def test_no_trial_is_nothing_to_stop(stop):
    assert stop(Account({})) == []


def test_a_sweep_that_has_not_ended_is_an_error():
    with pytest.raises(ValueError, match="has not ended"):
        stop_trials.handler({"detail": {"executionArn": ARN, "stopDate": None}}, None)
