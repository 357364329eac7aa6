"""What the containers of pipelines get, as the installed kfp and the oldest one compile them.

The files of `compiled/2.8.0` were written by tests/support/pipelines/shapes.py with kfp 2.8.0,
the first that lets a parameter stand inside a dict or list.
"""

import json
import warnings

import pytest

from tests.kfp_backend import go_text
from tests.kfp_backend.errors import BackendError, LauncherFailed, PodFailed, RunRefused
from tests.kfp_backend.launcher.outputs import Outputs
from tests.kfp_backend.pipeline import Run
from tests.support.pipelines import shapes
from tests.support.pipelines.shapes import OLDEST

RUN_ID = "8e6d5a5c-1c0f-4f4e-9a55-6c1f6c1b7b11"
OUTPUTS = {"STRING": "made", "NUMBER_INTEGER": 3, "LIST": [5, 6]}
MISSING = "parent DAG does not have input parameter "


def values(**given):
    """What train gets."""
    return {"note": "none", "source_dir": "s3://b/x", **given}


# By shape: the run's parameters, and the parameters of each container, in order.
CONTAINERS = {
    "f-string": (
        {"bucket": "B"},
        [values(**{"pipelinechannel--bucket": "B"}, note="B, B", source_dir="s3://B/code")],
    ),
    "in-dict-and-list": (
        {"lr": 1e-7, "episodes": 100},
        [
            values(
                hyperparameters={
                    "lr": "0.0000001",
                    "n": "100",
                    "deep": {"spot": "true"},
                    "all": ["rl", "x"],
                },
                tags=[{"Key": "team", "Value": "rl"}],
                **{
                    "pipelinechannel--lr": 1e-7,
                    "pipelinechannel--episodes": 100,
                    "pipelinechannel--spot": True,
                    "pipelinechannel--team": "rl",
                },
            )
        ],
    ),
    "whole-values": (
        {
            "lr": 0.1,
            "episodes": 5,
            "spot": False,
            "hyperparameters": {"a": 1, "b": {"c": [1.5, None]}},
            "tags": [],
        },
        [
            values(
                lr=0.1,
                episodes=5,
                spot=False,
                hyperparameters={"a": 1, "b": {"c": [1.5, None]}},
                tags=[],
            )
        ],
    ),
    "loop-static": (
        {},
        [
            values(
                source_dir=f"s3://b/{seed}",
                episodes=seed,
                hyperparameters={"seed": str(seed)},
                **{"pipelinechannel--loop-item-param-1": seed},
            )
            for seed in (11, 12)
        ],
    ),
    "loop-fields": ({}, [values(lr=0.1), values(lr=0.25)]),
    "loop-items-whole": ({}, [values(hyperparameters={"lr": 0.1, "tag": "a"})]),
    "loop-dynamic": (
        {"seeds": [1, 2], "bucket": "B"},
        [
            values(
                source_dir=f"s3://B/{seed}",
                episodes=seed,
                hyperparameters={"seed": str(seed)},
                **{"pipelinechannel--bucket": "B", "pipelinechannel--seeds-loop-item": seed},
            )
            for seed in (1, 2)
        ],
    ),
    "loop-dynamic-fields": (
        {"items": [{"lr": "0.1"}, {"lr": 0.2}]},
        [values(note="0.1"), values(note="0.2")],
    ),
    "loop-nested": (
        {},
        [
            values(
                note=inner,
                hyperparameters={"o": str(outer), "i": inner},
                **{
                    "pipelinechannel--loop-item-param-1": outer,
                    "pipelinechannel--loop-item-param-3": inner,
                },
            )
            for outer in (1, 2)
            for inner in ("a", "b")
        ],
    ),
    "loop-in-branch": (
        {"team": "rl"},
        [
            values(
                hyperparameters={"seed": str(seed)},
                **{"pipelinechannel--loop-item-param-2": seed},
            )
            for seed in (1, 2)
        ],
    ),
    # The items of an untyped list are strings to KFP.
    "loop-upstream": (
        {},
        [{}]
        + [
            values(
                hyperparameters={"seed": seed},
                **{"pipelinechannel--prepare-seeds-loop-item": seed},
            )
            for seed in ("5", "6")
        ],
    ),
    "upstream": (
        {},
        [
            {},
            values(
                source_dir="s3://made/x",
                episodes=3,
                hyperparameters={"n": "3", "p": "made"},
                **{"pipelinechannel--prepare-count": 3, "pipelinechannel--prepare-prefix": "made"},
            ),
            {},
        ],
    ),
    "collected": ({}, [values(episodes=1), values(episodes=2), {"texts": ["made", "made"]}]),
    "image-and-memory": (
        {},
        [
            values(
                base_image="example.com/other:2",
                memory_limit="1Gi",
                **{
                    "pipelinechannel--image": "example.com/other:2",
                    "pipelinechannel--memory": "1Gi",
                },
            )
        ],
    ),
    "cpu-from-parameter": (
        {},
        [values(cpu_request="500m", **{"pipelinechannel--cpu": "500m"})],
    ),
    "run-id-in-text": ({}, [values(source_dir="s3://b/{{$.pipeline_job_uuid}}/x")]),
    "omitted": ({}, [values()]),
    "resources": ({}, [values()]),
    "null-parameter": ({}, [values()]),
    "nested": (
        {},
        [
            values(
                note="inner", source_dir="s3://b/x", episodes=7, **{"pipelinechannel--bucket": "b"}
            ),
            # The driver of a nested pipeline replaces nothing in its inputs: the placeholder of the
            # outer bucket meets an inner one of the same name.
            values(
                note="in c",
                source_dir="s3://c/x",
                lr=0.5,
                episodes=7,
                **{"pipelinechannel--bucket": "c"},
            ),
        ],
    ),
    "nested-outputs": (
        {},
        [
            values(),
            {},
            values(source_dir="s3://made/x", **{"pipelinechannel--inner-outputs-name": "made"}),
        ],
    ),
    "conditions": (
        {"team": "rl", "episodes": 11, "lr": 0.6, "spot": True},
        [
            values(source_dir="s3://b/team"),
            values(
                source_dir="s3://b/episodes",
                hyperparameters={"n": "11"},
                **{"pipelinechannel--episodes": 11},
            ),
            values(source_dir="s3://b/spot"),
        ],
    ),
    "branches": ({"team": "ml"}, [values(source_dir="s3://b/elif"), values(source_dir="made")]),
    "imported": ({}, [{}]),
}

