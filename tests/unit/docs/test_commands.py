"""What the pages tell a reader to type, exists."""

import ast
import importlib.util
import json
import re

import botocore.session
import pytest
from google.protobuf.json_format import MessageToDict
from kfp import compiler

from infra.settings.model import Settings
from tests.unit.docs.pages import PAGES, ROOT, blocks, name
from training_job import parse_arguments
from training_sweep.arguments.model import SweepArguments
from training_sweep.parsing import parse_sweep

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
SHELL = blocks("sh", "bash", "console")
NOT_IN_BOTOCORE = {("sso", "login"), ("s3", "cp"), ("ecr", "get-login-password")}
"""Commands that the AWS CLI has beside the operations of the services."""


def places(pattern):
    """Yield each match in commands, as (page, text)."""
    for page in PAGES:
        inline = re.findall(r"`([^`\n]+)`", page.read_text())
        for text in [*(block.text for block in SHELL if block.page == page), *inline]:
            for found in re.findall(pattern, text, re.MULTILINE):
                yield name(page), found


def test_every_make_target_is_there():
    named = list(places(r"(?:^|[\s(])make ((?!-)[a-z][a-z-]*)(?=\s|$|\))"))
    assert len(named) > 30
    assert {(page, target) for page, target in named if target not in TARGETS} == set()


def test_every_target_is_phony_and_says_what_it_does():
    phony = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[1].split()) - {
        "\\"
    }
    told = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    assert phony == TARGETS
    assert phony - told <= {"help"}


def test_every_python_module_is_there():
    named = list(places(r"python3? -m ([\w.]+)"))
    assert len(named) > 10
    assert {(page, module) for page, module in named if not _installed(module)} == set()


def _installed(module):
    try:
        return importlib.util.find_spec(module.rstrip(".")) is not None
    except ModuleNotFoundError:
        return False


def test_every_command_of_the_cdk_is_one():
    commands = {"bootstrap", "deploy", "destroy", "diff", "synth"}
    assert {found for _, found in places(r"(?:^|\s)cdk ([a-z]+)")} <= commands


def test_every_setting_that_is_given_to_the_cdk_is_one():
    named = {found for _, found in places(r"-c (\w+)=")} - {"name", "NAME"}
    assert named
    assert named <= set(Settings.model_fields)


def test_every_operation_of_the_aws_cli_is_one():
    session = botocore.session.get_session()
    for page, (service, operation) in places(r"(?:^|[\s(])aws ([a-z0-9-]+) ([a-z0-9-]+)"):
        if (service, operation) in NOT_IN_BOTOCORE:
            continue
        model = session.get_service_model(service)
        spelled = {_dashed(each) for each in model.operation_names}
        assert operation in spelled, (page, service, operation)


def _dashed(operation):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation).lower()


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: name(block.page))
def test_json_is_json(block):
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: name(block.page))
def test_python_is_python(block):
    ast.parse(re.sub(r",\s*\.\.\.(?=\s*[])}])", "", block.text))


def test_the_pipeline_of_the_readme_compiles(tmp_path):
    (block,) = [each for each in blocks("python") if each.page == ROOT / "README.md"]
    namespace = {}
    exec(block.text, namespace)
    compiler.Compiler().compile(namespace["train"], str(tmp_path / "train.yaml"))
    assert "train-rl-model" in (tmp_path / "train.yaml").read_text()


def test_every_path_that_a_page_names_is_there():
    for page, path in places(r"^((?:tests|tools|infra|examples|bench)/[\w./-]+\.\w+)$"):
        assert (ROOT / path).exists(), (page, path)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_words_are_anybodys(page):
    odd = r"ignored beside|for ever\b|the only door|three doors|be it that|none that is known"
    assert not re.findall(odd, page.read_text(), re.IGNORECASE)


@pytest.mark.parametrize(
    ("called", "parse"), [("train_rl_model", parse_arguments), ("sweep_rl_model", parse_sweep)]
)
def test_a_task_of_the_steps_page_needs_no_more_arguments(called, parse):
    """The first block of each on docs/kfp-step.md, with the values of the pipeline's inputs."""
    import_line = f"from kfp_component import {called}\n"
    block = next(
        each
        for each in blocks("python")
        if each.page == ROOT / "docs" / "kfp-step.md" and import_line in each.text
    )
    namespace = {}
    exec(block.text, namespace)
    (task,) = namespace["pipeline"].pipeline_spec.root.dag.tasks.values()
    inputs = {
        "role": "arn:aws:iam::123456789012:role/RlTrainingJob",
        "source_dir": "s3://my-bucket/source/code.tar.gz",
        "models": "s3://my-bucket/models",
    }
    given = {}
    for argument, value in task.inputs.parameters.items():
        if value.component_input_parameter:
            given[argument] = inputs.get(value.component_input_parameter)
        else:
            given[argument] = MessageToDict(value.runtime_value.constant)
    parse({each: given[each] for each in given if each in SweepArguments.model_fields})
    assert set(inputs.values()) < {value for value in given.values() if isinstance(value, str)}
