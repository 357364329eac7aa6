"""Pipelines for tests to compile, by the installed kfp and by older ones."""
