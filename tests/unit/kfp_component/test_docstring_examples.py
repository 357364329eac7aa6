"""The examples in the docstrings of the pod's side show what happens."""

import doctest
import importlib
import pkgutil

import pytest

import kfp_component

ROOMS = ("author", "__main__")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(kfp_component.__path__, "kfp_component.")
    if not module.name.removeprefix("kfp_component.").startswith(ROOMS)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(bool(test.examples) for module in modules for test in finder.find(module)) > 20
