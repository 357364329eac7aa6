"""The custom resource that the CDK adds to a stack to empty its bucket, done natively.

Its Lambda function is a Node program that needs the AWS SDK of Lambda's own runtime. Without it
the function never answers, and the stack waits for an hour. A handler registered under the custom
type's name goes before the function.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html (autoDeleteObjects)
"""

from ministack.services import s3

from local_aws.corrections.cloudformation.resource import Created, Properties, updated_in_place


def empty_bucket(name: str) -> None:
    """Delete every object of a bucket, with all its versions and delete markers."""
    bucket = s3._buckets.get(name)
    if bucket is None:
        return
    for key in list(bucket["objects"]):
        s3._delete_object(name, key)
    for (owner, key), versions in list(s3._object_versions.items()):
        if owner == name:
            for version in list(versions):
                s3._delete_object_version(bucket, name, key, version["version_id"])


def _create_auto_delete(logical_id: str, _props: Properties, stack_name: str) -> Created:
    return f"{stack_name}-{logical_id}", {}


def _update_auto_delete(
    physical_id: str, old: Properties, new: Properties, _stack_name: str, _logical_id: str
) -> Created:
    if old.get("BucketName") != new.get("BucketName"):
        empty_bucket(old["BucketName"])
    return physical_id, {}


def _delete_auto_delete(_physical_id: str, props: Properties) -> None:
    empty_bucket(props["BucketName"])


AUTO_DELETE_OBJECTS = updated_in_place(
    _create_auto_delete, _update_auto_delete, _delete_auto_delete
)
