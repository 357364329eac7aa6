"""What a training job leaves behind: model.tar.gz and output.tar.gz.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws.sagemaker.errors import JobFailure
from local_aws.sagemaker.files.directory import JobDirectory
from local_aws.sagemaker.files.storage import JobStorage, S3Location


class ArtifactUpload:
    """Uploads the artifacts of one job below `{S3OutputPath}/{job}/output/`.

    Args:
        request: The CreateTrainingJob request.
        storage: The job's access to S3.
        scratch: An existing directory for the archives.
    """

    def __init__(self, request: Mapping[str, Any], storage: JobStorage, scratch: Path) -> None:
        output = request["OutputDataConfig"]
        self._storage, self._scratch = storage, scratch
        self._kms_key: str | None = output.get("KmsKeyId") or None
        self._compressed = output.get("CompressionType", "GZIP") == "GZIP"
        self._target = S3Location.parse(output["S3OutputPath"]).child(
            request["TrainingJobName"], "output"
        )

    def model(self, directories: Sequence[JobDirectory]) -> str | None:
        """Upload the model of all hosts as one; return its URI, or None if there is nothing."""
        return self._upload("model", [directory.model for directory in directories])

    def output_data(self, directories: Sequence[JobDirectory]) -> str | None:
        """Upload what the hosts wrote to output/data; return its URI, or None."""
        return self._upload("output", [directory.output_data for directory in directories])

    def _upload(self, name: str, folders: Sequence[Path]) -> str | None:
        members = merged_files(folders)
        if not members:
            return None
        try:
            if self._compressed:
                return self._upload_archive(f"{name}.tar.gz", members)
            return self._upload_files(name, members)
        except ClientError as error:
            details = error.response["Error"]
            raise JobFailure(
                f"ClientError: Artifact upload failed: {details['Code']}: {details['Message']} "
                f'(S3 URL "{self._target.uri}"). Please ensure that the bucket exists and that '
                "the job role may write to it."
            ) from error

    def _upload_archive(self, name: str, members: Mapping[str, Path]) -> str:
        archive, target = self._scratch / name, self._target.child(name)
        write_archive(archive, members)
        self._storage.upload(archive, target, self._kms_key)
        return target.uri

    def _upload_files(self, name: str, members: Mapping[str, Path]) -> str:
        for member, path in members.items():
            if path.is_file():
                self._storage.upload(path, self._target.child(name, member), self._kms_key)
        return f"{self._target.child(name).uri}/"


def merged_files(folders: Sequence[Path]) -> dict[str, Path]:
    """Return everything below the folders by relative name; the first host that has a name wins."""
    members: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            members.setdefault(path.relative_to(folder).as_posix(), path)
    return members


def write_archive(archive: Path, members: Mapping[str, Path]) -> None:
    """Write a gzip tar with these members at its root."""
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for name, path in members.items():
            tar.add(path, arcname=name, recursive=False)
