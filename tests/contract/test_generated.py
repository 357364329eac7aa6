"""What is generated is fresh, and does what it is for."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from examples.cartpole.train import parse_options
from tools import costs_page, generate
from tools.arguments_schema import arguments_schema
from training_job import TrainingArguments, parse_arguments
from training_sweep.parsing import parse_sweep
from training_sweep.trials import execution_input, trials_of

FILES = generate.generated()
SOURCES = (
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "tests/support/template/permissions_page.py",
    costs_page.TEMPLATE.relative_to(generate.ROOT).as_posix(),
)
"""Beside the packages."""


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_is_fresh(path):
    assert (generate.ROOT / path).read_text() == FILES[path], f"{path} is stale: run make generate"


@pytest.mark.parametrize("path", [*FILES, *map(Path, SOURCES)], ids=str)
def test_a_commit_of_it_or_of_what_it_is_made_from_is_checked(path):
    hooks = yaml.safe_load((generate.ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (files,) = (hook["files"] for hook in hooks[0]["hooks"] if hook["id"] == "generated")
    assert (generate.ROOT / path).is_file()
    assert re.search(files, path.as_posix())


@pytest.mark.parametrize("name", ["custom-image", "toolkit-image"])
def test_ready_inputs_are_valid(name):
    text = (generate.ROOT / f"docs/inputs/{name}.json").read_text()
    jsonschema.validate(json.loads(text), arguments_schema())
    parse_arguments(json.loads(text))


def test_the_ready_sweep_varies_what_the_script_of_cartpole_reads():
    sweep = parse_sweep(json.loads((generate.ROOT / "docs/inputs/sweep.json").read_text()))
    for trial in trials_of(sweep):
        given = execution_input(sweep, trial, sweep="s")["hyperparameters"]
        parse_options([f"--{name}={value}" for name, value in given.items()])


@pytest.mark.parametrize("name", TrainingArguments.model_fields)
def test_every_argument_has_its_section_and_row(name):
    page = FILES[generate.Path("docs/arguments.md")]
    assert f"\n## {name}\n" in page
    documented = list(TrainingArguments.model_fields).index(name) < generate.DOCUMENTED
    assert f"\n| [{name}](#{name}){'' if documented else ' +'} |" in page
