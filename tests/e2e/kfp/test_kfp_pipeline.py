"""The component inside pipelines, which KFP itself runs on this machine."""

import contextlib
import io
from unittest import mock

import pytest
from kfp import dsl, local
from kfp.local import executor_input_utils, subprocess_task_handler

from kfp_component import train_rl_model
from tests.support.step.kfp_pods import Cluster, train

pytestmark = [
    pytest.mark.e2e,
    # What the task sets for Kubernetes, kfp.local does not use.
    pytest.mark.filterwarnings("ignore:.*no effect in the current local runner:UserWarning"),
]


@dsl.component(base_image="python:3.12", install_kfp_package=False)
def use(url: str, job: str, image: str, execution: str, model: dsl.Input[dsl.Model]) -> str:
    assert url.startswith("s3://")
    assert model.metadata["s3_uri"] == url
    assert model.metadata["job_name"] == job
    assert ":execution:" in execution
    assert image
    return model.metadata["metrics"]["reward"].__repr__()


@pytest.fixture(scope="module")
def cluster(deployed, tmp_path_factory):
    return Cluster(deployed, tmp_path_factory.mktemp("tasks"))


@pytest.fixture
def run(cluster, tmp_path, monkeypatch):
    """Runs a pipeline; returns its outputs."""
    for name, value in cluster.pod(train()).environment.items():
        monkeypatch.setenv(name, value)
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path))
    # kfp.local refuses components with a command of their own, for want of their image.
    accept = mock.patch.multiple(
        subprocess_task_handler.SubprocessTaskHandler,
        validate_image=mock.DEFAULT,
        validate_not_container_component=mock.DEFAULT,
    )

    to_dict = executor_input_utils.executor_input_to_dict

    def without_omitted(executor_input, component_spec):
        """Leaves out what was not given, as clusters do; kfp.local 2.17 takes int() of it."""
        values = executor_input.inputs.parameter_values
        for name, value in list(values.items()):
            if value.WhichOneof("kind") in (None, "null_value"):
                del values[name]
        return to_dict(executor_input, component_spec)

    omit = mock.patch.object(executor_input_utils, "executor_input_to_dict", without_omitted)

    def runs(pipeline, **arguments):
        with accept, omit, contextlib.redirect_stdout(io.StringIO()):
            return pipeline(**arguments).outputs

    return runs


def arguments_of(pod):
    own = {"state_machine_arn": pod.arn, "region": "us-east-1", "launcher_image": "none-is-pulled"}
    return {**pod.arguments, **own, "entry_point": "train.py"}


def test_the_next_step_gets_the_model(cluster, run):
    given = arguments_of(cluster.pod(train(lines=5)))

    @dsl.pipeline(name="two-steps")
    def pipeline() -> str:
        task = train_rl_model(**given)
        return use(
            url=task.outputs["model_artifact_url"],
            job=task.outputs["job_name"],
            image=task.outputs["training_image"],
            execution=task.outputs["execution_arn"],
            model=task.outputs["model"],
        ).output

    assert run(pipeline)["Output"] == "0.4"


def test_each_iteration_of_a_loop_has_its_own_execution(cluster, run):
    pod = cluster.pod(train(lines=2), metric_definitions={})
    given = arguments_of(pod)
    before = len(cluster.states.list_executions(stateMachineArn=pod.arn)["executions"])

    @dsl.pipeline(name="loop")
    def pipeline():
        with dsl.ParallelFor([11, 12, 13, 14, 15, 16, 17, 18]) as size:
            train_rl_model(volume_size=size, **given)

    run(pipeline)
    executions = cluster.states.list_executions(stateMachineArn=pod.arn)["executions"]
    ours = executions[: len(executions) - before]
    assert len(ours) == 8
    assert {item["status"] for item in ours} == {"SUCCEEDED"}
    sizes = set()
    for item in ours:
        described = cluster.states.describe_execution(executionArn=item["executionArn"])
        sizes.add(described["input"].partition('"volume_size":')[2][:2])
    assert sizes == {str(size) for size in range(11, 19)}


def test_a_training_that_fails_ends_the_pipeline_before_the_next_step(cluster, run):
    given = arguments_of(cluster.pod(train(lines=1, last="raise RuntimeError('no luck')")))
    reached = cluster.directory / "reached"

    @dsl.component(base_image="python:3.12", install_kfp_package=False)
    def after(url: str, path: str):
        import pathlib

        pathlib.Path(path).write_text(url)

    @dsl.pipeline(name="failing")
    def pipeline(path: str):
        task = train_rl_model(retries=0, **given)
        after(url=task.outputs["model_artifact_url"], path=path)

    with pytest.raises(RuntimeError, match="train-rl-model"):
        run(pipeline, path=str(reached))
    assert not reached.exists()