# By shape: the run's parameters, and why it fails.
FAILURES = {
    "loop-field-in-dict": ({}, MISSING + "pipelinechannel--loop-item-param-1-subvar-lr"),
    "loop-field-in-text": ({}, MISSING + "loop-item-param-1-subvar-tag"),
    "loop-dynamic-untyped": ({"items": [{"lr": 1}]}, "type mismatch: expect STRUCT, got string"),
    "loop-nested-in-text": ({}, MISSING + "pipelinechannel--loop-item-param-1"),
    "loop-nested-fields": ({}, "value not found in inputs"),
    "loop-in-branch-in-text": ({"team": "rl"}, MISSING + "loop-item-param-2"),
    "null-in-text": ({}, "the resolved input parameter is null: team"),
    "nested-null": ({}, MISSING + "lr"),
    "imported-output": ({}, MISSING),
    "flags-of-defaults": ({}, 'parameter "label" not found in executor input'),
}


@pytest.fixture(scope="session", params=["installed", "oldest"])
def compiled(request, tmp_path_factory):
    """The directory of an SDK's files."""
    if request.param == "oldest":
        return OLDEST
    directory = tmp_path_factory.mktemp("shapes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes.write(directory)
    return directory


def written(task):
    declared = task.component.get("outputDefinitions", {}).get("parameters", {})
    return Outputs.of(**{name: OUTPUTS[spec["parameterType"]] for name, spec in declared.items()})


def execute(compiled, shape, pod=written, **parameters):
    refused = json.loads((compiled / "versions.json").read_text())["refused"]
    if shape in refused:
        pytest.skip(refused[shape])
    return Run(compiled / f"{shape}.yaml", parameters, run_id=RUN_ID).execute(pod)


def inputs(task):
    return json.loads(task.executor_input)["inputs"].get("parameterValues", {})


def test_the_oldest_cannot_take_an_image_or_an_amount_from_a_parameter():
    refused = json.loads((OLDEST / "versions.json").read_text())["refused"]
    assert set(refused) == {"image-and-memory", "cpu-from-parameter", "image-f-string"}


@pytest.mark.parametrize("shape", CONTAINERS)
def test_what_the_containers_get(compiled, shape):
    parameters, expected = CONTAINERS[shape]
    result = execute(compiled, shape, **parameters).raised()
    assert [inputs(task) for task in result.tasks] == expected


@pytest.mark.parametrize("shape", FAILURES)
def test_what_kfp_cannot_run(compiled, shape):
    parameters, reason = FAILURES[shape]
    with pytest.raises(BackendError) as failure:
        execute(compiled, shape, **parameters).raised()
    assert reason in str(failure.value)


@pytest.mark.parametrize("value", ['a "quoted" name', "two\nlines", "back\\slash"])
def test_a_string_inside_another_is_not_escaped(compiled, value):
    task = execute(compiled, "f-string", bucket=value).raised().tasks[0]
    with pytest.raises(ValueError, match=r"Expecting|Invalid"):
        json.loads(task.executor_input)
    assert f's3://{value}/code"' in task.executor_input


def test_a_dict_inside_a_dict_breaks_the_json(compiled):
    task = execute(compiled, "dict-in-dict", optimizer={"name": "<adam>"}).raised().tasks[0]
    assert r'"optimizer":"{"name":"\u003cadam\u003e"}"' in task.executor_input
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(task.executor_input)


def test_facts_of_the_run_are_filled_in_as_whole_values(compiled):
    tasks = execute(compiled, "run-facts").raised().tasks
    first = inputs(tasks[0])
    assert first["note"] == RUN_ID
    assert first["tags"] == [{"Key": "run", "Value": "{{$.pipeline_job_uuid}}"}]
    assert first["hyperparameters"] == {"name": "{{$.pipeline_job_name}}"}
    name, resource, task, number, created, scheduled = (inputs(each)["note"] for each in tasks[1:])
    assert name == "run-facts 2026-08-22 09-10-11"
    assert resource == f"run-facts-{RUN_ID[:5]}"
    assert task == "train-4"
    assert int(number) == tasks[0].execution.parent.number
    assert created == scheduled == "2026-08-22T09:10:11Z"


def test_the_image_and_the_amounts_of_a_parameter(compiled):
    task = execute(compiled, "image-and-memory", memory="2Gi").raised().tasks[0]
    assert task.image == "example.com/other:2"
    assert task.resources == {
        "limits": {"memory": "2Gi", "cpu": "1"},
        "requests": {"memory": "128Mi"},
    }
    assert task.environment == [{"name": "TEAM", "value": "rl"}]


def test_an_amount_that_is_none_fails_the_driver(compiled):
    with pytest.raises(BackendError, match="quantities must match"):
        execute(compiled, "image-and-memory", memory="much").raised()


def test_an_image_with_a_parameter_in_it_is_that_parameter(compiled):
    assert execute(compiled, "image-f-string", tag="9").raised().tasks[0].image == "9"


def test_amounts_that_are_written_in_the_pipeline(compiled):
    limits = execute(compiled, "resources").raised().tasks[0].resources["limits"]
    assert limits["memory"] in {"256Mi", "0.268435456G"}


def test_artifacts_are_below_the_task_in_the_run(compiled):
    task = execute(compiled, "omitted").raised().tasks[0]
    outputs = json.loads(task.executor_input)["outputs"]
    model = outputs["artifacts"]["model"]["artifacts"]
    root = f"s3://mlpipeline/v2/artifacts/omitted/{RUN_ID}/train"
    assert task.root.startswith(root + "/")
    assert model == [
        {
            "name": "model",
            "type": {"schemaTitle": "system.Model", "schemaVersion": "0.0.1"},
            "uri": f"{task.root}/model",
        }
    ]
    assert outputs["artifacts"]["executor-logs"]["artifacts"][0]["uri"].endswith("executor-logs-0")
    assert outputs["parameters"] == {"job_name": {"outputFile": "/tmp/kfp/outputs/job_name"}}
    assert outputs["outputFile"] == f"/s3/{task.root[5:]}/output_metadata.json"


def test_iterations_have_directories_of_their_own(compiled):
    tasks = execute(compiled, "loop-static").raised().tasks
    assert len({task.root for task in tasks}) == 2
    assert [task.path for task in tasks] == [
        f"root/for-loop-2/for-loop-2[{index}]/train" for index in (0, 1)
    ]


def test_an_artifact_reaches_the_next_task_as_the_metadata_store_returns_it(compiled):
    def pod(task):
        outputs = written(task)
        if task.name != "train":
            return outputs
        metadata = {"metrics": {"reward": 1.5}, "list": [1], "spot": True, "name": "x"}
        return Outputs.of(artifacts={"model": {"metadata": metadata}}, job_name="j")

    consume = execute(compiled, "upstream", pod).raised().named("consume")[0]
    model = consume.message["inputs"]["artifacts"]["model"]["artifacts"][0]
    assert model["type"] == {"instanceSchema": ""}
    assert model["uri"].endswith("/model")
    assert model["metadata"] == {
        "metrics": {"struct": {"reward": 1.5}},
        "list": {"list": [1]},
        "spot": 1,
        "name": "x",
        "display_name": "model",
        "store_session_info": "{}",
    }


def test_an_importer_makes_the_artifact_of_an_input(compiled):
    task = execute(compiled, "imported", uri="s3://models/b").raised().tasks[0]
    model = task.message["inputs"]["artifacts"]["model"]["artifacts"][0]
    assert model["uri"] == "s3://models/b"
    assert model["metadata"]["by"] == {"struct": {"team": 1}}


@pytest.mark.parametrize(("fails", "state"), [(False, "COMPLETE"), (True, "FAILED")])
def test_the_exit_task_runs_however_the_others_end(compiled, fails, state):
    def pod(task):
        if fails and task.name == "train":
            raise PodFailed("exit status 1")
        return written(task)

    result = execute(compiled, "exit-handler", pod)
    assert result.succeeded is not fails
    status = inputs(result.tasks[-1])
    assert status["text"] == "of b"
    assert status["status"] == {
        "state": state,
        "error": {},
        "pipelineJobResourceName": f"exit-handler-{RUN_ID[:5]}",
        "pipelineTaskName": "exit-handler-1",
    }


def test_a_pod_is_replaced_as_often_as_the_task_says(compiled):
    def pod(task):
        if task.retry_index < 2:
            raise PodFailed("exit status 1")
        return written(task)

    tasks = execute(compiled, "resources", pod).raised().tasks
    assert [task.retry_index for task in tasks] == [0, 1, 2]
    assert len({task.root for task in tasks}) == 1
    assert tasks[2].executor_input == tasks[0].executor_input.replace("logs-0", "logs-2")


def test_tasks_after_a_failed_one_do_not_run(compiled):
    def pod(task):
        raise PodFailed("exit status 1")

    result = execute(compiled, "upstream", pod)
    assert [task.name for task in result.tasks] == ["prepare"]
    assert list(result.failures) == ["root/prepare"]


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        (Outputs(), "failed to read output parameter"),
        (Outputs('{"parameterValues": {"job_name": "j"}, "extra": 1}'), "unmarshall"),
        (
            Outputs.of(artifacts={"model": {"uri": "s3://other/m"}}, job_name="j"),
            "expected bucket prefix",
        ),
        (
            Outputs.of(artifacts={"model": {"metadata": {"a": None}}}, job_name="j"),
            "unsupported value",
        ),
    ],
)
def test_outputs_that_the_launcher_refuses(compiled, outputs, problem):
    with pytest.raises(LauncherFailed, match=problem):
        execute(compiled, "omitted", lambda _: outputs).raised()


