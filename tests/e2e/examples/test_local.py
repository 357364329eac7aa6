"""`python -m examples.local`, as a person uses it: what it prints is pasted, and works."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.examples_program import PATIENCE_SECONDS, ROOT, Program
from tests.support.quoted import assert_printed, quoted

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    faster = {"SFN_WAIT_SCALE": "0.01"}
    directory = tmp_path_factory.mktemp("local") / "temporary"
    program = Program(directory, "examples.local", "--port", "0", "max_run_limit=7200", **faster)
    try:
        program.read_until("# and after a change")
        yield program
    finally:
        program.process.terminate()
        program.process.communicate(timeout=60)


def shell(local: Program, commands: str, home: Path) -> str:
    """Run commands where what was printed has been pasted, and return what they print."""
    pasted = re.findall(r"^   ((?:unset|export) .*)$", local.output, re.M)
    stray = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://stray.invalid"}
    run = subprocess.run(
        ["bash", "-eux"],
        input="\n".join([*pasted, commands]),
        cwd=ROOT,
        env={**os.environ, **stray, "CI": "true", "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:]
    return run.stdout


def test_what_it_prints_is_pasted_and_works(local: Program, tmp_path: Path) -> None:
    # The bad day of docs/faults.md: after `make local`, a plan and an execution.
    page = (ROOT / "docs" / "faults.md").read_text()
    start, plan, run = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)[:3]
    assert start == "make local\n"
    # And what a person mistypes, who is told so.
    mistyped = '! python -m examples.first_run \'{"instance_typ": "ml.m5.large"}\''
    printed = shell(local, plan + run + mistyped, tmp_path)
    assert re.search(r"SUCCEEDED\n   model_artifact_url  s3://.*-2/output/model.tar.gz", printed)
    assert "\n   [CreateTrainingJob]\n" in printed
    assert "\n   episode_reward_mean: 500.0" in printed
    assert_printed(quoted("docs/faults.md", "a-bad-day")[-1:], printed)
    assert_printed(quoted("docs/examples.md", "to-paste"), local.output)
    assert "instance_typ  is not an argument; did you mean instance_type?" in printed


def test_a_pipeline_of_ones_own_runs_as_its_page_says(local: Program, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    own = page.split("## Your own pipeline without a cluster")[1]
    script, pipeline = re.findall(r"^```python\n(.*?)^```", own, re.M | re.S)
    (tmp_path / "levers").mkdir()
    (tmp_path / "levers" / "train.py").write_text(script)
    (tmp_path / "pipeline.py").write_text(pipeline)
    printed = shell(local, f"cd {tmp_path}; python pipeline.py", tmp_path)
    assert_printed(quoted("docs/examples.md", "trained"), printed)
    (report,) = tmp_path.glob("runs/pipeline/levers-*/train-rl-model/report.html")
    assert "<html" in report.read_text()


@pytest.mark.slow
def test_a_script_that_refuses_is_said_to_have_its_log_above(
    local: Program, tmp_path: Path
) -> None:
    refused = '! python -m examples.first_run \'{"hyperparameters": {"nonsense": 1}}\''
    printed = shell(local, refused, tmp_path)
    assert "train.py: error: unrecognized arguments: --nonsense 1" in printed
    assert "log      above; links lead to AWS" in printed


@pytest.mark.slow
def test_the_command_after_a_change_deploys_with_the_same_settings(
    local: Program, tmp_path: Path
) -> None:
    change = re.search(r"# and after a change: (cdk deploy .*)", local.output)[1]
    assert "-c max_run_limit=7200" in change
    printed = shell(local, f"{change} --no-change-set --output {tmp_path}/out", tmp_path)
    assert "RlTraining (no changes)" in printed


def test_ctrl_c_ends_it_and_nothing_stays(local: Program) -> None:
    local.process.send_signal(signal.SIGINT)
    assert local.finish() == 0
    assert local.output.endswith("\nStopped by SIGINT; nothing stays running.\n")
    local.assert_nothing_is_left()


def test_a_port_that_is_taken_is_said_before_anything_is_deployed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        second = Program(tmp_path / "second", "examples.local", "--port", port)
        assert second.finish() == 1
    assert re.search(rf"the local AWS did not start:\n.*{port}", second.output)
    assert "cdk" not in second.output
    second.assert_nothing_is_left()
