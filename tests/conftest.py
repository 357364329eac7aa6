"""Fixtures of every folder of tests."""

pytest_plugins = ["tests.support.deploying.stack"]
