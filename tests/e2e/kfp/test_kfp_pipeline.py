"""The component inside pipelines, which the stand-in for KFP's backend walks with real pods."""

import json
import os

import pytest
from kfp import compiler, dsl

from kfp_component import train_rl_model
from tests.kfp_backend import PodFailed, ProcessPods, Run
from tests.support.pipelines.components import OLDEST_ALLOWED
from tests.support.step.kfp_pods import train

pytestmark = pytest.mark.e2e


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def use(url: str, job: str, image: str, execution: str, model: dsl.Input[dsl.Model]) -> str:
    assert url.startswith("s3://")
    assert model.metadata["s3_uri"] == url
    assert model.metadata["job_name"] == job
    assert ":execution:" in execution
    assert image
    return repr(model.metadata["metric_reward"])


@pytest.fixture
def run(cluster, tmp_path):
    """Runs a pipeline; returns how it went."""
    environment = cluster.pod(train()).environment
    # Lightweight components begin with sh, pip and a temporary directory.
    environment |= {"PIP_NO_INDEX": "1", "PYTHONPATH": os.getcwd(), "HOME": str(tmp_path)}  # noqa: PTH109
    del environment["KFP_POD_UID"]

    def runs(pipeline):
        target = tmp_path / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(target))
        pods = ProcessPods(tmp_path / "run", environment)
        return Run(target, {}).execute(pods), pods

    return runs


def arguments_of(pod):
    own = {"state_machine_arn": pod.arn, "region": "us-east-1", "launcher_image": "none-is-pulled"}
    return {**pod.arguments, **own, "entry_point": "train.py"}


def test_each_iteration_of_a_loop_hands_its_own_model_to_the_next_step(cluster, run):
    given = arguments_of(cluster.pod(train(lines=5)))

    @dsl.pipeline(name="loop")
    def pipeline():
        with dsl.ParallelFor([11, 12]) as size:
            task = train_rl_model(volume_size=size, **given)
            use(
                url=task.outputs["model_artifact_url"],
                job=task.outputs["job_name"],
                image=task.outputs["training_image"],
                execution=task.outputs["execution_arn"],
                model=task.outputs["model"],
            )

    result = run(pipeline)[0].raised()
    assert [each.execution.outputs["Output"] for each in result.named("use")] == ["0.4", "0.4"]
    described = [
        cluster.states.describe_execution(executionArn=each.execution.outputs["execution_arn"])
        for each in result.named("train-rl-model")
    ]
    assert sorted(json.loads(each["input"])["volume_size"] for each in described) == [11, 12]


def test_a_training_that_fails_ends_the_pipeline_before_the_next_step(cluster, run):
    given = arguments_of(cluster.pod(train(lines=1, last="raise RuntimeError('no luck')")))

    @dsl.component(base_image="python:3.12", install_kfp_package=False)
    def after(url: str):
        raise AssertionError(url)

    @dsl.pipeline(name="failing")
    def pipeline():
        task = train_rl_model(retries=1, **given)
        after(url=task.outputs["model_artifact_url"])

    result, pods = run(pipeline)
    (failure,) = result.failures.values()
    assert isinstance(failure, PodFailed)
    assert "no luck" in str(failure)
    assert result.named("after") == []
    # The retry reports the same failure and trains nothing.
    assert len(result.named("train-rl-model")) == 2
    assert "an automatic retry does not repeat it" in pods.logs[1]


@pytest.mark.parametrize("name", ["train", "sweep"])
def test_what_the_oldest_kfp_allowed_has_compiled_runs(cluster, tmp_path, name):
    """tests/support/pipelines/components.py was compiled with it once."""
    pod = cluster.sweep(train(lines=2)) if name == "sweep" else cluster.pod(train(lines=2))
    own = {
        "train": {"volume_size": 7, "hyperparameters": {"lr": 0.5}},
        "sweep": {"space": {"lr": [0.1]}, "max_parallel": 2},
    }
    given = {
        **{key: pod.arguments[key] for key in ("role", "image", "model_artifact_path")},
        "source_dir": pod.arguments["source_dir"].rpartition("/")[0],
        "state_machine_arn": pod.arn,
        "launcher_image": "none-is-pulled",
        **own[name],
    }
    environment = {key: text for key, text in pod.environment.items() if key != "KFP_POD_UID"}
    pods = ProcessPods(tmp_path / "run", environment)
    result = Run(OLDEST_ALLOWED / f"{name}.yaml", given).execute(pods).raised()
    (task,) = result.tasks
    url = task.execution.outputs["model_artifact_url"]
    bucket, _, key = url.removeprefix("s3://").partition("/")
    assert cluster.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    if name == "sweep":
        assert task.execution.outputs["best_hyperparameters"] == {"lr": 0.1}
