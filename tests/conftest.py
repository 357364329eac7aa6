"""Fixtures of every folder of tests."""

from hypothesis import settings

pytest_plugins = ["tests.support.deploying.stack"]

# Nothing is timed: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
