"""Pipelines of the shapes that authors write, from their source to the request or the sweep.

Each is compiled by the installed kfp, walked by the stand-in for KFP's backend, parsed as the pod
does, and checked as the state machine does: what is compared is what SageMaker would be asked for.
"""

import json

import pytest
from kfp import compiler, dsl

from kfp_component import sweep_rl_model, train_rl_model
from kfp_component.errors import BadInput
from kfp_component.task_input.executor_input import ExecutorInput
from tests.kfp_backend import LauncherFailed, Outputs, Run
from training_job import build_request, parse_arguments
from training_sweep.parsing import parse_sweep
from training_sweep.trials import trials_of

pytestmark = pytest.mark.long

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:rl"
RUN_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
GIVEN = {
    "state_machine_arn": ARN,
    "region": "us-east-1",
    "entry_point": "train.py",
    "role": "arn:aws:iam::123456789012:role/job",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rl:1",
    "model_artifact_path": "s3://b/models",
    "instance_type": "ml.m5.large",
    "launcher_image": "registry/launcher:1",
}


def pods(tmp_path, pipeline, outputs=None, **parameters):
    """The pods of a run, with what other components' pods hand on."""
    target = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(target))
    result = Run(target, parameters, run_id=RUN_ID).execute(
        lambda task: Outputs.of(**(outputs or {}).get(task.name, MADE))
    )
    return result.raised().tasks


MADE = {
    "model_artifact_url": "s3://b/m/model.tar.gz",
    "job_name": "j",
    "training_image": "i",
    "execution_arn": "e",
}


def task_of(pod):
    return ExecutorInput.parse(pod.executor_input)


def requests(tmp_path, pipeline, outputs=None, **parameters):
    """The CreateTrainingJob request of each training, in order."""
    found = []
    for pod in pods(tmp_path, pipeline, outputs, **parameters):
        if not pod.name.startswith("train-rl-model"):
            continue
        given = json.loads(task_of(pod).execution_input)
        request = build_request(parse_arguments(given), job_name="job", region="us-east-1")
        found.append(request)
    return found


def hyperparameters(request):
    own = request["HyperParameters"].items()
    return {name: json.loads(value) for name, value in own if not name.startswith("sagemaker_")}


def tags(request):
    return {tag["Key"]: tag["Value"] for tag in request["Tags"]}


