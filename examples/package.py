"""Pack training code into the ``sourcedir.tar.gz`` that a training job runs, and upload it to S3.

Usage::

    python -m examples.package examples/cartpole s3://my-bucket/source/cartpole.tar.gz

The argument ``source_dir`` of the component is the S3 URL, ``entry_point`` the name of the script
within the directory. A ``requirements.txt`` in it is installed before the script runs:
https://github.com/aws/sagemaker-training-toolkit#readme
"""

from __future__ import annotations

import argparse
import gzip
import io
import re
import sys
import tarfile
from pathlib import Path

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from examples.errors import ExampleError


def pack(directory: Path) -> bytes:
    """Return the gzipped tar of a directory's files, with the directory itself as its root.

    The same files always give the same bytes: times, owners and the order of the file system do
    not enter, so an unchanged source keeps its checksum. Hidden files and ``__pycache__`` are left
    out.

    Args:
        directory: holds the entry point and whatever it imports.

    Raises:
        ExampleError: the directory does not exist or holds no file.
    """
    files = [
        path
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not _ignored(path.relative_to(directory))
    ]
    if not files:
        state = "holds no file" if directory.is_dir() else "is not a directory"
        raise ExampleError(f"{directory} {state}; name the directory with your training script")
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in files:
            content = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(directory).as_posix())
            member.size = len(content)
            member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def upload(packed: bytes, url: str) -> None:
    """Put the tarball at its S3 URL, with the credentials and the region of the environment.

    Raises:
        ExampleError: the URL is not of the form ``s3://bucket/key.tar.gz``, or S3 refused.
    """
    parts = re.fullmatch(r"s3://([^/]+)/(.+\.tar\.gz)", url)
    if parts is None:
        raise ExampleError(f"the destination is {url!r}; it must be s3://<bucket>/<key>.tar.gz")
    try:
        boto3.client("s3").put_object(Bucket=parts[1], Key=parts[2], Body=packed)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise ExampleError(f"cannot upload to {url}: {error}") from error


def _ignored(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def main(arguments: list[str] | None = None) -> int:
    """Pack, upload, print the URL."""
    parser = argparse.ArgumentParser(prog="python -m examples.package", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("directory", type=Path, help="holds the training script")
    parser.add_argument("url", help="where to put it: s3://<bucket>/<key>.tar.gz")
    options = parser.parse_args(arguments)
    try:
        upload(pack(options.directory), options.url)
    except ExampleError as error:
        print(error, file=sys.stderr)
        return 1
    print(options.url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
