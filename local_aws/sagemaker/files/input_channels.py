"""Input channels of a training job, copied from S3 to where the script expects them.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws.sagemaker.errors import JobFailure
from local_aws.sagemaker.files.cluster import Host, receives
from local_aws.sagemaker.files.directory import JobDirectory
from local_aws.sagemaker.files.storage import JobStorage, S3Location


def download_channels(
    request: Mapping[str, Any],
    storage: JobStorage,
    directory: JobDirectory,
    *,
    host: Host,
    hosts: Sequence[Host],
) -> None:
    """Copy every channel of one host.

    The objects of a sharded channel are spread over the hosts that get it. FastFile channels are
    copied like File ones: the script sees the same files.

    Raises:
        JobFailure: For a channel that cannot be had.
    """
    mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    for channel in request.get("InputDataConfig") or []:
        if not receives(host, channel):
            continue
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        if source is None:
            raise JobFailure(
                f"ClientError: Channel '{name}' is not in S3; the local AWS has no other source."
            )
        if channel.get("InputMode", mode) == "Pipe":
            raise JobFailure(
                f"ClientError: Channel '{name}' has input mode Pipe, which the local AWS does "
                "not have; use File or FastFile."
            )
        receivers = [each for each in hosts if receives(each, channel)]
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        shard = slice(receivers.index(host), None, len(receivers)) if sharded else slice(None)
        try:
            _download(source, storage, directory.channel(name), shard)
        except ClientError as error:
            raise _download_failure(source, request, error) from error
        except LookupError as error:
            raise nothing_found(source, request) from error


def _download(source: Mapping[str, Any], storage: JobStorage, folder: Path, shard: slice) -> None:
    """Copy one host's share of a source; raises LookupError if the source has no object."""
    objects = list(_objects(source, storage))
    if not objects:
        raise LookupError(source["S3Uri"])
    folder.mkdir(parents=True, exist_ok=True)
    for location, relative in objects[shard]:
        storage.download(location, folder / relative)


def _objects(source: Mapping[str, Any], storage: JobStorage) -> Iterator[tuple[S3Location, str]]:
    """Yield each object of a source and the path it gets below the channel's directory."""
    location = S3Location.parse(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        yield from _manifest_objects(storage.read(location))
    elif source["S3DataType"] == "S3Prefix":
        for key in storage.list(location):
            yield S3Location(location.bucket, key), relative_path(location.key, key)
    else:
        raise JobFailure(
            f"ClientError: S3DataType {source['S3DataType']} is not supported by the local AWS; "
            "use S3Prefix or ManifestFile."
        )


def _manifest_objects(text: bytes) -> Iterator[tuple[S3Location, str]]:
    try:
        head, *names = json.loads(text)
        prefix = S3Location.parse(head["prefix"])
    except (ValueError, KeyError, TypeError) as error:
        raise JobFailure(f"ClientError: The manifest cannot be read: {error}.") from error
    for name in names:
        yield S3Location(prefix.bucket, prefix.key + name), name


def relative_path(prefix: str, key: str) -> str:
    """Return where a key goes below its channel: what follows the prefix, or its file name.

    A prefix that ends inside a name (`data/part` for `data/part-1`) keeps the whole name.
    """
    if key == prefix:
        return key.rsplit("/", 1)[-1]
    folder = prefix if prefix.endswith("/") else f"{prefix}/"
    if not prefix or key.startswith(folder):
        return key.removeprefix(folder).lstrip("/")
    return key.removeprefix(prefix[: prefix.rfind("/") + 1])


def nothing_found(source: Mapping[str, Any], request: Mapping[str, Any]) -> JobFailure:
    """Return the failure of a job whose channel names no object, in SageMaker's words."""
    bucket = S3Location.parse(source["S3Uri"]).bucket
    return JobFailure(
        f'ClientError: Data download failed: No S3 objects found under S3 URL "{source["S3Uri"]}" '
        "given in input data source. Please ensure that the bucket exists in the selected region, "
        f'that objects exist under that S3 prefix, and that the role "{request["RoleArn"]}" has '
        f'"s3:ListBucket" permissions on bucket "{bucket}".'
    )


def _download_failure(
    source: Mapping[str, Any], request: Mapping[str, Any], error: ClientError
) -> JobFailure:
    details = error.response["Error"]
    return JobFailure(
        f"ClientError: Data download failed: {details['Code']}: {details['Message']} "
        f'(S3 URL "{source["S3Uri"]}", role "{request["RoleArn"]}").'
    )
