"""Valid arguments for tests, and a second valid value of each."""

from typing import Any

CUSTOM_IMAGE: dict[str, Any] = {
    "region": "us-east-1",
    "role": "arn:aws:iam::123456789012:role/RlTrainingJob",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1.0",
    "entry_point": "train.py",
    "source_dir": "s3://bucket/code/sourcedir.tar.gz",
    "model_artifact_path": "s3://bucket/models",
    "instance_type": "ml.m5.xlarge",
}

TOOLKIT_IMAGE: dict[str, Any] = {
    name: value for name, value in CUSTOM_IMAGE.items() if name != "image"
} | {"toolkit": "ray", "toolkit_version": "1.6.0", "framework": "tensorflow"}


def without(arguments: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}
