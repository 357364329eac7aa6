import json
import os

import pytest

from kfp_component import stop
from kfp_component.execution.name import execution_name
from kfp_component.stopping.request import STOPPED_BY_USER
from kfp_component.task_input.executor_input import ExecutorInput
from tests.support.step.launcher_fakes import (
    STATE_MACHINE_ARN,
    FakeAws,
    FakeClock,
    client_error,
    executor_input,
)

DOCUMENT = json.dumps(executor_input("s3://root"))
TASK = ExecutorInput.parse(DOCUMENT)


def process(proc, pid, *words, **environment):
    directory = proc / str(pid)
    directory.mkdir()
    (directory / "cmdline").write_bytes("\0".join([*words, ""]).encode())
    text = "\0".join(f"{name}={value}" for name, value in environment.items())
    (directory / "environ").write_bytes(text.encode())


def test_the_launcher_is_told_from_its_parents(tmp_path, monkeypatch):
    monkeypatch.delenv("KFP_POD_UID", raising=False)
    command = ("python3", "-m", "kfp_component", "--executor_input")
    process(tmp_path, 1, "/var/run/argo/argoexec", "emissary", "--", *command, "{{$}}")
    process(tmp_path, 7, "/kfp-launcher/launch", "--copy", "", "--", *command, "{{$}}")
    process(tmp_path, 9, *command, DOCUMENT)
    process(tmp_path, 11, "python3", "-m", "kfp_component.stop", "15")
    process(tmp_path, 12, "/usr/bin/python3.12", "train.py")
    (tmp_path / "meminfo").touch()
    (tmp_path / "13").mkdir()
    assert list(stop.launchers(tmp_path)) == [(9, DOCUMENT)]


def test_launchers_of_other_pods_are_spared(tmp_path, monkeypatch):
    monkeypatch.setenv("KFP_POD_UID", "mine")
    command = ("/usr/bin/python3.12", "-m", "kfp_component", "--executor_input", DOCUMENT)
    process(tmp_path, 8, *command, KFP_POD_UID="other")
    process(tmp_path, 9, *command, PATH="/bin", KFP_POD_UID="mine")
    assert [pid for pid, _ in stop.launchers(tmp_path)] == [9]


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setattr(stop.time, "sleep", lambda _: None)
    aws = FakeAws(FakeClock())

    def start(generation, **ending):
        name = execution_name(TASK.seed, TASK.execution_input, generation)
        arn = aws.states.start_execution(
            stateMachineArn=STATE_MACHINE_ARN, name=name, input=TASK.execution_input
        )["executionArn"]
        if ending:
            aws.states.executions[arn]["ending"] = ending
        return aws.states.executions[arn]

    aws.start = start
    return aws


def test_the_running_one_of_a_task_s_executions_is_stopped(aws):
    first = aws.start(1, status="FAILED")
    second = aws.start(2)
    aws.states.faults = [ConnectionResetError(), client_error("ThrottlingException")]
    stop.stop_execution(aws, TASK)
    assert first["ending"] == {"status": "FAILED"}
    assert second["ending"]["error"] == STOPPED_BY_USER


def test_nothing_to_stop_is_no_trouble(aws):
    stop.stop_execution(aws, TASK)


def test_what_cannot_be_stopped_is_said(aws):
    aws.start(1)
    aws.states.faults = [client_error("AccessDeniedException")] * 100
    with pytest.raises(stop.StepError, match="Could not stop"):
        stop.stop_execution(aws, TASK)


def test_the_end_of_a_process_is_seen():
    assert not stop._has_ended(os.getpid())
    assert stop._has_ended(2**22 + 1)
