"""The example pipeline with what a person gets wrong: one clear message, and no job that stays."""

from pathlib import Path
from typing import Any

import pytest

from examples.custom_image_pipeline import pipeline
from kfp_component import LocalRunError, run_pipeline, upload_source

pytestmark = pytest.mark.e2e

CARTPOLE = Path(__file__).resolve().parents[3] / "examples" / "cartpole"


class Run:
    """A run of the pipeline that must fail: what it said, and where."""

    def __init__(self, deployed: Any, directory: Path) -> None:
        self.deployed, self.directory = deployed, directory
        self.lines: list[str] = []
        self.tasks: list[str] = []

    def __call__(self, source: Path | None, **changed: str) -> str:
        outputs = self.deployed.outputs
        bucket = outputs["ArtifactBucketName"]
        url = f"s3://{bucket}/source/{self.directory.name}.tar.gz"  # which is not there
        if source is not None:
            url = upload_source(source, f"s3://{bucket}/source")
        arguments = {
            "state_machine_arn": outputs["StateMachineArn"],
            "region": "us-east-1",
            "role": outputs["JobRoleArn"],
            "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/cartpole:1",
            "source_dir": url,
            "model_artifact_path": f"s3://{bucket}/models",
            "launcher_image": "none-is-pulled",
            **changed,
        }
        with pytest.raises(LocalRunError, match="the step train-rl-model ended with exit code"):
            run_pipeline(
                pipeline,
                arguments,
                directory=self.directory,
                begin=self.tasks.append,
                show=self.lines.append,
            )
        assert self.tasks == ["train-rl-model"]
        jobs = self.deployed.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
        assert "InProgress" not in {job["TrainingJobStatus"] for job in jobs}
        return "\n".join(self.lines)


@pytest.fixture
def run(
    deployed: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs the pipeline with something wrong and returns what it said."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return Run(deployed, tmp_path)


@pytest.fixture
def raising(tmp_path: Path) -> Path:
    """Training code that raises."""
    source = tmp_path / "code"
    source.mkdir()
    (source / "train.py").write_text("raise ValueError('the reward is not a number')\n")
    return source


@pytest.fixture
def misnamed(tmp_path: Path) -> Path:
    """Training code without train.py."""
    source = tmp_path / "code"
    source.mkdir()
    (source / "main.py").write_text("print('hello')\n")
    return source


def test_a_source_that_is_not_there(run: Run) -> None:
    said = run(None)
    assert f"source/{run.directory.name}.tar.gz does not exist" in said
    assert said.count("TrainingJobFailed") == 1


def test_an_entry_point_that_is_not_in_the_source(run: Run, misnamed: Path) -> None:
    said = run(misnamed)
    assert "Error: TrainingJobFailed: There is no train.py in s3://" in said


def test_a_script_that_raises(run: Run, raising: Path) -> None:
    said = run(raising)
    raised = "The script raised ValueError: the reward is not a number"
    assert f"Error: TrainingJobFailed: {raised}" in said


def test_a_state_machine_that_is_not_deployed(run: Run) -> None:
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:Nobody"
    said = run(CARTPOLE, state_machine_arn=arn)
    assert arn in said