def test_an_output_may_come_in_a_file_of_its_own(compiled):
    result = execute(compiled, "omitted", lambda _: Outputs(files={"job_name": "j\n"})).raised()
    assert result.tasks[0].execution.outputs == {"job_name": "j\n"}


def test_builds_of_the_backend_differ_in_blanks_alone(compiled):
    texts = []
    for comma in (go_text.COMPACT, go_text.SPACED):
        run = Run(compiled / "f-string.yaml", {"bucket": "B"}, run_id=RUN_ID, comma=comma)
        message = json.loads(run.execute(written).tasks[0].executor_input)
        texts.append(message["inputs"])
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({}, "is not optional"),
        ({"bucket": 1}, "requires type string"),
        ({"bucket": None}, "requires type string"),
        ({"bucket": "b", "other": 1}, "not required by pipeline: other"),
    ],
)
def test_runs_that_the_api_server_refuses(compiled, parameters, problem):
    with pytest.raises(RunRefused, match=problem):
        Run(compiled / "f-string.yaml", parameters)


def test_a_pipeline_with_unknown_fields_is_refused():
    with pytest.raises(RunRefused, match="invalid v2 pipeline spec"):
        Run("pipelineInfo: {name: x}\nschemaVersion: 2.1.0\nextra: 1\n")
