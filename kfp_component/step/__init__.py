"""The step that a pod runs, from its arguments to its exit code."""
