"""What the pages quote of a program's output is what the code prints.

The tests that run the whole programs (tests/e2e/examples/test_local.py) read the same blocks.
"""

import importlib.util
import json
import re
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from examples import local
from examples.cartpole import train
from examples.program.local_stack import REGION, tools_environment
from infra.workflow.states.functions import named_failure
from kfp_component.author.tasks.long_task import ANNOTATIONS, RETRY_WINDOW_SECONDS
from kfp_component.errors import ExitCode
from kfp_component.execution.run import EndedExecution
from kfp_component.record.trials import StartedTrial
from kfp_component.step.training import TrainingStep
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.sweep import watch_sweep
from local_aws.__main__ import parse
from local_aws.application import ready
from local_aws.server import HOST
from tests.support.quoted import assert_printed, quoted
from tests.support.step.launcher_fakes import (
    STATE_MACHINE_ARN,
    FakeAws,
    FakeClock,
    ListView,
    executor_input,
)
from tests.support.sweep_inputs import SWEEP, decide, failure, success
from tests.unit.docs.pages import ROOT, blocks, name
from training_sweep.records import Record

TESTED = "".join(
    (ROOT / path).read_text()
    for path in ("tests/unit/docs/test_quoted.py", "tests/e2e/examples/test_local.py")
)


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_every_block_of_output_is_a_drawing_or_quotes_what_a_test_compares():
    found = [
        block
        for block in blocks("", "text", "console")
        if "Written by `make generate`" not in block.page.read_text()
    ]
    assert len(found) >= 8
    typed = {block for block in found if re.fullmatch(r"(?:\$ .*\n)+", block.text)}
    for block in set(found) - typed:
        assert block.name == "drawing" or f'"{block.name}"' in TESTED, (name(block.page), block)


