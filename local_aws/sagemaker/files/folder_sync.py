"""Keep a directory of a job and its S3 prefix in step: checkpoints, TensorBoard files.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TensorBoardOutputConfig.html
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.errors import JobFailure
from local_aws.sagemaker.files.input_channels import relative_path
from local_aws.sagemaker.files.storage import JobStorage, S3Location

_log = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
"""How often new and changed files are uploaded, in seconds."""


class FolderSync:
    """Copies files up while training runs, and down before it if asked to.

    Files deleted locally stay in S3. All hosts of a job share one prefix, as on AWS.

    Args:
        what: What the files are, for a FailureReason.
        storage: The job's access to S3.
        prefix: Where the files are kept.
        folders: The directory of each host; made if need be.
    """

    def __init__(
        self, what: str, storage: JobStorage, prefix: S3Location, folders: Sequence[Path]
    ) -> None:
        self._what, self._storage, self._prefix, self._folders = what, storage, prefix, folders
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def download(self) -> None:
        """Copy what the prefix holds to every host.

        Raises:
            JobFailure: When S3 refuses.
        """
        below = self._prefix
        if below.key:  # a folder: the checkpoints of "run-1" are not those of "run-10"
            below = S3Location(below.bucket, f"{below.key.rstrip('/')}/")
        try:
            keys = list(self._storage.list(below))
            for folder in self._folders:
                for key in keys:
                    path = folder / relative_path(below.key, key)
                    self._storage.download(S3Location(below.bucket, key), path)
                    self._seen[path] = _stamp(path)
        except ClientError as error:
            raise self._failure(error) from error

    def start(self) -> None:
        """Upload every :data:`SYNC_SECONDS` from now on."""
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="job-files", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """Stop the regular uploads and upload what is left.

        Raises:
            JobFailure: When S3 refuses.
        """
        self._stop.set()
        if self._thread:
            self._thread.join()
        try:
            self.upload()
        except ClientError as error:
            raise self._failure(error) from error

    def upload(self) -> None:
        """Upload each file that is new or changed since it was last looked at."""
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                try:
                    stamp = _stamp(path)
                    if path.is_file() and self._seen.get(path) != stamp:
                        name = path.relative_to(folder).as_posix()
                        self._storage.upload(path, self._prefix.child(name))
                        self._seen[path] = stamp
                except FileNotFoundError:
                    continue  # renamed or removed meanwhile: the next round sees what it became

    def _run(self) -> None:
        while not self._stop.wait(SYNC_SECONDS):
            try:
                self.upload()
            except (ClientError, BotoCoreError) as error:  # reported by finish(), if it lasts
                _log.warning("%s of %s: %s", self._what, self._prefix.uri, error)

    def _failure(self, error: ClientError) -> JobFailure:
        details = error.response["Error"]
        return JobFailure(
            f"ClientError: {self._what} synchronization failed: {details['Code']}: "
            f'{details["Message"]} (S3 URL "{self._prefix.uri}").'
        )


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
