"""What pipelines, users' scripts and the KFP backend rely on in the component."""

import subprocess
import sys

import pytest
import yaml
from kfp import components, dsl

from kfp_component import bare_component
from kfp_component.author.component import compile_component
from kfp_component.author.generate import COMPONENT_FILE
from training_job import TrainingArguments

OWN = {"state_machine_arn", "stop_on_sigterm"}
PARAMETERS = {"model_artifact_url", "job_name", "training_image", "execution_arn"}
ARTIFACTS = {"model": "system.Model", "metrics": "system.Metrics", "report": "system.HTML"}


@pytest.fixture(scope="module")
def definition():
    return yaml.safe_load(compile_component(bare_component))


def component_of(definition):
    return definition["components"]["comp-train-rl-model"]


def test_the_arguments_are_the_executor_input_and_nothing_else(definition):
    container = definition["deploymentSpec"]["executors"]["exec-train-rl-model"]["container"]
    assert container["args"] == ["--executor_input", "{{$}}"]
    assert container["command"] == ["python3", "-m", "kfp_component"]


def test_the_inputs_are_the_documented_arguments(definition):
    inputs = component_of(definition)["inputDefinitions"]["parameters"]
    assert set(inputs) == set(TrainingArguments.model_fields) | OWN


def test_only_what_no_deployment_supplies_is_required_and_nothing_has_a_default(definition):
    inputs = component_of(definition)["inputDefinitions"]["parameters"]
    required = {name for name, spec in inputs.items() if not spec.get("isOptional")}
    assert required == {"state_machine_arn", "region", "entry_point"}
    assert not [name for name, spec in inputs.items() if "defaultValue" in spec]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("vpc_subnets", "STRING"),
        ("metric_definitions", "STRUCT"),
        ("debug_rule_config", "LIST"),
        ("fallback_instance_types", "LIST"),
        ("max_run", "NUMBER_INTEGER"),
        ("spot_instance", "BOOLEAN"),
        ("role", "STRING"),
        ("toolkit", "STRING"),
        ("checkpoint_config", "STRUCT"),
    ],
)
def test_inputs_have_the_documented_types(definition, name, kind):
    inputs = component_of(definition)["inputDefinitions"]["parameters"]
    assert inputs[name]["parameterType"] == kind


def test_every_input_and_output_is_described(definition):
    component = component_of(definition)
    inputs = component["inputDefinitions"]["parameters"]
    outputs = component["outputDefinitions"]
    everything = {**inputs, **outputs["parameters"], **outputs["artifacts"]}
    assert not [name for name, spec in everything.items() if not spec.get("description")]
    assert "Default: 86400." in inputs["max_run"]["description"]
    assert "Default: false." in inputs["spot_instance"]["description"]


def test_the_outputs_are_those_of_the_contract(definition):
    outputs = component_of(definition)["outputDefinitions"]
    assert set(outputs["parameters"]) == PARAMETERS
    types = {
        name: item["artifactType"]["schemaTitle"] for name, item in outputs["artifacts"].items()
    }
    assert types == ARTIFACTS


def test_component_yaml_loads_and_its_outputs_feed_typed_inputs(tmp_path):
    from kfp import compiler

    loaded = components.load_component_from_file(str(COMPONENT_FILE))

    @dsl.container_component
    def use(url: str, job: str, model: dsl.Input[dsl.Model]):
        return dsl.ContainerSpec(image="i", command=["x"], args=["{{$}}"])

    for each in (loaded, bare_component):

        @dsl.pipeline(name="p")
        def pipeline(arn: str = "a"):
            task = each(  # noqa: B023 - compiled at once
                state_machine_arn=arn, region="us-east-1", entry_point="t.py", job_name="given"
            )
            use(
                url=task.outputs["model_artifact_url"],
                job=task.outputs["job_name"],
                model=task.outputs["model"],
            )

        compiler.Compiler().compile(pipeline, str(tmp_path / "p.yaml"))


def test_the_pod_side_needs_botocore_and_nothing_else():
    code = (
        "import sys, kfp_component.step.launcher, kfp_component.stop\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"kfp", "pydantic", "boto3", "rich", "yaml", "sagemaker"} & set(loaded)
