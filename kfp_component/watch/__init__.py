"""Awaiting an execution and showing its training jobs while they run."""
