"""``python -m examples.local``, as a person uses it: what it prints is pasted, and works."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.examples_program import ROOT, Program

pytestmark = pytest.mark.e2e

SECONDS = 120


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "local", "examples.local", "--port", "0", "max_run_limit=7200")
    try:
        program.read_until("# and after a change")
        yield program
    finally:
        program.process.terminate()
        program.process.communicate(timeout=60)


def test_what_it_prints_is_pasted_and_works(local: Program, tmp_path: Path) -> None:
    pasted = re.findall(r"^   ((?:unset|export) .*)$", local.output, re.M)
    change = re.search(r"# and after a change: (cdk deploy .*)", local.output)[1]
    assert "-c max_run_limit=7200" in change
    first_run = (
        """python -m examples.first_run --example cartpole '{"hyperparameters": {"seed": 7}}'"""
    )
    stray = {"AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://stray.invalid"}
    shell = subprocess.run(
        ["bash", "-eux"],
        input="\n".join([*pasted, first_run, f"{change} --no-change-set --output {tmp_path}/out"]),
        cwd=ROOT,
        env={**os.environ, **stray, "CI": "true", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert shell.returncode == 0, shell.stdout[-6000:]
    assert re.search(r"SUCCEEDED\n   model_artifact_url  s3://.*/model.tar.gz", shell.stdout)
    assert "RlTraining (no changes)" in shell.stdout

    local.process.send_signal(signal.SIGINT)
    assert local.finish() == 0
    assert local.output.endswith("\nStopped by SIGINT; nothing stays running.\n")
    local.assert_nothing_is_left()


def test_a_port_that_is_taken_is_said(local: Program) -> None:
    port = re.search(r"ready at http://127\.0\.0\.1:(\d+)", local.output)[1]
    second = subprocess.run(
        [sys.executable, "-m", "examples.local", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert second.returncode == 1
    assert re.search(rf"the local AWS did not start:\n.*{port}", second.stdout)
