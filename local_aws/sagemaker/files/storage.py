"""S3 as a training job uses it: with the job role, over the server's own HTTP endpoint."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from local_aws.sagemaker.credentials import Credentials
from local_aws.sagemaker.errors import JobFailure

_CHUNK_BYTES = 1024 * 1024
_client_lock = threading.Lock()


@dataclass(frozen=True)
class S3Location:
    """A bucket and a key or prefix in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Location:
        """Return the location an `s3://` URI names.

        Raises:
            JobFailure: For another scheme.
        """
        parts = urlsplit(uri)
        if parts.scheme != "s3":
            raise JobFailure(f"ClientError: The local AWS reads s3:// URIs only; got {uri!r}.")
        return cls(parts.netloc, parts.path.lstrip("/"))

    def child(self, *names: str) -> S3Location:
        """Return the location below this one."""
        return S3Location(self.bucket, "/".join(filter(None, (self.key.rstrip("/"), *names))))

    @property
    def uri(self) -> str:
        """The location as an `s3://` URI."""
        return f"s3://{self.bucket}/{self.key}"


class JobStorage:
    """One job's access to S3.

    Args:
        endpoint_url: The server's own endpoint.
        region: Region of the job.
        credentials: Session of the job role.
    """

    def __init__(self, endpoint_url: str, region: str, credentials: Credentials) -> None:
        with _client_lock:  # creating clients of one session is not thread-safe
            self._client = _session().create_client(
                "s3",
                region_name=region,
                endpoint_url=endpoint_url,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                aws_session_token=credentials.session_token,
                config=Config(proxies={}, s3={"addressing_style": "path"}),
            )

    def list(self, location: S3Location) -> Iterator[str]:
        """Yield every key that begins with the location's key, folders' own objects left out."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=location.bucket, Prefix=location.key):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield item["Key"]

    def read(self, location: S3Location) -> bytes:
        """Return the content of one object."""
        body = self._client.get_object(Bucket=location.bucket, Key=location.key)["Body"]
        with body:
            content: bytes = body.read()
            return content

    def download(self, location: S3Location, path: Path) -> None:
        """Write one object to a file, whose folder is made if need be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        body = self._client.get_object(Bucket=location.bucket, Key=location.key)["Body"]
        with body, path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                file.write(chunk)

    def upload(self, path: Path, location: S3Location, kms_key: str | None = None) -> None:
        """Write one file to S3, encrypted with a KMS key if one is given."""
        encryption: dict[str, Any] = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        )
        with path.open("rb") as file:
            self._client.put_object(
                Bucket=location.bucket, Key=location.key, Body=file, **encryption
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@functools.cache
def _session() -> Any:
    """Return the one session all jobs share: each has its own copy of the S3 model, about 20 MB."""
    return botocore.session.Session()
