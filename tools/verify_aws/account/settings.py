"""Settings of the two stacks: the widest, which is only synthesized, and the one deployed."""

from __future__ import annotations

from collections.abc import Mapping

from infra.settings.context import assigned
from infra.settings.model import Settings
from tools.verify_aws.account.aws import Aws
from tools.verify_aws.account.scene import LONGEST_JOB, STACK, absent_role

_KEPT = frozenset(
    {"permissions_boundary", "resource_tags", "lambda_runtime", "lambda_architecture"}
)
"""What an account may demand of every stack: the project's choice holds."""


def widest(aws: Aws) -> dict[str, object]:
    """Return the settings that make every kind of policy, endpoint and state."""
    role = f"arn:{aws.partition}:iam::{aws.account}:role"
    key = f"arn:{aws.partition}:kms:{aws.region}:{aws.account}:key/"
    return {
        "network": "create",
        "endpoints": Settings.model_json_schema()["properties"]["endpoints"]["items"]["enum"],
        "kms_key": "create",
        "retain_data": False,
        "image_repositories": ["rl"],
        "job_read_locations": ["datasets", "shared/rl"],
        "job_write_locations": ["results/rl"],
        "launcher_s3_locations": ["pipelines/runs"],
        "launcher_principals": [f"{role}/engineer"],
        "launcher_eks_cluster": "ml",
        "assumable_roles": [absent_role(aws)],
        "allowed_instance_types": ["ml.m5.large"],
        "required_tags": ["team"],
        "required_encryption_key": f"{key}11111111-2222-3333-4444-555555555555",
    }


def deployed(aws: Aws) -> dict[str, object]:
    """Return the settings of the stack that is deployed: the defaults, and nothing retained."""
    return {
        # Blank text leaves the default.
        **{name: "" for name in Settings.model_fields if name not in _KEPT},
        "stack_name": STACK,
        "state_machine_name": STACK,
        "retain_data": False,
        "log_retention_days": 1,
        "alarms": False,
        "max_run_limit": LONGEST_JOB,
        "assumable_roles": [absent_role(aws)],
        "allowed_job_roles": [absent_role(aws)],
    }


def over(settings: Mapping[str, object], given: list[str]) -> dict[str, object]:
    """Return settings with those of the command line, `name=value` each, over them.

    Raises:
        ValueError: One has no `=`.
    """
    return {**settings, **assigned(given)}
