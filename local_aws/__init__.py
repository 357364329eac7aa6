"""The embedded AWS: ministack, plus the SageMaker training jobs it lacks.

`python -m local_aws --port N` serves it on 127.0.0.1. README.md in this folder says what is
real, what is emulated and what differs from AWS.
"""

__all__: list[str] = []  # nothing to import: docs/public-api.md
