"""Fixtures of every folder of tests."""

pytest_plugins = ["tests.e2e.stack"]
