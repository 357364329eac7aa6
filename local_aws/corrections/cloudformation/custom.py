"""The custom resources that the CDK adds to a stack, done natively.

Their Lambda functions are Node programs that need the AWS SDK of Lambda's own runtime. Without it
they never answer, and the stack waits for an hour. A handler registered under the custom type's
name goes before the function.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html (autoDeleteObjects)
"""

from ministack.services import ec2, s3
from ministack.services.cloudformation import provisioners

from local_aws.corrections.cloudformation.resource import Created, Properties, updated_in_place

_EVERYTHING = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


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


def _create_restriction(logical_id: str, props: Properties, stack_name: str) -> Created:
    """Take every rule from a VPC's default security group."""
    group = ec2._security_groups[props["DefaultSecurityGroupId"]]
    group.update(IpPermissions=[], IpPermissionsEgress=[])
    return f"{stack_name}-{logical_id}", {}


def _update_restriction(
    _physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
) -> Created:
    if old.get("DefaultSecurityGroupId") != new.get("DefaultSecurityGroupId"):
        _delete_restriction("", old)
    return _create_restriction(logical_id, new, stack_name)


def _delete_restriction(_physical_id: str, props: Properties) -> None:
    """Give the default security group its rules back, where the VPC still has it."""
    group_id = props["DefaultSecurityGroupId"]
    group = ec2._security_groups.get(group_id)
    if group is None:
        return
    own = {"IpProtocol": "-1", "SourceSecurityGroupId": group_id}
    group["IpPermissions"] = provisioners._ec2_sg_permissions([own])
    group["IpPermissionsEgress"] = provisioners._ec2_sg_permissions([_EVERYTHING])


AUTO_DELETE_OBJECTS = updated_in_place(
    _create_auto_delete, _update_auto_delete, _delete_auto_delete
)
RESTRICT_DEFAULT_GROUP = updated_in_place(
    _create_restriction, _update_restriction, _delete_restriction
)
