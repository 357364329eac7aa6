"""The bucket for training sources, models and checkpoints."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ..grants.permissions import acknowledge
from ..settings.model import Settings
from .removal import removal_policy


def artifact_bucket(scope: Construct, settings: Settings, key: kms.IKey | None) -> s3.Bucket:
    """Return a bucket that is encrypted, private, versioned and reached by TLS only."""
    bucket = s3.Bucket(
        scope,
        "Artifacts",
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=key is not None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="ForgetReplacedObjects",
                noncurrent_version_expiration=Duration.days(30),
                abort_incomplete_multipart_upload_after=Duration.days(7),
                expired_object_delete_marker=True,
            )
        ],
        removal_policy=removal_policy(settings),
        auto_delete_objects=not settings.retain_data,
    )
    reason = "Access logs take a second bucket; who must keep them has CloudTrail's data events."
    acknowledge(bucket, "AwsSolutions-S1", reason=reason)
    return bucket
