"""An execution's input to begin with: the stack's output `FirstRunInput`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training_job.arguments.images.image import runs_on

from ..settings.model import Settings

_INSTANCE_TYPE = "ml.m5.xlarge"
_SECONDS = 3600


_IMAGE = {"toolkit": "ray", "toolkit_version": "1.6.0", "framework": "tensorflow"}


def first_run_input(
    settings: Settings, *, region: str, role: str, bucket: str
) -> dict[str, Any] | None:
    """Return the arguments of a run in AWS's own Ray image, within the deployment's guard rails.

    Only what such a run needs. Its code has to be put where `source_dir` says; `make first-run`
    does that.

    Args:
        settings: The guard rails.
        region: Where the state machine is.
        role: ARN of the job role.
        bucket: Name of the artifact bucket.

    Returns:
        The arguments, or None when that image runs on none of the allowed instance types.

    Example:
        >>> made = first_run_input(Settings(), region="us-east-1", role="arn", bucket="b")
        >>> made["source_dir"]
        's3://b/source/first-run.tar.gz'
    """
    instance_type = _instance_type(settings.allowed_instance_types or [_INSTANCE_TYPE])
    if instance_type is None:
        return None
    key = settings.required_encryption_key
    return {
        "region": region,
        "role": role,
        **_IMAGE,
        "entry_point": "train.py",
        "source_dir": f"s3://{bucket}/source/first-run.tar.gz",
        "model_artifact_path": f"s3://{bucket}/models",
        "instance_type": instance_type,
        # A default may have one of max_wait_time beside it, which is no shorter.
        "max_run": settings.argument_defaults.get("max_run")
        or min(_SECONDS, settings.max_run_limit),
        **(
            {"tags": dict.fromkeys(settings.required_tags, "first-run")}
            if settings.required_tags
            else {}
        ),
        **({"output_encryption_key": key} if key else {}),
    }


def _instance_type(allowed: Sequence[str]) -> str | None:
    """Return the type to begin with: of those allowed, the first that the image runs on."""
    preferred = sorted(allowed, key=lambda each: each != _INSTANCE_TYPE)
    return next((each for each in preferred if runs_on(each)), None)
