"""The command: nothing is created unasked, everything is cleaned up, and the exit code says it."""

import json
import signal
from pathlib import Path

import pytest

from tools.verify_aws import __main__ as command
from tools.verify_aws.account import cdk, cleanup, settings
from tools.verify_aws.assumption import Assumption, Question, Verdict
from tools.verify_aws.stages import STAGES, Stage


class Account:
    account, region, partition, caller = "123456789012", "us-east-1", "aws", "arn:aws:iam::1:user/u"


@pytest.fixture
def world(monkeypatch, tmp_path):
    """The command without AWS: what it did, in order."""
    done = []
    monkeypatch.setattr(command, "Aws", Account)
    monkeypatch.setattr(command, "_place", lambda *_: None)
    monkeypatch.setattr(command, "Template", lambda *_: None)
    monkeypatch.setattr(cdk, "synthesize", lambda *_: {})
    monkeypatch.setattr(cdk, "deploy", lambda *_: done.append("deployed") or {})
    monkeypatch.setattr(cleanup, "exists", lambda *_: False)
    monkeypatch.setattr(cleanup, "clean_up", lambda *_: done.append("deleted") or [])
    monkeypatch.chdir(tmp_path)
    handlers = {number: signal.getsignal(number) for number in command._SIGNALS}
    yield done
    for number, handler in handlers.items():
        signal.signal(number, handler)


def stages(monkeypatch, done, holds=True, ask=None):
    def stage(name, creates, only_with=""):
        question = Question(name, ask or (lambda _: done.append(name) or {}))
        assumption = Assumption(
            name, name, "e", "docs/page.md", question, lambda _: Verdict(holds, "s")
        )
        return Stage(name, creates, (assumption,), only_with)

    made = [stage("preflight", ""), stage("read", ""), stage("deploy", "a stack")]
    monkeypatch.setattr(command, "STAGES", (*made, stage("train", "jobs", "--train")))


def written(path="build/verify-aws.json"):
    found = json.loads(Path(path).read_text())["findings"]
    return {each["assumption"]: each["verdict"] for each in found}


@pytest.mark.parametrize("said", ["", "n", "no", EOFError()])
def test_nothing_is_created_before_a_confirmation(world, monkeypatch, said):
    stages(monkeypatch, world)

    def answer(_):
        if isinstance(said, EOFError):
            raise said
        return said

    monkeypatch.setattr("builtins.input", answer)
    assert command.main(["--train"]) == 0
    assert world == ["preflight", "read"]
    assert written() == {
        "preflight": "true",
        "read": "true",
        "deploy": "not asked",
        "train": "not asked",
    }


def test_training_is_only_asked_for_with_its_option(world, monkeypatch):
    stages(monkeypatch, world)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert command.main([]) == 0
    assert world == ["preflight", "read", "deployed", "deploy", "deleted"]
    world.clear()
    assert command.main(["--yes", "--train"]) == 0
    assert world == ["preflight", "read", "deployed", "deploy", "train", "deleted"]


def test_preflight_only_reads(world, monkeypatch):
    stages(monkeypatch, world)
    assert command.main(["--preflight"]) == 0
    assert world == ["preflight"]


def test_preflight_says_what_is_wrong_with_the_settings_before_it_asks_for_anything(
    world, monkeypatch, capsys
):
    def no_credentials():
        raise AssertionError("asked")

    monkeypatch.setattr(command, "Aws", no_credentials)
    Path("cdk.context.json").write_text('{"retain_dat": false}')
    assert command.main(["--preflight", "-c", "max_run_limit=0"]) == 2
    said = capsys.readouterr().err
    assert "max_run_limit: got" in said
    assert "did you mean retain_data?" in said


def test_a_false_assumption_names_the_page(world, monkeypatch, capsys):
    stages(monkeypatch, world, holds=False)
    assert command.main(["--yes"]) == 1
    printed = capsys.readouterr().out
    assert "0 true, 3 FALSE, 1 not asked. These pages must change: docs/page.md." in printed
    assert world[-1] == "deleted"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), cdk.CdkFailed("no"), SystemExit(3)])
