"""Record what the SageMaker Python SDK sends for what `inputs` and the other extras stand for.

The SDK is no dependency of this project. Run this in an environment of its own, after a change of
the cases:

    python -m venv /tmp/sdk && /tmp/sdk/bin/pip install sagemaker==2.257.7
    /tmp/sdk/bin/python tests/support/recordings/record_sdk_requests.py

It calls no AWS: the client that the SDK is given keeps the request and answers nothing.
"""

import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import sagemaker
from sagemaker.debugger import TensorBoardOutputConfig
from sagemaker.estimator import Estimator
from sagemaker.inputs import ShuffleConfig, TrainingInput
from sagemaker.instance_group import InstanceGroup

GROUPS = [
    {"InstanceGroupName": "trainer", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    {"InstanceGroupName": "rollouts", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 4},
]
# The SDK reports each call to a bucket of AWS otherwise.
CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
PARTS = ("InputDataConfig", "ResourceConfig", "TensorBoardOutputConfig")


def groups() -> list[InstanceGroup]:
    return [
        InstanceGroup(each["InstanceGroupName"], each["InstanceType"], each["InstanceCount"])
        for each in GROUPS
    ]


def s3(uri: str, **keys: Any) -> dict[str, Any]:
    return {"DataSource": {"S3DataSource": {"S3Uri": uri, **keys}}}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], Any]] = [
    ("a URI", {"inputs": {"train": "s3://b/x"}}, {}, {"train": "s3://b/x"}),
    (
        "two channels",
        {"inputs": {"train": "s3://b/x", "test": "s3://b/y"}},
        {},
        {"train": "s3://b/x", "test": "s3://b/y"},
    ),
    (
        "a channel with keys",
        {
            "inputs": {
                "train": s3("s3://b/x", S3DataDistributionType="ShardedByS3Key")
                | {
                    "ContentType": "text/csv",
                    "CompressionType": "Gzip",
                    "RecordWrapperType": "RecordIO",
                    "InputMode": "Pipe",
                    "ShuffleConfig": {"Seed": 7},
                }
            }
        },
        {},
        {
            "train": TrainingInput(
                "s3://b/x",
                distribution="ShardedByS3Key",
                content_type="text/csv",
                compression="Gzip",
                record_wrapping="RecordIO",
                input_mode="Pipe",
                shuffle_config=ShuffleConfig(7),
            )
        },
    ),
    (
        "a manifest",
        {"inputs": {"train": s3("s3://b/m", S3DataType="ManifestFile")}},
        {},
        {"train": TrainingInput("s3://b/m", s3_data_type="ManifestFile")},
    ),
    (
        "an augmented manifest",
        {
            "inputs": {
                "train": s3("s3://b/m", S3DataType="AugmentedManifestFile", AttributeNames=["a"])
                | {"InputMode": "Pipe"}
            }
        },
        {},
        {
            "train": TrainingInput(
                "s3://b/m",
                s3_data_type="AugmentedManifestFile",
                attribute_names=["a"],
                input_mode="Pipe",
            )
        },
    ),
    (
        "an initial model",
        {"initial_model": "s3://b/model.tar.gz"},
        {"model_uri": "s3://b/model.tar.gz"},
        None,
    ),
    (
        "data and an initial model",
        {"inputs": {"train": "s3://b/x"}, "initial_model": "s3://b/model.tar.gz"},
        {"model_uri": "s3://b/model.tar.gz"},
        {"train": "s3://b/x"},
    ),
    ("groups", {"instance_groups": GROUPS}, {"instance_groups": groups()}, None),
    (
        "groups with data each",
        {
            "instance_groups": GROUPS,
            "inputs": {
                "train": s3("s3://b/x", InstanceGroupNames=["trainer"]),
                "maps": s3("s3://b/y", InstanceGroupNames=["trainer", "rollouts"]),
            },
        },
        {"instance_groups": groups()},
        {
            "train": TrainingInput("s3://b/x", instance_groups=["trainer"]),
            "maps": TrainingInput("s3://b/y", instance_groups=["trainer", "rollouts"]),
        },
    ),
    ("a warm pool", {"keep_alive": 600}, {"keep_alive_period_in_seconds": 600}, None),
    (
        "TensorBoard",
        {"tensorboard_path": "s3://b/tb"},
        {"tensorboard_output_config": TensorBoardOutputConfig("s3://b/tb")},
        None,
    ),
]


def request(estimator_arguments: dict[str, Any], inputs: Any) -> dict[str, Any]:
    client = MagicMock()
    boto = MagicMock(region_name="us-east-1")
    session = sagemaker.Session(
        boto_session=boto,
        sagemaker_client=client,
        sagemaker_config=CONFIG,
        default_bucket="b",
    )
    one_type = {"instance_type": "ml.m5.xlarge", "instance_count": 1}
    estimator = Estimator(
        image_uri="image",
        role="arn:aws:iam::123456789012:role/R",
        output_path="s3://b/models",
        sagemaker_session=session,
        **({} if "instance_groups" in estimator_arguments else one_type),
        **estimator_arguments,
    )
    estimator.fit(inputs, wait=False, job_name="job")
    return client.create_training_job.call_args.kwargs


def main() -> None:
    recorded = []
    for name, arguments, estimator_arguments, inputs in CASES:
        sent = request(estimator_arguments, inputs)
        one_type = {} if "instance_groups" in arguments else {"instance_type": "ml.m5.xlarge"}
        parts = {part: sent[part] for part in PARTS if part in sent}
        recorded.append({"name": name, "arguments": one_type | arguments, "request": parts})
    path = Path(__file__).parents[2] / "contract/request/sdk_requests.json"
    path.write_text(json.dumps({"sdk": sagemaker.__version__, "cases": recorded}, indent=2) + "\n")


if __name__ == "__main__":
    main()
