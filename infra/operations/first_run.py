"""An execution's input to begin with: the stack's output `FirstRunInput`."""

from __future__ import annotations

from typing import Any

from ..settings.model import Settings

_INSTANCE_TYPE = "ml.m5.xlarge"
_SECONDS = 3600


def first_run_input(settings: Settings, *, region: str, role: str, bucket: str) -> dict[str, Any]:
    """Return the arguments of a run in AWS's own Ray image, within the deployment's guard rails.

    Only what such a run needs. Its code has to be put where `source_dir` says; `make first-run`
    does that.

    Args:
        settings: the guard rails.
        region: where the state machine is.
        role: ARN of the job role.
        bucket: name of the artifact bucket.

    Example:
        >>> made = first_run_input(Settings(), region="us-east-1", role="arn", bucket="b")
        >>> made["source_dir"]
        's3://b/source/first-run.tar.gz'
    """
    allowed = settings.allowed_instance_types or [_INSTANCE_TYPE]
    key = settings.required_encryption_key
    return {
        "region": region,
        "role": role,
        "toolkit": "ray",
        "toolkit_version": "1.6.0",
        "framework": "tensorflow",
        "entry_point": "train.py",
        "source_dir": f"s3://{bucket}/source/first-run.tar.gz",
        "model_artifact_path": f"s3://{bucket}/models",
        "instance_type": _INSTANCE_TYPE if _INSTANCE_TYPE in allowed else allowed[0],
        "max_run": min(_SECONDS, settings.max_run_limit),
        **(
            {"tags": dict.fromkeys(settings.required_tags, "first-run")}
            if settings.required_tags
            else {}
        ),
        **({"output_encryption_key": key} if key else {}),
    }
