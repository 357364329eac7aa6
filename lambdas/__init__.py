"""The Lambda functions of the state machines: thin edges around training_job and training_sweep."""

__all__: list[str] = []  # nothing to import: docs/public-api.md
