import json
from pathlib import Path

import pytest

from kfp_component.errors import BadInput, ExitCode
from kfp_component.task_input.executor_input import ExecutorInput
from tests.support.step.launcher_fakes import STATE_MACHINE_ARN, executor_input


def parse(directory="/data/out", **arguments):
    return ExecutorInput.parse(json.dumps(executor_input(directory, **arguments)))


def test_only_what_was_given_is_passed_on():
    task = parse(job_name=None, source_dir="", instance_count=2, tags={}, spot_instance=False)
    assert json.loads(task.execution_input) == {
        "entry_point": "train.py",
        "instance_count": 2,
        "region": "us-east-1",
        "spot_instance": False,
        "tags": {},
    }


def test_inputs_that_the_component_does_not_declare_are_passed_over():
    given = {
        "pipelinechannel--bucket": "b",
        "pipelinechannel--loop-item-param-1-subvar-lr": 0.1,
        "base_image": "registry/launcher:1",
        "memory_limit": "256Mi",
    }
    assert parse(**given).execution_input == parse().execution_input


def test_own_inputs_are_kept_out_of_the_execution_input_and_nothing_else_is():
    task = parse(stop_on_sigterm=False, endpoint_url="https://states.example", dry_run=True)
    assert not task.stop_on_sigterm
    assert task.state_machine.arn == STATE_MACHINE_ARN
    assert task.arguments["endpoint_url"] == "https://states.example"
    assert task.arguments["dry_run"] is True
    assert "state_machine_arn" not in task.arguments
    assert "stop_on_sigterm" not in task.arguments


def test_whole_floats_become_integers_at_every_depth():
    task = parse(volume_size=30.0, hyperparameters={"a": 3.0, "b": [1.0, {"c": 0.5}], "d": "1.0"})
    assert task.execution_input == (
        '{"entry_point":"train.py","hyperparameters":{"a":3,"b":[1,{"c":0.5}],"d":"1.0"},'
        '"region":"us-east-1","volume_size":30}'
    )


def test_the_execution_input_is_plain_ascii_and_sorted():
    assert parse(tags={"b": "ü", "a": "x"}).execution_input == (
        '{"entry_point":"train.py","region":"us-east-1","tags":{"a":"x","b":"\\u00fc"}}'
    )


def test_the_seed_is_the_same_for_each_retry():
    first = ExecutorInput.parse(json.dumps(executor_input("s3://runs", retry=0)))
    second = ExecutorInput.parse(json.dumps(executor_input("s3://runs", retry=3)))
    assert first.seed == second.seed
    assert first.seed.startswith("s3://runs/pipeline/")


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("s3://bucket/root", "/s3/bucket/root"),
        ("minio://mlpipeline/v2", "/minio/mlpipeline/v2"),
        ("gs://bucket", "/gcs/bucket"),
        ("/data/local", "/data/local"),
    ],
)
def test_artifacts_are_written_where_kfp_mounts_them(root, path):
    artifact = parse(root).artifacts["model"]
    assert artifact.uri.startswith(root)
    assert str(artifact.path).startswith(path)
    assert artifact.path.name == "model"


def test_every_output_file_is_known():
    task = parse("/data/x")
    assert task.parameter_files["job_name"] == Path("/data/x/parameters/job_name")
    assert set(task.parameter_files) == {
        "model_artifact_url",
        "job_name",
        "training_image",
        "execution_arn",
    }


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", "{}", '{"outputs": {}}', '"{{$}}"', "1"])
def test_anything_else_is_refused_with_what_was_expected(text):
    with pytest.raises(BadInput, match=r"--executor_input|state_machine_arn") as caught:
        ExecutorInput.parse(text)
    assert caught.value.exit_code == ExitCode.BAD_ARGUMENTS


@pytest.mark.parametrize(
    ("name", "embedded"),
    [
        ("hyperparameters", '{"net": "{"layers": 2}"}'),
        ("tags", '{"run": "[1, 2]", "note": "a "quoted" word"}'),
        ("source_dir", '"s3://b/["x"]"'),
        ("environment", '{"TEXT": "two\nlines"}'),
        ("metric_definitions", '{"r": "r=\\d"}'),
    ],
)
def test_a_value_that_breaks_the_json_is_named_with_the_way_around(name, embedded):
    text = json.dumps(executor_input("/data/out", **{name: "HERE"}))
    with pytest.raises(BadInput, match=f"^{name} is no JSON") as caught:
        ExecutorInput.parse(text.replace('"HERE"', embedded))
    for words in ("kubeflow/pipelines#11035", "the whole value of an argument", "its output"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"job_name": "rl-{{$.pipeline_job_uuid}}"}, "job_name holds {{$.pipeline_job_uuid}} as"),
        ({"tags": {"run": "{{$.pipeline_job_name}}"}}, "tags.run holds {{$.pipeline_job_name}}"),
        ({"tags": {"{{$.pipeline_root}}": "x"}}, "tags holds {{$.pipeline_root}}"),
        ({"vpc_subnets": ["a", "{{$.pipeline_task_name}}"]}, "vpc_subnets[1] holds"),
        ({"source_dir": "s3://{{channel:task=;name=b;type=String;}}/x"}, "{{channel:task=;name"),
        ({"state_machine_arn": "{{$.inputs.parameters['pipelinechannel--a']}}"}, "state_machine"),
    ],
)
def test_a_placeholder_that_kfp_left_is_named_with_the_way_around(arguments, said):
    with pytest.raises(BadInput, match="component's output here") as caught:
        parse(**arguments)
    assert said in str(caught.value)


def test_every_placeholder_is_named_at_once_and_a_template_of_one_s_own_is_none():
    left = {"tags": {"a": "{{$.x}}", "b": "{{$.y}}"}, "hyperparameters": {"t": "{{ name }} {x}"}}
    with pytest.raises(BadInput) as caught:
        parse(**left)
    assert str(caught.value).count("holds") == 2


def test_a_missing_output_is_named():
    document = executor_input("/data/x")
    del document["outputs"]["artifacts"]["report"]
    with pytest.raises(BadInput, match="report"):
        ExecutorInput.parse(json.dumps(document))


@pytest.mark.parametrize(
    "arn",
    [
        "rl-training",
        "arn:aws:states:us-east-1:123456789012:execution:rl-training:x",
        "arn:aws:states:us-east-1:12:stateMachine:rl",
        7,
    ],
)
def test_a_state_machine_arn_that_is_none_is_quoted(arn):
    with pytest.raises(BadInput, match="state_machine_arn is not the ARN") as caught:
        parse(state_machine_arn=arn)
    assert repr(arn) in str(caught.value)


def test_a_missing_state_machine_arn_says_where_to_find_it():
    with pytest.raises(BadInput, match="StateMachineArn of the deployed stack"):
        parse(state_machine_arn=None)


@pytest.mark.parametrize(
    ("arn", "execution"),
    [
        (
            "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:rl:PROD",
            "arn:aws-cn:states:cn-north-1:123456789012:execution:rl:n",
        ),
        (STATE_MACHINE_ARN, STATE_MACHINE_ARN.replace("stateMachine", "execution") + ":n"),
    ],
)
def test_execution_arns_follow_from_the_state_machine(arn, execution):
    assert parse(state_machine_arn=arn).state_machine.execution_arn("n") == execution


def test_stop_on_sigterm_must_be_a_boolean():
    with pytest.raises(BadInput, match="stop_on_sigterm must be true or false; got 'no'"):
        parse(stop_on_sigterm="no")
