"""Put training code into S3, where a training job reads it.

    python -m kfp_component.author.upload_source examples/cartpole s3://my-bucket/source

prints the URI for the argument `source_dir`. boto3 is imported when the function is called: a
pipeline that only names the component loads no client.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

from kfp_component.author.source_archive import SourceArchive, SourceError, pack_source


def upload_source(directory: str | Path, destination: str, entry_point: str | None = None) -> str:
    """Pack a directory, upload it unless it is there already, and return its S3 URI.

    The archive is named for its content: the same code has the same URI from any machine, so KFP's
    cache and the name of an execution tell changed code from unchanged, and an earlier run's code
    is never overwritten. Credentials and region come from the environment, as for the AWS CLI.

    Args:
        directory: Holds the training script and whatever it imports.
        destination: `s3://BUCKET` or `s3://BUCKET/PREFIX`, below which the archive is put.
        entry_point: A script that must be in the directory. Default: any file will do.

    Returns:
        `s3://BUCKET/PREFIX/sourcedir-<digest>.tar.gz`, for the argument `source_dir`.

    Raises:
        SourceError: The directory cannot be packed (see `pack_source`), the destination is no
            such URI, or S3 refuses.

    Example:
        >>> upload_source("examples/cartpole", "s3://my-bucket/source")  # doctest: +SKIP
        's3://my-bucket/source/sourcedir-0f343b0931126a20f133d67c2b018a3b.tar.gz'
    """
    uri, _ = _upload(Path(directory), destination, entry_point)
    return uri


def _upload(directory: Path, destination: str, entry_point: str | None) -> tuple[str, bool]:
    """Return the URI, and whether it was not there before."""
    bucket, prefix = _bucket_and_prefix(destination)
    archive = pack_source(directory, entry_point)
    key = f"{prefix}/{archive.name}" if prefix else archive.name
    return f"s3://{bucket}/{key}", _put_unless_there(bucket, key, archive)


def _bucket_and_prefix(destination: str) -> tuple[str, str]:
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(\S*))?", destination)
    prefix = (match[2] or "").strip("/") if match else ""
    if match is None or prefix.endswith(".tar.gz"):
        raise SourceError(
            f"the destination is {destination!r}; it must be s3://BUCKET or s3://BUCKET/PREFIX: "
            "the archive below it is named for its content"
        )
    return match[1], prefix


def _put_unless_there(bucket: str, key: str, archive: SourceArchive) -> bool:
    import boto3  # noqa: PLC0415 - only who uploads needs it
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        # As the AWS CLI does, and boto3 does not.
        s3 = boto3.client("s3", region_name=os.environ.get("AWS_REGION"))
        if _is_there(s3, bucket, key):
            return False
        s3.put_object(Bucket=bucket, Key=key, Body=archive.content)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise SourceError(_refusal(bucket, key, error)) from error
    return True


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # S3 answers 403 for a missing key to those who may not list the bucket. Whether the upload
        # is allowed, the upload tells.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            return False
        raise
    return True


def _refusal(bucket: str, key: str, error: Exception) -> str:
    code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
    reasons = {
        "NoSuchBucket": f"there is no bucket {bucket}. The stack's output ArtifactBucketName names "
        "one",
        "AccessDenied": f"access is denied: these credentials may not put objects there "
        f"(s3:PutObject on arn:aws:s3:::{bucket}/{key}, and the use of the bucket's KMS key if it "
        "has one)",
        "NoCredentialsError": "there are no AWS credentials. Set AWS_PROFILE, sign in with the AWS "
        "CLI, or run where a role is attached",
        "ExpiredToken": "the AWS credentials have expired. Sign in anew",
    }
    return f"cannot upload to s3://{bucket}/{key}: {reasons.get(code, error)}"


def main(arguments: list[str] | None = None) -> int:
    """Upload, and print the URI."""
    parser = argparse.ArgumentParser(
        prog="python -m kfp_component.author.upload_source",
        description="Pack training code and upload it to S3, unless it is there already.",
    )
    parser.add_argument("directory", type=Path, help="holds the training script")
    parser.add_argument("destination", help="s3://BUCKET/PREFIX, below which it is put")
    parser.add_argument("--entry-point", help="a script that must be in the directory")
    options = parser.parse_args(arguments)
    try:
        uri, is_new = _upload(options.directory, options.destination, options.entry_point)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    print("uploaded" if is_new else "there already", file=sys.stderr)
    print(uri)
    return 0


if __name__ == "__main__":
    sys.exit(main())
