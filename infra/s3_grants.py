"""Statements over S3 locations, named as `bucket` or `bucket/prefix`."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

_READ = ("s3:GetObject",)
_WRITE = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")


def read_objects(sid: str, locations: Sequence[str]) -> iam.PolicyStatement:
    """Allow reading the objects of the locations."""
    return iam.PolicyStatement(sid=sid, actions=list(_READ), resources=_objects(locations))


def write_objects(sid: str, locations: Sequence[str]) -> iam.PolicyStatement:
    """Allow reading and writing the objects of the locations."""
    return iam.PolicyStatement(sid=sid, actions=list(_WRITE), resources=_objects(locations))


def list_objects(sid: str, locations: Sequence[str]) -> list[iam.PolicyStatement]:
    """Allow listing what is under the locations; a statement a bucket.

    S3 answers 403 instead of 404 for a missing object to whoever may not list its bucket.
    """
    prefixes: dict[str, list[str]] = {}
    for location in locations:
        bucket, _, prefix = location.partition("/")
        prefixes.setdefault(bucket, []).append(prefix.strip("/"))
    return [
        iam.PolicyStatement(
            sid=f"{sid}{number or ''}",
            actions=["s3:ListBucket"],
            resources=[f"arn:{Aws.PARTITION}:s3:::{bucket}"],
            conditions=_under(found),
        )
        for number, (bucket, found) in enumerate(prefixes.items())
    ]


def _objects(locations: Sequence[str]) -> list[str]:
    return [f"arn:{Aws.PARTITION}:s3:::{location.rstrip('/')}/*" for location in locations]


def _under(prefixes: Sequence[str]) -> dict[str, dict[str, list[str]]] | None:
    if "" in prefixes:
        return None
    patterns = [pattern for prefix in prefixes for pattern in (prefix, f"{prefix}/*")]
    return {"StringLike": {"s3:prefix": patterns}}