def test_parameters_in_f_strings(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(bucket: str, version: int):
        train_rl_model(**GIVEN, source_dir=f"s3://{bucket}/code-{version}.tar.gz")

    (request,) = requests(tmp_path, pipeline, bucket="mine", version=3)
    submitted = json.loads(request["HyperParameters"]["sagemaker_submit_directory"])
    assert submitted == "s3://mine/code-3.tar.gz"


def test_parameters_in_dicts_and_lists(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(lr: float, episodes: int, team: str, kind: str):
        train_rl_model(
            **GIVEN,
            hyperparameters={"lr": lr, "episodes": episodes, "net": [64, 64]},
            tags={"team": team},
            fallback_instance_types=[kind, "ml.m5.2xlarge"],
        )

    (request,) = requests(tmp_path, pipeline, lr=1e-4, episodes=50, team="rl", kind="ml.m5.xlarge")
    # KFP puts numbers into dicts as text; scripts that parse options see no difference.
    assert hyperparameters(request) == {"lr": "0.0001", "episodes": "50", "net": [64, 64]}
    assert tags(request)["team"] == "rl"


def test_a_dict_parameter_as_a_whole_keeps_its_numbers(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(hyperparameters: dict, max_run: int, spot: bool):
        train_rl_model(
            **GIVEN,
            hyperparameters=hyperparameters,
            max_run=max_run,
            spot_instance=spot,
            max_wait_time=7200,
        )

    given = {"lr": 0.0001, "episodes": 50, "net": [64, 64], "deep": {"a": None, "b": "c"}}
    (request,) = requests(tmp_path, pipeline, hyperparameters=given, max_run=3600, spot=True)
    assert hyperparameters(request) == given
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 3600,
        "MaxWaitTimeInSeconds": 7200,
    }
    assert request["EnableManagedSpotTraining"] is True


def test_a_loop_s_item_and_its_fields(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        with dsl.ParallelFor([{"lr": 0.1, "tag": "a"}, {"lr": 0.01, "tag": "b"}]) as item:
            train_rl_model(
                **GIVEN,
                hyperparameters={"lr": item.lr, "all": [item.tag, f"{item.tag}-x"]},
                tags={"which": item.tag},
            )

    found = requests(tmp_path, pipeline)
    assert [hyperparameters(each) for each in found] == [
        {"lr": "0.1", "all": ["a", "a-x"]},
        {"lr": "0.01", "all": ["b", "b-x"]},
    ]
    assert [tags(each)["which"] for each in found] == ["a", "b"]


def test_a_loop_s_item_as_a_whole(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        with dsl.ParallelFor([{"lr": 0.1, "n": 3}, {"lr": 0.01, "n": 4}]) as item:
            train_rl_model(**GIVEN, hyperparameters=item)

    found = [hyperparameters(each) for each in requests(tmp_path, pipeline)]
    assert found == [{"lr": 0.1, "n": 3}, {"lr": 0.01, "n": 4}]


def test_each_iteration_has_an_execution_of_its_own(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        with dsl.ParallelFor([11, 12, 13]) as size:
            train_rl_model(**GIVEN, volume_size=size)

    seeds = {task_of(pod).seed for pod in pods(tmp_path, pipeline)}
    assert len(seeds) == 3
    sizes = [each["ResourceConfig"]["VolumeSizeInGB"] for each in requests(tmp_path, pipeline)]
    assert sizes == [11, 12, 13]


@dsl.container_component
def prepare(source: dsl.OutputPath(str), found: dsl.OutputPath(dict)):
    return dsl.ContainerSpec(image="i", command=["prepare"], args=["{{$}}"])


def test_outputs_of_another_task(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        made = prepare()
        train_rl_model(
            **GIVEN,
            source_dir=made.outputs["source"],
            hyperparameters=made.outputs["found"],
            tags={"from": f"of-{made.outputs['source']}"},
        )

    outputs = {"prepare": {"source": "s3://b/made.tar.gz", "found": {"lr": 0.5, "text": 'a "b"'}}}
    (request,) = requests(tmp_path, pipeline, outputs)
    assert hyperparameters(request) == {"lr": 0.5, "text": 'a "b"'}
    assert tags(request)["from"] == "of-s3://b/made.tar.gz"


def test_image_and_memory_from_parameters(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(launcher: str, memory: str):
        train = train_rl_model(**{**GIVEN, "launcher_image": launcher})
        train.set_memory_limit(memory)

    (pod,) = pods(tmp_path, pipeline, launcher="registry/l:2", memory="300Mi")
    assert pod.image == "registry/l:2"
    assert pod.resources["limits"]["memory"] == "300Mi"
    assert set(json.loads(task_of(pod).execution_input)) == {*GIVEN} - {
        "state_machine_arn",
        "launcher_image",
    }


@dsl.container_component
def say(text: str, said: dsl.OutputPath(str)):
    return dsl.ContainerSpec(image="i", command=["say"], args=["{{$}}"])


def test_the_run_s_id_as_a_tag_goes_through_a_component(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        run = say(text=dsl.PIPELINE_JOB_ID_PLACEHOLDER)
        train_rl_model(**GIVEN, tags={"run": run.output})

    (request,) = requests(tmp_path, pipeline, {"say": {"said": RUN_ID}})
    assert tags(request)["run"] == RUN_ID


def test_the_run_s_id_in_a_dict_is_named_as_what_kfp_cannot_express(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline():
        train_rl_model(**GIVEN, tags={"run": dsl.PIPELINE_JOB_ID_PLACEHOLDER})

    (pod,) = pods(tmp_path, pipeline)
    with pytest.raises(BadInput, match=r"tags.run holds .* only where it is the whole value"):
        task_of(pod)


@pytest.mark.parametrize("given", ['a "quote"', "two\nlines", "back\\slash"])
def test_text_that_breaks_the_json_is_named_as_what_kfp_cannot_express(tmp_path, given):
    @dsl.pipeline(name="p")
    def pipeline(note: str):
        train_rl_model(**GIVEN, tags={"note": note})

    (pod,) = pods(tmp_path, pipeline, note=given)
    with pytest.raises(BadInput, match=r"kubeflow/pipelines#11035|holds"):
        task_of(pod)


def test_a_dict_inside_a_dict_is_named_as_what_kfp_cannot_express(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(net: dict):
        train_rl_model(**GIVEN, hyperparameters={"net": net})

    (pod,) = pods(tmp_path, pipeline, net={"layers": 2})
    with pytest.raises(BadInput, match="hyperparameters is no JSON"):
        task_of(pod)


SWEEP = {**GIVEN, "metric_definitions": {"reward": "r=(.*)"}, "objective_metric": "reward"}


def sweep_of(pod):
    task = task_of(pod)
    assert task.is_sweep
    return task, parse_sweep(json.loads(task.execution_input))


@pytest.mark.parametrize("seeds", [3, [1, 2, 3], "1,2,3"])
def test_a_sweep_s_space_and_seeds(tmp_path, seeds):
    @dsl.pipeline(name="p")
    def pipeline():
        sweep_rl_model(**SWEEP, space={"lr": [0.1, 0.2]}, seeds=seeds)

    (pod,) = pods(tmp_path, pipeline, SWEPT)
    task, arguments = sweep_of(pod)
    assert task.state_machine.arn == ARN
    assert "state_machine_arn" not in task.arguments
    found = [(trial.hyperparameters["lr"], trial.seed) for trial in trials_of(arguments)]
    assert found == [(lr, seed) for lr in (0.1, 0.2) for seed in (1, 2, 3)]


SWEPT = {
    "sweep-rl-model": {
        "model_artifact_url": "s3://b/m/model.tar.gz",
        "best_hyperparameters": {"lr": 0.1, "net": [64, 64]},
        "best_seed": 3,
        "execution_arn": "e",
    }
}


def test_a_sweep_s_arguments_from_parameters_and_its_outputs_in_a_training(tmp_path):
    @dsl.pipeline(name="p")
    def pipeline(space: dict, samples: int, seeds: str, goal: str):
        sweep = sweep_rl_model(
            **SWEEP, space=space, samples=samples, seeds=seeds, objective_type=goal, pilot=True
        )
        train_rl_model(
            **GIVEN,
            hyperparameters=sweep.outputs["best_hyperparameters"],
            tags={"seed": f"{sweep.outputs['best_seed']}"},
        )

    space = {"lr": {"min": 0.001, "max": 0.1, "scale": "log"}, "layers": [1, 2]}
    given = {"space": space, "samples": 4, "seeds": "7,8", "goal": "minimize"}
    sweep_pod, _ = pods(tmp_path, pipeline, SWEPT, **given)
    _, arguments = sweep_of(sweep_pod)
    assert len(trials_of(arguments)) == 8
    assert (arguments.objective_type, arguments.pilot) == ("minimize", True)
    (request,) = requests(tmp_path, pipeline, SWEPT, **given)
    assert hyperparameters(request) == {"lr": 0.1, "net": [64, 64]}
    assert tags(request)["seed"] == "3"


@dsl.container_component
def evaluate(model: dsl.Input[dsl.Model]):
    return dsl.ContainerSpec(image="i", command=["evaluate"], args=["{{$}}"])


def test_the_model_as_an_artifact_takes_a_pipeline_of_its_own(tmp_path):
    """As docs/kfp-step.md says; without the nesting it compiles, and fails at run time."""

    def imported(url):
        model = dsl.importer(artifact_uri=url, artifact_class=dsl.Model, reimport=False)
        evaluate(model=model.output)

    @dsl.pipeline
    def evaluate_model(url: str):
        imported(url)

    @dsl.pipeline(name="p")
    def nested():
        evaluate_model(url=train_rl_model(**GIVEN).outputs["model_artifact_url"])

    @dsl.pipeline(name="p")
    def direct():
        imported(train_rl_model(**GIVEN).outputs["model_artifact_url"])

    *_, pod = pods(tmp_path, nested)
    (model,) = pod.message["inputs"]["artifacts"]["model"]["artifacts"]
    assert model["uri"] == MADE["model_artifact_url"]
    with pytest.raises(LauncherFailed, match="parent DAG does not have input parameter"):
        pods(tmp_path, direct)
