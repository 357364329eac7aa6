"""Fixtures of every folder of tests."""

import gc
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.deploying.stack"]

# Nothing is timed: a busy machine is no failure.
settings.register_profile(
    "untimed",
    deadline=None,
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")

# The programs that tests interrupt inherit what is ignored here: SIGINT, in a shell's background.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What computes for seconds would take twice as long where coverage is measured."""
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """What was imported lives as long as the tests: no use in looking it through for garbage."""
    gc.freeze()
    gc.enable()
