"""The component that a platform team publishes."""

from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from kfp import compiler, components, dsl

from kfp_component.author.site_component import SiteError, main, site_component

ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:RlTraining"
ROLE = "arn:aws:iam::123456789012:role/RlTrainingJobRole"
IMAGE = "registry.example.com/launcher:1"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the stack outputs, or an error."""
    client = boto3.client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    monkeypatch.setattr(boto3, "client", lambda _, **__: client)

    def has(**outputs: str) -> None:
        stack = {
            "StackName": "RlTraining",
            "CreationTime": "2026-01-01T00:00:00Z",
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "RlTraining"})

    with Stubber(client) as stubber:
        has.stubber = stubber  # type: ignore[attr-defined]
        yield has


def inputs_and_image(text: str) -> tuple[dict[str, Any], str]:
    definition = yaml.safe_load(text)
    return (
        definition["components"]["comp-train-rl-model"]["inputDefinitions"]["parameters"],
        definition["deploymentSpec"]["executors"]["exec-train-rl-model"]["container"]["image"],
    )


def test_a_pipeline_needs_the_file_and_what_the_site_cannot_know(tmp_path: Path) -> None:
    file = tmp_path / "component.yaml"
    arguments = ["--image", IMAGE, "--state-machine-arn", ARN, "--role", ROLE]
    assert main([*arguments, "--output", str(file)]) == 0
    train = components.load_component_from_file(str(file))

    @dsl.pipeline(name="p")
    def pipeline() -> None:
        train(entry_point="train.py")

    compiler.Compiler().compile(pipeline, str(tmp_path / "p.yaml"))
    compiled = yaml.safe_load((tmp_path / "p.yaml").read_text())
    executor = compiled["deploymentSpec"]["executors"]["exec-train-rl-model"]
    assert executor["container"]["image"] == IMAGE
    inputs = compiled["components"]["comp-train-rl-model"]["inputDefinitions"]["parameters"]
    defaults = {name: it["defaultValue"] for name, it in inputs.items() if "defaultValue" in it}
    assert defaults == {"state_machine_arn": ARN, "region": "eu-west-1", "role": ROLE}
    assert [name for name, it in inputs.items() if not it.get("isOptional")] == ["entry_point"]


def test_only_what_is_given_has_a_default() -> None:
    inputs, image = inputs_and_image(site_component(IMAGE, {"role": ""}))
    assert image == IMAGE
    assert not [name for name, it in inputs.items() if "defaultValue" in it]


def test_defaults_come_from_the_outputs_of_a_stack(tmp_path: Path, stack: Any) -> None:
    stack(StateMachineArn=ARN, JobRoleArn=ROLE, LauncherImageUri="account/launcher:built")
    file = tmp_path / "component.yaml"
    assert main(["--stack", "RlTraining", "--output", str(file)]) == 0
    inputs, image = inputs_and_image(file.read_text())
    assert image == "account/launcher:built"
    assert inputs["role"]["defaultValue"] == ROLE
    assert inputs["region"]["defaultValue"] == "eu-west-1"


def test_what_is_given_wins_over_the_stack(tmp_path: Path, stack: Any) -> None:
    stack(StateMachineArn=ARN, JobRoleArn=ROLE, LauncherImageUri="account/launcher:built")
    file = tmp_path / "component.yaml"
    own = ["--image", IMAGE, "--role", ROLE + "2"]
    assert main(["--stack", "RlTraining", *own, "--output", str(file)]) == 0
    inputs, image = inputs_and_image(file.read_text())
    assert (image, inputs["role"]["defaultValue"]) == (IMAGE, ROLE + "2")


def test_a_stack_that_cannot_be_read_is_said(
    tmp_path: Path, stack: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.stubber.add_client_error("describe_stacks", "ValidationError", "it does not exist")
    assert main(["--stack", "RlTraining", "--output", str(tmp_path / "c.yaml")]) == 1
    error = capsys.readouterr().err
    assert "cannot read the outputs of the stack RlTraining" in error
    assert "it does not exist" in error


def test_no_image_no_component(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "component.yaml"
    assert main(["--output", str(file)]) == 1
    assert "make component IMAGE=" in capsys.readouterr().err
    assert not file.exists()


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"state_machine_arn": "arn", "region": "nowhere", "role": "me"}
    with pytest.raises(SiteError) as refused:
        site_component(IMAGE, wrong)
    assert [line.split()[0].rstrip(":") for line in str(refused.value).splitlines()] == list(wrong)


def test_a_region_is_the_state_machines_own() -> None:
    with pytest.raises(SiteError, match="region is us-east-1, but the state machine is in eu-west"):
        site_component(IMAGE, {"state_machine_arn": ARN, "region": "us-east-1"})


def test_an_image_is_one_word() -> None:
    with pytest.raises(SiteError, match="without spaces"):
        site_component("a b", {})
