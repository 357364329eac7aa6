"""Stopping the execution of a task whose pod is stopped."""
