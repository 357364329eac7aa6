"""What `train_rl_model` asks of KFP and of Kubernetes."""

import doctest
import inspect
import json
import subprocess
import sys
import warnings
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import yaml
from kfp import compiler, dsl

from infra.settings.guard_rails import guard_rails, sweep_guard_rails
from infra.settings.model import Settings
from kfp_component import sweep_rl_model, train_rl_model
from kfp_component.author.interface import TRAINING
from kfp_component.author.launcher_image import VARIABLE
from kfp_component.author.tasks import long_task as task_module
from tests.support.arguments import CUSTOM_IMAGE
from training_job import InvalidArguments, TrainingArguments, parse_arguments
from training_sweep.parsing import parse_sweep

GIVEN = {"state_machine_arn": "arn", "region": "us-east-1", "entry_point": "t.py"}
IMAGE = {"launcher_image": "registry/launcher:1"}


def compiled(tmp_path, **arguments):
    @dsl.pipeline(name="p")
    def pipeline():
        train_rl_model(**{**GIVEN, **IMAGE, **arguments})

    return compiled_pipeline(tmp_path, pipeline)


def compiled_pipeline(tmp_path, pipeline):
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


def test_none_is_left_out(tmp_path):
    task, container, _ = compiled(tmp_path, image=None, tags={}, instance_count=2)
    assert set(inputs_of(task)) == {*GIVEN, "tags", "instance_count", "stop_on_sigterm"}
    assert container["args"] == ["--executor_input", "{{$}}"]


def test_the_pod_learns_its_node_name_which_ends_in_the_number_of_the_retry(tmp_path):
    _, _, kubernetes = compiled(tmp_path)
    assert kubernetes["fieldPathAsEnv"] == [
        {
            "name": "KFP_NODE_NAME",
            "fieldPath": "metadata.annotations['workflows.argoproj.io/node-name']",
        }
    ]


def test_the_image_is_the_one_named_or_else_the_environments(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "registry/launcher:environment")
    _, container, _ = compiled(tmp_path)
    assert container["image"] == "registry/launcher:1"
    _, container, _ = compiled(tmp_path, launcher_image=None)
    assert container["image"] == "registry/launcher:environment"