@pytest.fixture
def job(tmp_path, monkeypatch):
    """The variables of a training job."""
    for variable in ("SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR", "SM_CHECKPOINT_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.mark.long
def test_the_log_of_a_bad_day_and_the_iterations_of_cartpole(job, monkeypatch, capsys):
    """Its job is stopped after two iterations, goes on to the end, and is then resumed in vain."""
    whole, iterate = train.improve, iter(range(2))

    def improve(*given):
        if not list(islice(iterate, 1)):
            raise train.Stopped
        return whole(*given)

    monkeypatch.setattr(train.signal, "signal", lambda *_: None)
    monkeypatch.setattr(train, "improve", improve)
    train.main([])
    stopped = capsys.readouterr().out.splitlines()
    monkeypatch.setattr(train, "improve", whole)
    train.main([])
    resumed = capsys.readouterr().out.splitlines()
    assert quoted("docs/faults.md", "a-bad-day") == [stopped[-1], "...", resumed[0]]
    train.main([])
    in_vain, solved = capsys.readouterr().out.splitlines()
    assert in_vain in " ".join(f"resumed from {rest}" for rest in from_checkpoints())
    assert f"CartPole is {solved} with the default seed" in " ".join(page("examples").split())


def from_checkpoints():
    text = " ".join(page("faults").split())
    return re.findall(r"resumes from (the checkpoint of iteration \d+)", text)


def test_what_make_local_prints_to_paste():
    lines = quoted("docs/examples.md", "to-paste")
    values = dict(re.findall(r"(\w+)=(\S+)", "\n".join(lines)))
    environment = tools_environment({}) | {"AWS_ENDPOINT_URL": f"http://{HOST}:{local.PORT}"}
    outputs = {
        "ArtifactBucketName": values["BUCKET"],
        "JobRoleArn": values["JOB_ROLE"],
        "StateMachineArn": f"arn:aws:states:{REGION}:000000000000:stateMachine:RlTraining",
        "SweepStateMachineArn": f"arn:aws:states:{REGION}:000000000000:stateMachine:RlSweep",
    }
    printed = local.to_paste(environment, outputs, [])
    assert lines == [line for line in printed if re.match("export (?!PATH=)", line)]


def test_the_end_of_a_training_is_the_launchers(tmp_path):
    """Of an execution of eight seconds, with a reward of 0.72."""
    model = re.search(r"s3://\S+", "\n".join(quoted("docs/examples.md", "trained")))[0]
    output = {
        "job_name": model.split("/")[-3],
        "model_artifact_url": model,
        "training_image": "image",
        "final_metrics": {"episode_reward_mean": 0.72},
    }
    aws, view = FakeAws(FakeClock(), lasts=8), ListView()
    begun = aws.states.start_execution(stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}")
    arn = begun["executionArn"]
    step = TrainingStep(ExecutorInput.parse(json.dumps(executor_input(tmp_path))), aws, view)
    step.watch(arn)
    description = {
        "status": "SUCCEEDED",
        "startDate": begun["startDate"],
        "stopDate": begun["startDate"] + timedelta(seconds=8),
        "output": json.dumps(output),
    }
    assert step.end(EndedExecution(arn, description)) == ExitCode.SUCCEEDED
    assert quoted("docs/examples.md", "trained") == [f"[rl] {line}" for line in view.said[:2]]


def test_what_the_local_aws_prints_when_it_is_ready():
    typed, printed, *_ = quoted("local_aws/README.md", "ready")
    options = parse(typed.removeprefix("$ python -m local_aws ").split())
    assert printed == ready(HOST, options.port)
    assert f"AWS_ENDPOINT_URL={printed.removeprefix('ready ')} " in "\n".join(_)


def test_the_error_of_functions_of_another_machine():
    """Its parts: of the definition, of ministack, and of Python."""
    text = " ".join((ROOT / "local_aws" / "README.md").read_text().split())
    quote = re.search(r'"(An internal error[^"]*)"', text)[1]
    ours, theirs, python = quote.split(": ", 2)
    assert f"'{ours}: '" in named_failure("RequestRejected", "BuildRequest")["cause"]
    package = Path(importlib.util.find_spec("ministack").origin).parent
    runtime = package / "core" / "lambda_runtime.py"
    assert theirs == "... Worker init failed"
    assert theirs.removeprefix("... ") in runtime.read_text()
    assert python == "cannot import name ... from 'pydantic_core...'"


def test_the_lines_of_a_sweep_are_those_of_the_launcher():
    """Of forty configurations of five seeds, six have ended; two trials failed, twelve run."""
    aws, view = FakeAws(clock := FakeClock(), lasts=100.0), ListView()
    begun = aws.states.start_execution(stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}")
    arguments = {"space": {"lr": [0.001]}, "objective_metric": "episode_reward_mean"}
    _, shown = watch_sweep(aws, begun["executionArn"], view, arguments, clock)
    shown.trials.wave(200)
    for trial in range(1, 45):
        configuration, seed = divmod(trial - 1, 5)
        varying = {"lr": [0.001, 0.0003, 0.0001][configuration % 3], "batch": 2**configuration}
        shown.trials.start(StartedTrial(trial, str(configuration), str(seed + 1), varying))
    for trial in range(1, 33):
        record = {"trial": trial, "start": 1, "redrives": 0, "job": f"j-{trial}"}
        ended = (
            {"error": "TrainingJobFailed", "message": "It broke."}
            if trial in (7, 19)
            else {"value": 398.1 - 5 * (trial - 2), "model": "/m", "training": 1, "billable": 1}
        )
        shown._take(Record.of(record | ended))
    shown._leader = shown.trials.leader()
    said = [f"[rl] {view.said[1]}", f"[rl] {shown.snapshot().line}"]
    assert quoted("docs/kfp-step.md", "a-sweep") == said


def test_the_exit_codes_are_the_launchers():
    rows = re.findall(r"^\| (\d+) \|", page("kfp-step"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(ExitCode)


def test_what_the_task_sets_is_what_the_page_says():
    text = page("kfp-step")
    windows = set(re.findall(r'backoff_max_duration="(\w+)"', text))
    assert windows == {f"{RETRY_WINDOW_SECONDS}s"}
    assert all(name in text for name in ANNOTATIONS)


def test_the_page_says_what_is_left_of_a_sweep_in_which_too_many_trials_failed():
    ten = [failure(1), *(success(trial, 1.0) for trial in range(2, 11))]
    assert decide(SWEEP | {"seeds": 10}, ten)["decision"] == "succeed"
    failed = decide(SWEEP | {"seeds": 9}, ten[:9])
    assert (failed["error"], failed["output"]) == ("TrialsFailed", {})
    cause = json.loads(failed["cause"])
    assert set(cause) == {"message", "counts", "failures", "trials"}
    text = " ".join(page("sweeps").split())
    assert f"table of all trials ({', '.join(cause['trials']['columns'])})" in text
    assert "no statistics, no model and no report" in text
    assert "Without `max_failed_trials`, none of fewer than 10 trials may fail" in text


def test_what_the_page_says_of_sweeps_holds_where_less_is_better():
    assert not re.search("highest|lowest", page("sweeps"))


def test_an_image_of_ones_own_has_the_packages_of_this_environment():
    (dockerfile,) = blocks("dockerfile")
    locked = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"[\w-]+==[\d.]+", dockerfile.text)
    assert len(pinned) == 3
    for requirement in pinned:
        assert f"\n{requirement} " in locked


def test_a_quoted_line_that_was_not_printed_is_noticed():
    printed = "noise\n   [rl] Trained in 12 s: s3://b-0a1b2c3d4e/m\n   done\n"
    assert_printed(["[rl] Trained in 8 s: s3://b-99aabbccdd/m", "...", "done"], printed)
    assert_printed(["[rl] Trained ..."], printed)
    for wrong in (["[rl] Trained in 8 min: s3://b-0a1b2c3d4e/m"], ["done", "noise"], ["don"]):
        with pytest.raises(AssertionError, match="not printed"):
            assert_printed(wrong, printed)
