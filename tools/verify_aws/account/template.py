"""A synthesized template as CloudFormation would resolve it in this account and region.

What only a deployment knows is filled in: a resource's id is its logical id, and its ARN has the
service's form, so that policies and definitions read like those deployed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_ARNS = {
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Version": "lambda:{region}:{account}:function:{name}:1",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/11111111-2222-3333-4444-555555555555",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{name}",
    "AWS::S3::Bucket": "s3:::{lower}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}
_REF_IS_ARN = {
    "AWS::Lambda::Version",
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
}


@dataclass(frozen=True)
class Place:
    """Where a template is resolved.

    Attributes:
        zones: The region's availability zones, in the order that `Fn::GetAZs` has.
    """

    partition: str
    region: str
    account: str
    zones: tuple[str, ...] = ()


class Template:
    """A template in one place.

    Example:
        >>> Template(template, Place("aws", "us-east-1", "123456789012")).definition()["StartAt"]
        'Initialise'
    """

    def __init__(self, template: dict[str, Any], place: Place) -> None:
        self._template = template
        self._place = place

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resolved properties of each resource of a type, by logical id."""
        return {
            name: self._resolve(each.get("Properties", {}))
            for name, each in self._template["Resources"].items()
            if each["Type"] == kind
        }

    def definitions(self) -> list[dict[str, Any]]:
        """Return the definition of each state machine."""
        machines = self.resources("AWS::StepFunctions::StateMachine").values()
        return [json.loads(each["DefinitionString"]) for each in machines]

    def definition(self) -> dict[str, Any]:
        """Return the definition of the state machine that trains: the one that creates jobs."""
        for definition in self.definitions():
            if "CreateTrainingJob" in definition["States"]:
                return definition
        raise LookupError("the template has no state machine that creates training jobs")

    def policies(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield each policy: a name, its type as Access Analyzer has it, and the document.

        The type of a policy of a resource is followed by that of the resource, if Access Analyzer
        knows one: `RESOURCE_POLICY AWS::S3::Bucket`.
        """
        for name, each in self.resources("AWS::IAM::Policy").items():
            yield name, "IDENTITY_POLICY", each["PolicyDocument"]
        for name, each in self.resources("AWS::IAM::Role").items():
            trust = "RESOURCE_POLICY AWS::IAM::AssumeRolePolicyDocument"
            yield f"{name} (trust)", trust, each["AssumeRolePolicyDocument"]
            for inline in each.get("Policies", []):
                yield (
                    f"{name} ({inline['PolicyName']})",
                    "IDENTITY_POLICY",
                    inline["PolicyDocument"],
                )
        for kind, field, known in (
            ("AWS::S3::BucketPolicy", "PolicyDocument", " AWS::S3::Bucket"),
            ("AWS::KMS::Key", "KeyPolicy", ""),
            ("AWS::SNS::TopicPolicy", "PolicyDocument", ""),
            ("AWS::EC2::VPCEndpoint", "PolicyDocument", ""),
        ):
            for name, each in self.resources(kind).items():
                if field in each:
                    yield name, f"RESOURCE_POLICY{known}", each[field]

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolve(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, value)
        return {key: self._resolve(value) for key, value in node.items()}

    def _function(self, name: str, value: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": lambda of: of[0].join(str(self._resolve(each)) for each in of[1]),
            "Fn::Select": self._select,
            "Fn::Split": lambda of: self._resolve(of[1]).split(of[0]),
            "Fn::GetAZs": lambda _region: list(self._place.zones),
            "Fn::If": lambda of: self._resolve(of[1] if self._is_true(of[0]) else of[2]),
            "Fn::Sub": self._sub,
        }
        if name not in functions:
            raise LookupError(f"{name} is not resolved here")
        return functions[name](value)

    def _get_att(self, value: list[str]) -> str:
        name, attribute = value
        return self._arn(name) if attribute == "Arn" else f"{name}.{attribute}"

    def _ref(self, name: str) -> str:
        place = self._place
        pseudo = {
            "AWS::Partition": place.partition,
            "AWS::Region": place.region,
            "AWS::AccountId": place.account,
            "AWS::URLSuffix": "amazonaws.com" + ".cn" * (place.partition == "aws-cn"),
            "AWS::StackName": "RlTraining",
            "AWS::StackId": f"arn:{place.partition}:cloudformation:{place.region}:{place.account}"
            ":stack/RlTraining/0a1b2c3d-4e5f-0a1b-2c3d-0a1b2c3d4e5f",
        }
        if name in pseudo:
            return pseudo[name]
        kind = self._template["Resources"].get(name, {}).get("Type", "")
        if kind in _REF_IS_ARN:
            return self._arn(name)
        return name.lower() if kind == "AWS::S3::Bucket" else name

    def _arn(self, name: str) -> str:
        kind = self._template["Resources"][name]["Type"]
        form = _ARNS.get(kind, "unknown:::{name}")
        place = self._place
        return f"arn:{place.partition}:" + form.format(
            region=place.region, account=place.account, name=name, lower=name.lower()
        )

    def _select(self, value: list[Any]) -> Any:
        index, values = value[0], self._resolve(value[1])
        # Of a list that only a deployment knows, such as the DNS entries of an endpoint.
        return values[int(index)] if isinstance(values, list) else f"{values}.{index}"

    def _sub(self, text: Any) -> str:
        for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::URLSuffix"):
            text = text.replace(f"${{{name}}}", self._ref(name))
        return str(text)

    def _is_true(self, condition: str) -> bool:
        left, right = self._template["Conditions"][condition]["Fn::Equals"]
        return bool(self._resolve(left) == self._resolve(right))
