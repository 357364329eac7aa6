"""The customer managed KMS key that everything the stack stores is encrypted with, if any."""

from __future__ import annotations

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..settings.model import Settings
from .removal import removal_policy

CREATE = "create"
"""The value of `kms_key` that has the stack make a key."""


def encryption_key(scope: Construct, settings: Settings) -> kms.IKey | None:
    """Return the key of `kms_key`: None for keys of AWS, a new one, or one that exists."""
    if settings.kms_key is None:
        return None
    if settings.kms_key != CREATE:
        return kms.Key.from_key_arn(scope, "Key", settings.kms_key)
    key = kms.Key(
        scope,
        "Key",
        description=f"Data of {settings.state_machine_name}",
        enable_key_rotation=True,
        removal_policy=removal_policy(settings),
    )
    for statement in _service_statements(Stack.of(scope)):
        key.add_to_resource_policy(statement)
    return key


def _service_statements(stack: Stack) -> list[iam.PolicyStatement]:
    """Let the services that write logs and publish alarms for this account use the key.

    The CDK adds the like for log delivery and EventBridge.

    docs/deploy.md lists the same statements for a key that exists. In a key policy the resource
    "*" is the key itself.
    """
    own_logs = stack.format_arn(service="logs", resource="log-group", resource_name="*")
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return [
        # The one principal whose name has the partition's domain:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        iam.PolicyStatement(
            sid="EncryptLogs",
            principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}")],
            actions=[*use, "kms:DescribeKey", "kms:Encrypt*", "kms:ReEncrypt*"],
            resources=["*"],
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": own_logs.replace("/*", ":*")}
            },
        ),
        iam.PolicyStatement(
            sid="PublishAlarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=use,
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
    ]
