"""Permissions over S3 locations, named as `bucket` or `bucket/prefix`."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from .permissions import allow

_NAMES = "Whoever writes the objects names them."


def allow_reading(role: iam.IRole, sid: str, locations: Sequence[str]) -> None:
    """Allow reading the objects of the locations."""
    allow(role, sid, ["s3:GetObject"], _objects(locations), wildcard=_NAMES)


def allow_writing(role: iam.IRole, sid: str, locations: Sequence[str]) -> None:
    """Allow writing objects of the locations; not reading, deleting or listing them."""
    actions = ["s3:AbortMultipartUpload", "s3:PutObject"]
    allow(role, sid, actions, _objects(locations), wildcard=_NAMES)


def allow_listing(role: iam.IRole, sid: str, locations: Sequence[str]) -> None:
    """Allow listing what is under the locations; a statement a bucket.

    S3 answers 403 instead of 404 for a missing object to whoever may not list its bucket.
    """
    prefixes: dict[str, list[str]] = {}
    for location in locations:
        bucket, _, prefix = location.partition("/")
        prefixes.setdefault(bucket, []).append(prefix.strip("/"))
    for number, (bucket, found) in enumerate(prefixes.items()):
        arn = f"arn:{Aws.PARTITION}:s3:::{bucket}"
        allow(role, f"{sid}{number or ''}", ["s3:ListBucket"], [arn], conditions=_under(found))


def _objects(locations: Sequence[str]) -> list[str]:
    return [f"arn:{Aws.PARTITION}:s3:::{location.rstrip('/')}/*" for location in locations]


def _under(prefixes: Sequence[str]) -> dict[str, dict[str, list[str]]] | None:
    if "" in prefixes:
        return None
    patterns = [pattern for prefix in prefixes for pattern in (prefix, f"{prefix}/*")]
    return {"StringLike": {"s3:prefix": patterns}}
