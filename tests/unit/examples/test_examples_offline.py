"""The example that learns from a log: its script, and the steps before and after it."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from kfp import dsl

from examples import offline_pipeline
from examples.offline import train

SCRIPT = Path(train.__file__)


class S3:
    """Keeps objects by bucket and key."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Bucket, Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> S3:
    stored = S3()
    monkeypatch.setattr(boto3, "client", lambda _: stored)
    return stored


def logged(s3: S3, directory: Path, episodes: int, seed: int = 0) -> tuple[bytes, float]:
    """The log that the pipeline's first step writes, and the mean reward it hands on."""
    uri, reward = directory / "uri", directory / "deep" / "reward"
    step = offline_pipeline.log_episodes.python_func
    step("s3://bucket/data/", str(uri), str(reward), episodes=episodes, seed=seed)
    assert uri.read_text() == f"s3://bucket/data/cartpole-{episodes}-{seed}"
    key = f"data/cartpole-{episodes}-{seed}/episodes.npz"
    return s3.objects["bucket", key], float(reward.read_text())


def run(job: Path, *options: str) -> subprocess.CompletedProcess[str]:
    variables = {"SM_INPUT_DIR": str(job / "input"), "SM_MODEL_DIR": str(job / "model")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def give(job: Path, channel: str, name: str, content: bytes) -> None:
    folder = job / "input" / "data" / channel
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def archive(job: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(job / "model" / train.WEIGHTS, train.WEIGHTS)
    return packed.getvalue()


@pytest.mark.long
def test_a_log_teaches_more_than_it_shows(s3: S3, tmp_path: Path) -> None:
    log, behaviour = logged(s3, tmp_path, 100)
    give(tmp_path, "episodes", "episodes.npz", log)
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    s3.objects["bucket", "model.tar.gz"] = archive(tmp_path)
    metrics = dsl.Metrics(name="metrics", uri="unused")
    reward = offline_pipeline.evaluate.python_func(
        "s3://bucket/model.tar.gz", behaviour, metrics, episodes=5
    )
    assert reward >= 5 * behaviour
    assert metrics.metadata == {"mean_reward": reward, "behaviour_reward": behaviour}


def test_the_same_seed_writes_the_same_log(s3: S3, tmp_path: Path) -> None:
    first, _ = logged(s3, tmp_path, 3)
    again, _ = logged(s3, tmp_path, 3)
    other, _ = logged(s3, tmp_path, 3, seed=1)
    assert first == again != other


@pytest.mark.long
def test_an_initial_model_is_continued_from(s3: S3, tmp_path: Path) -> None:
    log, _ = logged(s3, tmp_path, 20)
    for name in ("whole", "half", "rest"):
        give(tmp_path / name, "episodes", "episodes.npz", log)
    run(tmp_path / "whole", "--iterations", "10")
    run(tmp_path / "half", "--iterations", "5")
    give(tmp_path / "rest", "model", "model.tar.gz", archive(tmp_path / "half"))
    done = run(tmp_path / "rest", "--iterations", "5")
    assert "continues from the initial model" in done.stdout
    values = [
        np.load(tmp_path / name / "model" / train.WEIGHTS)["values"] for name in ("whole", "rest")
    ]
    assert np.allclose(*values)


def test_no_log_is_said_in_words(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "inputs.episodes" in done.stderr
