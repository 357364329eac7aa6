"""What the examples import is what docs/public-api.md protects."""

import ast
import re
from importlib import import_module
from inspect import getdoc, isclass, isroutine
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("training_job", "kfp_component", "infra")
INTERNAL = (*PACKAGES, "training_sweep", "lambdas", "rl_training_cdk")
PUBLIC_MODULES = {"training_job.links"}
PROGRAMS = sorted((ROOT / "examples").rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_documented(package):
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name).__doc__


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_and_class_has_an_example(package):
    module = import_module(package)
    public = {name: getattr(module, name) for name in module.__all__}
    ours = {name: each for name, each in public.items() if isroutine(each) or isclass(each)}
    assert [name for name, each in ours.items() if "Example" not in str(getdoc(each))] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_examples_import_public_names_only(program):
    assert not_public(program.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import training_sweep.plan", ["training_sweep.plan"]),
        ("import json, lambdas as functions", ["lambdas"]),
        ("from training_sweep import plan", ["training_sweep.plan"]),
        ("from kfp_component.watch.logs import LogTail", ["kfp_component.watch.logs.LogTail"]),
        ("from training_job import parse_arguments, timeouts", ["training_job.timeouts"]),
        ("import training_job.links, kfp_component", []),
        ("from training_job.links import links", []),
        ("from .pipeline import training_sweep", []),
    ],
)
def test_an_import_of_anything_else_is_found(source, found):
    assert not_public(source) == found


def not_public(source):
    """What a program imports of this project that is neither a public name nor where those are."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            whole = {*PACKAGES, *PUBLIC_MODULES}
            found += [alias.name for alias in node.names if alias.name not in whole]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module in PUBLIC_MODULES:
                continue
            ours = node.module in PACKAGES
            public = import_module(node.module).__all__ if ours else ()
            names = [alias.name for alias in node.names if alias.name not in public]
            found += [f"{node.module}.{name}" for name in names]
    return [name for name in found if name.partition(".")[0] in INTERNAL]


def test_every_command_of_the_wheel_that_a_page_tells_is_public():
    """A clone's own commands are those of the Makefile, which are public by its targets."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    commands = re.compile(r"python3? -m ((?:kfp_component|rl_training_cdk)[\w.]*\w)")
    told = {name for page in pages for name in commands.findall(page.read_text())}
    public = set(commands.findall((ROOT / "docs/public-api.md").read_text()))
    assert "kfp_component.author.upload_source" in told
    assert told == public