def test_the_image_may_be_a_pipeline_parameter(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(image: str):
        train_rl_model(**GIVEN, launcher_image=image)

    task, container, _ = compiled_pipeline(tmp_path, pipeline)
    assert container["image"] == "{{$.inputs.parameters['pipelinechannel--image']}}"
    inputs = task["inputs"]["parameters"]
    assert inputs["pipelinechannel--image"] == {"componentInputParameter": "image"}


def test_a_parameter_is_no_part_of_an_image():
    """KFP's driver takes the first parameter in the text for all of it."""
    with pytest.raises(ValueError, match="drop the text around it"):

        @dsl.pipeline(name="p")
        def pipeline(registry: str):
            train_rl_model(**GIVEN, launcher_image=f"{registry}/launcher:1")


def test_no_image_no_pipeline(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match="No image is named") as refused:
        compiled(tmp_path, launcher_image=None)
    for way in ("launcher_image=", VARIABLE, "make component IMAGE="):
        assert way in str(refused.value)
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.parametrize("image", ["registry/launcher: 1", " registry/launcher:1", "a\n"])
def test_an_image_is_one_word(tmp_path, image):
    with pytest.raises(ValueError, match="without spaces"):
        compiled(tmp_path, launcher_image=image)


def test_retries_are_not_negative(tmp_path):
    with pytest.raises(ValueError, match="retries is -1"):
        compiled(tmp_path, retries=-1)


@pytest.mark.parametrize(("installed", "warned"), [("2.12.2", 1), ("2.17.0", 0), ("3.0.0rc1", 0)])
def test_an_sdk_that_cuts_the_window_says_so_to_the_author(
    tmp_path, monkeypatch, installed, warned
):
    monkeypatch.setattr(task_module, "version", lambda _: installed)
    with warnings.catch_warnings(record=True, action="always") as found:
        compiled(tmp_path)
    ours = [warning for warning in found if "cuts the window" in str(warning.message)]
    assert len(ours) == warned
    assert all(warning.filename == __file__ for warning in ours)


def test_editors_see_every_input():
    parameters = inspect.signature(train_rl_model).parameters
    task_arguments = {"launcher_image", "retries", "cache"}
    assert set(parameters) == {given.name for given in TRAINING.inputs} | task_arguments
    required = {name for name, it in parameters.items() if it.default is inspect.Parameter.empty}
    assert required == {given.name for given in TRAINING.inputs if given.required}
    documentation = inspect.getdoc(train_rl_model)
    assert all(f"\n    {name}: " in documentation for name in parameters)


TRAININGS = guard_rails(Settings(), job_roles=[CUSTOM_IMAGE["role"]], region="us-east-1")


@pytest.mark.parametrize(
    ("function", "parse", "rails"),
    [
        (train_rl_model, parse_arguments, TRAININGS),
        (sweep_rl_model, parse_sweep, sweep_guard_rails(TRAININGS, Settings())),
    ],
)
def test_the_example_that_editors_show_is_taken_by_the_default_deployment(function, parse, rails):
    (example,) = doctest.DocTestParser().get_examples(inspect.getdoc(function))
    task = MagicMock()
    kfp = SimpleNamespace(pipeline=lambda function: function)
    names = {"dsl": kfp, function.__name__: task, "deploy": MagicMock()}
    exec(example.source, names)
    values = {"role": CUSTOM_IMAGE["role"], "source_dir": CUSTOM_IMAGE["source_dir"]}
    names["pipeline"](state_machine_arn="arn", models="s3://bucket/models", **values)
    arguments = dict(task.call_args.kwargs)
    del arguments["state_machine_arn"], arguments["launcher_image"]
    parse(arguments, rails)


@pytest.mark.long
def test_type_checkers_see_every_input(tmp_path):
    """A misspelled name, a wrong type and a missing argument are found before anything runs."""
    script = tmp_path / "pipeline.py"
    script.write_text(
        "from kfp_component import train_rl_model\n"
        'train_rl_model(state_machine_arn="a", region="r", entry_point="t", max_run=1)\n'
        'train_rl_model(state_machine_arn="a", region="r", entry_point="t", max_runs=1)\n'
        'train_rl_model(state_machine_arn="a", region="r", entry_point="t", max_run="1")\n'
        'train_rl_model(state_machine_arn="a", region="r")\n'
    )
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(script)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    lines = {line.split(":")[1] for line in found.splitlines() if ": error:" in line}
    assert lines == {"3", "4", "5"}, found


def loop_task(tmp_path, body):
    """The inputs of the one task in a loop, and its container."""

    @dsl.pipeline(name="p")
    def pipeline():
        with dsl.ParallelFor([{"tag": "a", "lr": 0.1}, {"tag": "b", "lr": 0.2}]) as item:
            body(item)

    target = tmp_path / "p.yaml"
    compiler.Compiler().compile(pipeline, str(target))
    spec = next(yaml.safe_load_all(target.read_text()))
    loop = spec["components"]["comp-for-loop-2"]
    container = spec["deploymentSpec"]["executors"]["exec-train-rl-model"]["container"]
    (item,) = loop["inputDefinitions"]["parameters"]
    inputs = loop["dag"]["tasks"]["train-rl-model"]["inputs"]["parameters"]
    return item, inputs, container


def selected(item, field):
    return {
        "componentInputParameter": item,
        "parameterExpressionSelector": f'parseJson(string_value)["{field}"]',
    }


def reference(item, field):
    return f"{{{{$.inputs.parameters['{item}-subvar-{field}']}}}}"


def test_fields_of_a_loops_item_may_be_parts_of_values(tmp_path):
    """The SDK alone would name an input that the loop does not have, and its driver would fail."""

    def body(item):
        train_rl_model(
            **GIVEN,
            hyperparameters={"lr": item.lr, "also": [item.lr, f"{item.tag}-x"]},
            job_name=f"job-{item.tag}",
            launcher_image=item.tag,
        )

    item, inputs, container = loop_task(tmp_path, body)
    for field in ("lr", "tag"):
        assert inputs[f"{item}-subvar-{field}"] == selected(item, field)
    lr, tag = reference(item, "lr"), reference(item, "tag")
    assert inputs["job_name"]["runtimeValue"]["constant"] == f"job-{tag}"
    assert inputs["hyperparameters"]["runtimeValue"]["constant"] == {
        "lr": lr,
        "also": [lr, f"{tag}-x"],
    }
    assert container["image"] == tag


def test_a_field_that_is_a_whole_value_is_left_to_the_sdk(tmp_path):
    item, inputs, _ = loop_task(
        tmp_path, lambda item: train_rl_model(**GIVEN, **IMAGE, job_name=item.tag)
    )
    assert inputs["job_name"] == selected(item, "tag")
    assert not [name for name in inputs if name.startswith("pipelinechannel--")]


@pytest.mark.parametrize("whole", [True, False])
def test_fields_of_an_outer_loops_item_are_refused(tmp_path, whole):
    def body(item):
        with dsl.ParallelFor([1, 2]) as seed:
            name = item.tag if whole else f"{item.tag}-{seed}"
            train_rl_model(**GIVEN, **IMAGE, job_name=name)

    with pytest.raises(ValueError, match="the field 'tag' of an outer loop's item"):
        loop_task(tmp_path, body)


def test_an_execution_that_gets_an_input_of_the_step_says_whose_it_is():
    names = set(inspect.signature(train_rl_model).parameters) - set(TrainingArguments.model_fields)
    assert "launcher_image" in names
    with pytest.raises(InvalidArguments) as raised:
        parse_arguments(CUSTOM_IMAGE | dict.fromkeys(names, "x"))
    said = "is not an argument; the KFP step has it, which starts the execution; leave it out here"
    assert set(raised.value.problems) == {(name, said) for name in names}
