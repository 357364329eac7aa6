import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_what_has_ended_is_not_stopped(aws, status):
    aws.start(1, status=status)
    stop.stop_execution(aws, TASK)
    assert "stop_execution" not in aws.states.calls


def test_what_cannot_be_stopped_is_said(aws):
    aws.start(1)
    aws.states.faults = [client_error("AccessDeniedException")] * 100
    with pytest.raises(stop.StepError, match="Could not stop"):
        stop.stop_execution(aws, TASK)


IGNORES = "import signal, time; signal.signal({}, signal.SIG_IGN); print(); time.sleep(60)"
ENDS = "import time; print('', flush=True); time.sleep(60)"


@pytest.fixture
def command(aws, monkeypatch):
    """The whole command, for processes that stand for launchers: what it returns."""
    monkeypatch.setattr(stop, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(stop, "BotocoreAws", lambda *_: aws)
    processes = []

    def command(*launchers):
        started = [begin(program) for program, _ in launchers]
        documents = [document for _, document in launchers]
        pids = [process.pid for process in started]
        monkeypatch.setattr(stop, "launchers", lambda _: zip(pids, documents, strict=True))
        code = stop.main()
        assert [process.wait(10) for process in started] == [
            -signal.SIGUSR1 if program is ENDS else -signal.SIGKILL for program, _ in launchers
        ]
        return code

    def begin(program):
        words = [sys.executable, "-uc", program.format(int(signal.SIGUSR1))]
        processes.append(subprocess.Popen(words, stdout=subprocess.PIPE))
        processes[-1].stdout.readline()
        return processes[-1]

    command.processes = processes
    yield command
    for process in processes:
        process.kill()
        process.communicate()


def test_a_launcher_that_ends_by_itself_is_left_to_stop_its_execution(aws, command):
    aws.start(1)
    assert command((ENDS, DOCUMENT)) == 0
    assert aws.states.calls == ["start_execution"]


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_one_that_is_stuck_is_held_while_its_execution_is_stopped(aws, command, monkeypatch):
    execution, stop_execution, held = aws.start(1), aws.states.stop_execution, []

    def seen(**arguments):
        deadline = time.monotonic() + 10  # a busy machine takes a moment to hold it
        while (now := state(command.processes[0].pid)) != "T" and time.monotonic() < deadline:
            time.sleep(0.01)
        held.append(now)
        return stop_execution(**arguments)

    monkeypatch.setattr(aws.states, "stop_execution", seen)
    assert command((IGNORES, DOCUMENT)) == 0
    assert held == ["T"]
    assert execution["ending"]["error"] == STOPPED_BY_USER


@pytest.mark.parametrize("documents", [("no JSON", DOCUMENT), (DOCUMENT, "no JSON")])
def test_an_execution_that_is_left_running_is_exit_code_1(aws, command, capsys, documents):
    execution = aws.start(1)
    assert command(*((IGNORES, document) for document in documents)) == 1
    assert execution["ending"]["error"] == STOPPED_BY_USER
    assert "Error: " in capsys.readouterr().err


def test_a_refusal_is_exit_code_1(aws, command):
    aws.start(1)
    aws.states.faults = [client_error("AccessDeniedException")] * 100
    assert command((IGNORES, DOCUMENT)) == 1


def test_the_end_of_a_process_is_seen():
    assert not stop._has_ended(os.getpid())
    assert stop._has_ended(2**22 + 1)
