"""The execution of a task: starting or joining it, and reading how it ended."""
