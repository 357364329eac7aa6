"""What docs/kfp-step.md tells authors to write does what it says."""

import re
from pathlib import Path

import pytest
import yaml
from kfp import compiler, dsl

from kfp_component import train_rl_model
from kfp_component.author.generate import COMPONENT_FILE
from kfp_component.author.launcher_image import VARIABLE
from kfp_component.author.site_component import main as write_site_component
from tests.kfp_backend import Outputs, Run

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "kfp-step.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
TASK = "exec-train-rl-model"
TRAINING_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1"
MODELS = "s3://my-bucket/models"


def block(holding):
    (found,) = [text for text in BLOCKS if holding in text]
    return found


def compiled(pipeline, tmp_path):
    """The task, its container and its Kubernetes settings."""
    target = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(target))
    spec, platform = yaml.safe_load_all(target.read_text())
    return (
        spec["root"]["dag"]["tasks"]["train-rl-model"],
        spec["deploymentSpec"]["executors"][TASK]["container"],
        platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][TASK],
    )


@dsl.container_component
def evaluate(model: dsl.Input[dsl.Model]):
    return dsl.ContainerSpec(image="i", command=["x"], args=[model.uri])


def test_the_first_pipeline_compiles(tmp_path):
    names = {}
    exec(block("from kfp_component import train_rl_model"), names)
    task, container, _ = compiled(names["pipeline"], tmp_path)
    assert task["retryPolicy"]["maxRetryCount"] == 5
    assert container["image"] == "{{$.inputs.parameters['pipelinechannel--launcher_image']}}"


def test_a_sites_component_with_the_lines_to_paste_is_the_safe_task(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = "registry/launcher:0.1.0"
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining"
    assert write_site_component(["--image", image, "--state-machine-arn", arn]) == 0
    names = {"dsl": dsl}
    rest = f'image="{TRAINING_IMAGE}", model_artifact_path="{MODELS}"'
    exec(block("load_component_from_file").replace("...", rest), names)
    pasted, pasted_container, pasted_kubernetes = compiled(names["pipeline"], tmp_path)

    @dsl.pipeline(name="train")
    def pipeline(source_dir: str):
        train_rl_model(
            state_machine_arn=arn,
            region="us-east-1",
            image=TRAINING_IMAGE,
            entry_point="train.py",
            source_dir=source_dir,
            model_artifact_path=MODELS,
            launcher_image=image,
        )

    safe, safe_container, safe_kubernetes = compiled(pipeline, tmp_path)
    for setting in ("retryPolicy", "cachingOptions"):
        assert pasted[setting] == safe[setting]
    assert pasted_container["image"] == safe_container["image"]
    assert pasted_container["args"] == safe_container["args"]
    assert pasted["inputs"]["parameters"].items() <= safe["inputs"]["parameters"].items()
    kill = "workflows.argoproj.io/kill-cmd-main"
    assert (
        pasted_kubernetes["podMetadata"]["annotations"][kill]
        == safe_kubernetes["podMetadata"]["annotations"][kill]
    )
    field = safe_kubernetes["fieldPathAsEnv"][0]
    assert f'"{field["name"]}",\n"{field["fieldPath"]}"' in PAGE


def test_the_model_is_handed_on_as_an_artifact(tmp_path):
    names = {"dsl": dsl, "evaluate": evaluate}
    exec(block("dsl.importer"), names)

    @dsl.pipeline(name="p")
    def pipeline():
        train = train_rl_model(
            state_machine_arn="arn", region="us-east-1", entry_point="t.py", launcher_image="i"
        )
        names["evaluate_model"](url=train.outputs["model_artifact_url"])

    compiler.Compiler().compile(pipeline, str(tmp_path / "p.yaml"))
    made = {"model_artifact_url": "s3://b/model.tar.gz", "job_name": "j", "training_image": "i"}
    result = Run(tmp_path / "p.yaml", {}).execute(lambda _: Outputs.of(execution_arn="e", **made))
    (evaluated,) = result.raised().named("evaluate")
    (model,) = evaluated.message["inputs"]["artifacts"]["model"]["artifacts"]
    assert model["uri"] == "s3://b/model.tar.gz"


def test_the_sweep_compiles(tmp_path):
    names = {}
    exec(block("SweepStateMachineArn"), names)
    compiler.Compiler().compile(names["pipeline"], str(tmp_path / "p.yaml"))
    spec = next(yaml.safe_load_all((tmp_path / "p.yaml").read_text()))
    inputs = spec["root"]["dag"]["tasks"]["sweep-rl-model"]["inputs"]["parameters"]
    assert inputs["seeds"]["runtimeValue"]["constant"] == "10"


def test_the_page_names_what_there_is():
    assert f"`{VARIABLE}`" in PAGE
    assert COMPONENT_FILE.relative_to(ROOT).as_posix() in PAGE
    assert "train_with_retries" not in PAGE


@pytest.mark.parametrize("page", ["docs/kfp-step.md", "docs/examples.md", "README.md"])
def test_links_between_pages_lead_somewhere(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}
            assert anchor in slugs, target
