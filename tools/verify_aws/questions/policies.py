"""What IAM Access Analyzer says of every policy, identity and trust, of a template.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
"""

from __future__ import annotations

import json
from typing import Any

from infra.roles.assume_role_policy import policy, trust
from infra.settings.model import Settings
from tools.verify_aws.account.scene import Scene
from tools.verify_aws.assumption import Answer


def validate_policies(scene: Scene) -> Answer:
    """Return the findings of each policy."""
    analyzer = scene.aws.client("accessanalyzer")
    found = []
    for name, kind, document in [*scene.template.policies(), *_of_assumed_role(scene)]:
        policy_type, _, resource_type = kind.partition(" ")
        asked: dict[str, Any] = {
            "policyDocument": json.dumps(document),
            "policyType": policy_type,
        }
        if resource_type:
            asked["validatePolicyResourceType"] = resource_type
        pages = analyzer.get_paginator("validate_policy").paginate(**asked)
        found.append(
            {
                "policy": name,
                "findings": [
                    {key: each[key] for key in ("findingType", "issueCode", "findingDetails")}
                    for page in pages
                    for each in page["findings"]
                ],
            }
        )
    return {"policies": found}


def _of_assumed_role(scene: Scene) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what `make assume-role-policy` prints for the owner of a role to assume."""
    aws = scene.aws
    role = f"arn:{aws.partition}:iam::{aws.account}:role/"
    machine = f"arn:{aws.partition}:states:{aws.region}:{aws.account}:stateMachine:RlTraining"
    allowed = policy(f"{role}submitter", [f"{role}trainer"], aws.region, Settings())
    kind = "RESOURCE_POLICY AWS::IAM::AssumeRolePolicyDocument"
    return [
        ("role to assume", "IDENTITY_POLICY", allowed),
        ("role to assume (trust)", kind, trust(machine, f"{role}states")),
    ]
