"""The tasks of this project as the oldest kfp that the package allows has compiled them."""

import json

import pytest

from tests.kfp_backend.compiled import Compiled
from tests.kfp_backend.launcher.outputs import Outputs
from tests.kfp_backend.pipeline import Run
from tests.support.pipelines import components
from tests.support.pipelines.components import OLDEST_ALLOWED

GIVEN = {
    "state_machine_arn": "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining",
    "role": "arn:aws:iam::123456789012:role/JobRole",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rl:1",
    "source_dir": "s3://b/code",
    "model_artifact_path": "s3://b/models",
    "launcher_image": "example.com/launcher:1",
}
OWN = {
    "train": {"volume_size": 7, "hyperparameters": {"lr": 0.5}},
    "sweep": {"space": {"lr": [0.1, 0.2]}, "max_parallel": 3},
}


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("components")
    components.write(directory)
    return directory


def interface(directory, name):
    (component,) = (
        each
        for label, each in Compiled.read(directory / f"{name}.yaml").spec["components"].items()
        if label.endswith("-rl-model")
    )
    return {key: component[key] for key in ("inputDefinitions", "outputDefinitions")}


@pytest.mark.parametrize("name", OWN)
def test_the_recorded_files_are_not_stale(installed, name):
    """Else: tests/support/pipelines/components.py says how they are made."""
    assert interface(OLDEST_ALLOWED, name) == interface(installed, name)


@pytest.mark.parametrize("name", OWN)
def test_its_pods_get_what_the_author_gave(name):
    made = Outputs.of(
        model_artifact_url="s3://b/m", job_name="j", training_image="i", execution_arn="arn"
    )
    if name == "sweep":
        made = Outputs.of(
            model_artifact_url="s3://b/m",
            best_hyperparameters={"lr": 0.2},
            best_seed=1,
            execution_arn="arn",
        )
    result = Run(OLDEST_ALLOWED / f"{name}.yaml", {**GIVEN, **OWN[name]}).execute(lambda _: made)
    (task,) = result.raised().tasks
    given = json.loads(task.executor_input)["inputs"]["parameterValues"]
    for key, value in OWN[name].items():
        assert given[key] == value
    assert given["source_dir"] == "s3://b/code/sourcedir.tar.gz"
