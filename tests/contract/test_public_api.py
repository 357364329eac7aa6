"""What the examples import is what docs/public-api.md protects."""

import ast
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
    imports = [
        node
        for node in ast.walk(ast.parse(program.read_text()))
        if isinstance(node, ast.ImportFrom)
    ]
    for node in imports:
        if (node.module or "").partition(".")[0] in INTERNAL:
            public = getattr(import_module(str(node.module)), "__all__", ())
            if node.module in PUBLIC_MODULES:
                continue
            assert "." not in str(node.module), f"{node.module} is not public"
            assert {alias.name for alias in node.names} <= set(public)
