"""The example pipelines: what they compile to, and their second steps."""

import io
import json
import re
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import yaml
from kfp import compiler, dsl

from examples import custom_image_pipeline, offline_pipeline, toolkit_image_pipeline
from examples.cartpole import train as cartpole

URL = "s3://bucket/models/job/output/model.tar.gz"


class S3:
    """Holds objects by bucket and key."""

    def __init__(self, objects: dict[tuple[str, str], bytes]) -> None:
        self.objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}


def archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], bytes]:
    """The objects of a stand-in for S3."""
    objects: dict[tuple[str, str], bytes] = {}
    monkeypatch.setattr(boto3, "client", lambda _: S3(objects))
    return objects


def compiled(pipeline: Any, tmp_path: Path) -> dict[str, Any]:
    package = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(package))
    return next(yaml.safe_load_all(package.read_text()))


def constants(task: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value["runtimeValue"]["constant"]
        for name, value in task["inputs"]["parameters"].items()
        if "runtimeValue" in value
    }


def test_custom_image_pipeline_trains_and_hands_the_model_to_the_evaluation(
    tmp_path: Path,
) -> None:
    spec = compiled(custom_image_pipeline.pipeline, tmp_path)
    tasks = spec["root"]["dag"]["tasks"]
    assert constants(tasks["train-rl-model"]) == {
        "entry_point": "train.py",
        "metric_definitions": custom_image_pipeline.METRICS,
        "max_run": 3600,
        "stop_on_sigterm": False,
        "base_image": "{{$.inputs.parameters['pipelinechannel--launcher_image']}}",
    }
    assert tasks["evaluate"]["inputs"]["parameters"]["model_artifact_url"] == {
        "taskOutputParameter": {
            "outputParameterKey": "model_artifact_url",
            "producerTask": "train-rl-model",
        }
    }


def test_toolkit_image_pipeline_names_no_image_and_replaces_lost_pods(tmp_path: Path) -> None:
    spec = compiled(toolkit_image_pipeline.pipeline, tmp_path)
    train = spec["root"]["dag"]["tasks"]["train-rl-model"]
    given = constants(train)
    assert {given[name] for name in ("toolkit", "toolkit_version", "framework")} == {
        "ray",
        "1.6.0",
        "tensorflow",
    }
    assert "image" not in train["inputs"]["parameters"]
    assert train["retryPolicy"]["maxRetryCount"] > 0


def test_offline_pipeline_hands_the_uri_of_the_log_to_the_training(tmp_path: Path) -> None:
    spec = compiled(offline_pipeline.pipeline, tmp_path)
    train = spec["root"]["dag"]["tasks"]["train-rl-model"]
    uri = "{{$.inputs.parameters['pipelinechannel--log-episodes-log_uri']}}"
    assert constants(train)["inputs"] == {"episodes": uri}
    assert "log-episodes" in train["dependentTasks"]


def test_metrics_are_found_in_what_the_script_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = cartpole.Search()
    cartpole.train(search, cartpole.parse_options(["--iterations", "1"]), tmp_path)
    line = capsys.readouterr().out
    found = {
        name: float(re.search(regex, line)[1])
        for name, regex in custom_image_pipeline.METRICS.items()
    }
    assert found["episode_reward_mean"] == pytest.approx(search.rewards[0], abs=0.05)
    assert found["episode_reward_max"] >= found["episode_reward_mean"]


@pytest.mark.parametrize(
    "example", [custom_image_pipeline, toolkit_image_pipeline, offline_pipeline]
)
def test_steps_run_in_what_this_environment_has(example: Any, tmp_path: Path) -> None:
    """Else a run without a cluster would stop, for want of an index; also on another Python."""
    executors = compiled(example.pipeline, tmp_path)["deploymentSpec"]["executors"]
    steps = [each["container"] for name, each in executors.items() if "train" not in name]
    assert steps
    for step in steps:
        assert step["image"] == f"python:3.{sys.version_info.minor}"
        named = re.findall(r"(boto3|gymnasium|numpy)==([0-9.]+)", str(step["command"]))
        assert dict(named)["boto3"] == version("boto3")
        assert named == [(name, version(name)) for name, _ in named]


@pytest.mark.parametrize(("sign", "solved"), [(1, True), (-1, False)])
def test_evaluation_plays_the_policy_of_the_archive(
    stored: dict[tuple[str, str], bytes], sign: int, solved: bool
) -> None:
    policy = io.BytesIO()
    np.savez(policy, weights=sign * np.array([0.1, 0.5, 1.0, 1.0]))
    stored["bucket", "models/job/output/model.tar.gz"] = archive("policy.npz", policy.getvalue())
    metrics = dsl.Metrics(name="metrics", uri="unused")
    reward = custom_image_pipeline.evaluate.python_func(URL, metrics, episodes=3)
    assert reward == 500 if solved else reward < 20
    assert metrics.metadata["mean_reward"] == reward >= metrics.metadata["lowest_reward"]


def test_no_two_episodes_of_an_evaluation_are_the_same(
    stored: dict[tuple[str, str], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    policy = io.BytesIO()
    np.savez(policy, weights=np.array([0.0, 0.0, 1.0, 0.0]))  # falls, sooner or later
    stored["bucket", "models/job/output/model.tar.gz"] = archive("policy.npz", policy.getvalue())
    metrics = dsl.Metrics(name="metrics", uri="unused")
    reward = custom_image_pipeline.evaluate.python_func(URL, metrics, episodes=20)
    assert metrics.metadata["lowest_reward"] < reward, "20 times the same episode"
    assert "played 20 episodes: mean reward" in capsys.readouterr().out


def test_comparison_reads_the_scripts_own_evaluation(
    stored: dict[tuple[str, str], bytes],
) -> None:
    profits = {"untrained": 1.0, "order_up_to": 2.0, "trained": 3.0}
    evaluation = json.dumps({"mean_profit": profits}).encode()
    stored["bucket", "models/job/output/output.tar.gz"] = archive("evaluation.json", evaluation)
    metrics = dsl.Metrics(name="metrics", uri="unused")
    assert toolkit_image_pipeline.compare.python_func(URL, metrics) == profits
    assert metrics.metadata == profits
