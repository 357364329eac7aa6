"""The Lambda functions of the state machine: thin edges around training_job."""

__all__: list[str] = []  # nothing to import: docs/public-api.md
