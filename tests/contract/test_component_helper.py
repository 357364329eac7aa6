"""What ``train_with_retries`` asks of KFP and of Kubernetes."""

import json

import pytest
import yaml
from kfp import compiler, dsl

from kfp_component import train_with_retries

GIVEN = {"state_machine_arn": "arn", "region": "us-east-1", "entry_point": "t.py"}


def compiled(tmp_path, **arguments):
    @dsl.pipeline(name="p")
    def pipeline():
        train_with_retries(**{**GIVEN, **arguments})

    target = tmp_path / "p.yaml"
    compiler.Compiler().compile(pipeline, str(target))
    spec, platform = yaml.safe_load_all(target.read_text())
    return (
        spec["root"]["dag"]["tasks"]["train-rl-model"],
        spec["deploymentSpec"]["executors"]["exec-train-rl-model"]["container"],
        platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-train-rl-model"],
    )


def inputs_of(task):
    return {
        name: value["runtimeValue"]["constant"]
        for name, value in task["inputs"]["parameters"].items()
    }


def test_a_lost_pod_is_replaced_for_as_long_as_a_training_may_take(tmp_path):
    task, _, _ = compiled(tmp_path)
    assert task["retryPolicy"] == {
        "backoffDuration": "30s",
        "backoffFactor": 1.0,
        "backoffMaxDuration": "2419200s",
        "maxRetryCount": 5,
    }
    assert inputs_of(task)["stop_on_sigterm"] is False


def test_without_retries_sigterm_stops_the_training(tmp_path):
    task, _, _ = compiled(tmp_path, retries=0)
    assert "retryPolicy" not in task
    assert "stop_on_sigterm" not in inputs_of(task)


@pytest.mark.parametrize("retries", [0, 5])
def test_stop_on_sigterm_may_be_chosen(tmp_path, retries):
    task, _, _ = compiled(tmp_path, retries=retries, stop_on_sigterm=True)
    assert inputs_of(task)["stop_on_sigterm"] is True


def test_the_pod_is_small_and_not_evicted_and_stops_when_the_run_is_terminated(tmp_path):
    _, container, kubernetes = compiled(tmp_path)
    assert container["resources"]["resourceCpuRequest"] == "50m"
    assert container["resources"]["resourceMemoryRequest"] == "128Mi"
    annotations = kubernetes["podMetadata"]["annotations"]
    assert json.loads(annotations["workflows.argoproj.io/kill-cmd-main"]) == [
        "python3",
        "-m",
        "kfp_component.stop",
        "%d",
    ]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"


@pytest.mark.parametrize("cache", [True, False])
def test_caching_is_chosen(tmp_path, cache):
    task, _, _ = compiled(tmp_path, cache=cache)
    assert task.get("cachingOptions", {}).get("enableCache", False) is cache


def test_none_is_left_out_and_the_image_may_be_ones_own(tmp_path):
    task, container, _ = compiled(
        tmp_path, image=None, tags={}, instance_count=2, launcher_image="registry/launcher:1"
    )
    assert set(inputs_of(task)) == {*GIVEN, "tags", "instance_count", "stop_on_sigterm"}
    assert container["image"] == "registry/launcher:1"
    assert container["args"] == ["--executor_input", "{{$}}"]
