"""The /opt/ml tree of one host of a training job.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.sagemaker.files.cluster import Host, receives

CONTAINER_ROOT = "/opt/ml"
"""Where a training container sees its tree."""

DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
"""Where checkpoints are when CheckpointConfig gives no LocalPath."""

TENSORBOARD = "/opt/ml/output/tensorboard"
"""Where TensorBoard files are when TensorBoardOutputConfig gives no LocalPath."""

_SUBMIT_DIRECTORY = "sagemaker_submit_directory"


@dataclass(frozen=True)
class JobDirectory:
    """The tree of one host.

    Attributes:
        base: The directory that stands for `/opt/ml`.
        root: How the job's own processes name that directory: `/opt/ml` where they see a real
            one, else the path of `base`.
    """

    base: Path
    root: str

    @property
    def model(self) -> Path:
        """What the script leaves as its model."""
        return self.base / "model"

    @property
    def output_data(self) -> Path:
        """What the script leaves besides the model."""
        return self.base / "output" / "data"

    @property
    def failure(self) -> Path:
        """The file that says why training failed."""
        return self.base / "output" / "failure"

    def channel(self, name: str) -> Path:
        """The directory of an input channel."""
        return self.base / "input" / "data" / name

    def local(self, container_path: str) -> Path:
        """Return where a path under /opt/ml really is."""
        return self.base / container_path.removeprefix(CONTAINER_ROOT).lstrip("/")

    def seen(self, text: str) -> str:
        """Return a text that begins with /opt/ml with the name the job's processes can use."""
        if text == CONTAINER_ROOT or text.startswith(f"{CONTAINER_ROOT}/"):
            return self.root + text.removeprefix(CONTAINER_ROOT)
        return text

    def write(self, request: Mapping[str, Any], hosts: Sequence[Host], host: Host) -> None:
        """Make the tree and its configuration files.

        `output/data` exists before anything runs: without `output` the toolkit loses the
        failure of a script and ends with exit code 0.
        """
        config = self.base / "input" / "config"
        for directory in (config, self.base / "input" / "data", self.model, self.output_data):
            directory.mkdir(parents=True)
        (self.base / "tmp").mkdir()
        _write_json(config / "hyperparameters.json", self._hyperparameters(request))
        _write_json(config / "resourceconfig.json", resource_config(hosts, host))
        _write_json(config / "inputdataconfig.json", input_data_config(request, host))

    def _hyperparameters(self, request: Mapping[str, Any]) -> dict[str, str]:
        values = dict(request.get("HyperParameters") or {})
        if _SUBMIT_DIRECTORY in values:
            # The one hyperparameter that is a path of the container: the source of a job in
            # network isolation comes through a channel. Values are JSON, so it may be quoted.
            value = values[_SUBMIT_DIRECTORY]
            bare = value.strip('"')
            values[_SUBMIT_DIRECTORY] = value.replace(bare, self.seen(bare))
        return values


def checkpoint_path(request: Mapping[str, Any]) -> str:
    """Return the container's path of the checkpoints."""
    config = request.get("CheckpointConfig") or {}
    return str(config.get("LocalPath") or DEFAULT_CHECKPOINTS).rstrip("/")


def tensorboard_path(request: Mapping[str, Any]) -> str:
    """Return the container's path of the TensorBoard files."""
    config = request.get("TensorBoardOutputConfig") or {}
    return str(config.get("LocalPath") or TENSORBOARD).rstrip("/")


def resource_config(hosts: Sequence[Host], host: Host) -> dict[str, Any]:
    """Return what `resourceconfig.json` says on this host."""
    groups = {each.group: each.instance_type for each in hosts}
    return {
        "current_host": host.name,
        "current_instance_type": host.instance_type,
        "current_group_name": host.group,
        "hosts": [each.name for each in hosts],
        "instance_groups": [
            {
                "instance_group_name": group,
                "instance_type": instance_type,
                "hosts": [each.name for each in hosts if each.group == group],
            }
            for group, instance_type in groups.items()
        ],
        "network_interface_name": "lo",
    }


def input_data_config(request: Mapping[str, Any], host: Host) -> dict[str, dict[str, str]]:
    """Return what `inputdataconfig.json` says: a description of each channel of this host."""
    mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": (channel["DataSource"].get("S3DataSource") or {}).get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in request.get("InputDataConfig") or []
        if receives(host, channel)
    }


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document))
