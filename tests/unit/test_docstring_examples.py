"""The examples in docstrings show what happens."""

import doctest
import importlib
import pkgutil
from inspect import getsource

import pytest

PACKAGES = ("training_job", "training_sweep", "lambdas", "kfp_component", "infra")
ELSEWHERE = "kfp_component.author.tasks.{}_rl_model"
"""Theirs need a pipeline: tests/contract/component/test_component_task.py."""


def modules():
    """Every module with an example, by its name."""
    found = {name: importlib.import_module(name) for name in PACKAGES}
    for package in list(found.values()):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not each.name.endswith("__main__"):
                found[each.name] = importlib.import_module(each.name)
    elsewhere = {ELSEWHERE.format(verb) for verb in ("train", "sweep")}
    return {
        name: module
        for name, module in found.items()
        if name not in elsewhere and "    >>> " in getsource(module)
    }


MODULES = modules()


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    assert doctest.testmod(MODULES[name], optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_there_are_examples(package):
    finder = doctest.DocTestFinder(exclude_empty=True)
    ours = [module for name, module in MODULES.items() if name.partition(".")[0] == package]
    assert sum(bool(test.examples) for module in ours for test in finder.find(module))