def test_it_cleans_up_whatever_happens(world, monkeypatch, error):
    stages(monkeypatch, world)

    def deploy(*_):
        raise error

    monkeypatch.setattr(cdk, "deploy", deploy)
    if isinstance(error, SystemExit):
        with pytest.raises(SystemExit):
            command.main(["--yes"])
    else:
        assert command.main(["--yes"]) == (130 if isinstance(error, KeyboardInterrupt) else 2)
        assert written()["read"] == "true"
    assert world == ["preflight", "read", "deleted"]


@pytest.mark.parametrize("number", command._SIGNALS, ids=lambda number: number.name)
def test_a_signal_ends_it_cleanly_and_another_does_not_cut_the_cleaning_short(
    world, monkeypatch, number
):
    stages(monkeypatch, world)
    [*rest, _, train] = command.STAGES

    def interrupted(_):
        signal.raise_signal(number)

    question = Question("deploy", interrupted)
    changed = [Assumption("d", "d", "e", "p", question, lambda _: Verdict(True, ""))]
    monkeypatch.setattr(command, "STAGES", (*rest, Stage("deploy", "x", tuple(changed)), train))

    def clean_up(_):
        signal.raise_signal(number)
        world.append("deleted")
        return []

    monkeypatch.setattr(cleanup, "clean_up", clean_up)
    assert command.main(["--yes"]) == 130
    assert world == ["preflight", "read", "deployed", "deleted"]


def test_what_is_left_behind_is_said(world, monkeypatch, capsys):
    stages(monkeypatch, world)
    monkeypatch.setattr(cleanup, "clean_up", lambda *_: ["the stack: DELETE_FAILED"])
    assert command.main(["--yes"]) == 2
    assert "Left behind, the stack: DELETE_FAILED" in capsys.readouterr().err


def test_a_stack_that_is_there_is_left_alone(world, monkeypatch, capsys):
    stages(monkeypatch, world)
    monkeypatch.setattr(cleanup, "exists", lambda *_: True)
    assert command.main(["--yes"]) == 2
    assert "--clean-up" in capsys.readouterr().err
    assert world == ["preflight", "read"]


def test_the_price_is_printed_before_the_question():
    train, sweep = [stage for stage in STAGES if stage.only_with]
    assert "At most 0.08 USD" in train.creates
    assert "6 training jobs" in sweep.creates
    assert "At most 0.12 USD" in sweep.creates
    assert [bool(stage.creates) for stage in STAGES[:2]] == [False, False]


def test_the_stack_has_the_defaults_whatever_cdk_json_says():
    found = settings.deployed(Account())
    assert found["stack_name"] == found["state_machine_name"] == "RlTrainingVerify"
    assert found["required_encryption_key"] == ""
    assert "permissions_boundary" not in found
    assert settings.over({"a": 1}, ["a=2", "b=c=d"]) == {"a": "2", "b": "c=d"}
    with pytest.raises(ValueError, match="name=value"):
        settings.over({}, ["a"])


class Executions:
    """Step Functions with executions that run, by the name of their state machine."""

    class exceptions:
        StateMachineDoesNotExist = LookupError

    def __init__(self, **running):
        self.running, self.stopped = running, []

    def client(self, service):
        assert service == "stepfunctions"
        return self

    def get_paginator(self, _):
        return self

    def paginate(self, *, stateMachineArn, statusFilter):
        assert statusFilter == "RUNNING"
        name = stateMachineArn.rpartition(":")[2]
        if name not in self.running:
            raise LookupError(name)
        return [{"executions": [{"executionArn": each}]} for each in self.running[name]]

    def stop_execution(self, *, executionArn, cause):
        assert cause == "make verify-aws cleans up."
        self.stopped.append(executionArn)


@pytest.mark.parametrize("sweeps", [{}, {"RlTrainingVerifySweep": ["sweep 1", "sweep 2"]}])
def test_what_runs_is_stopped_the_sweeps_first(sweeps):
    aws = Executions(**sweeps, RlTrainingVerify=["trial 1", "trial 2"])
    for name in ("account", "region", "partition"):
        setattr(aws, name, getattr(Account, name))
    cleanup._stop_executions(aws)
    assert aws.stopped == [*sweeps.get("RlTrainingVerifySweep", []), "trial 1", "trial 2"]
