"""A template's intrinsic functions, resolved as CloudFormation would in some account and region."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.template.deployments import ACCOUNT


@dataclass(frozen=True)
class Place:
    """Where a template is deployed."""

    partition: str = "aws"
    region: str = "us-east-1"
    url_suffix: str = "amazonaws.com"
    account: str = ACCOUNT

    def arn(self, service: str, resource: str, *, global_: bool = False) -> str:
        region = "" if global_ else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"


CHINA = Place("aws-cn", "cn-north-1", "amazonaws.com.cn")
GOVERNMENT = Place("aws-us-gov", "us-gov-west-1")


class Resolver:
    """Resolves one template in one place; physical ids are the logical ids."""

    def __init__(self, template: dict[str, Any], place: Place | None = None):
        self.template = template
        self.place = place or Place()

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.resolve(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            function = getattr(self, "_" + name.removeprefix("Fn::").lower(), None)
            if function and (name == "Ref" or name.startswith("Fn::")):
                return function(value)
            assert not name.startswith("Fn::"), f"no {name} here"
        return {key: self.resolve(value) for key, value in node.items()}

    def resource(self, kind: str) -> dict[str, Any]:
        """The properties of the template's only resource of a type, resolved."""
        (found,) = self.resources(kind).values()
        return found

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            logical_id: self.resolve(each.get("Properties", {}))
            for logical_id, each in self.template["Resources"].items()
            if each["Type"] == kind
        }

    def policy(self, role: str) -> list[dict[str, Any]]:
        """The statements of the role whose logical id begins so."""
        return [
            statement
            for policy in self.resources("AWS::IAM::Policy").values()
            if any(each.startswith(role) for each in policy["Roles"])
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def machine(self, name: str = "RlTraining") -> dict[str, Any]:
        """The properties of the state machine of this name."""
        (found,) = [
            each
            for each in self.resources("AWS::StepFunctions::StateMachine").values()
            if each["StateMachineName"] == name
        ]
        return found

    def definition(self, name: str = "RlTraining") -> dict[str, Any]:
        """The definition of the state machine of this name."""
        return json.loads(self.machine(name)["DefinitionString"])

    def _machine(self, logical_id: str) -> str:
        name = "RlSweep" if logical_id.startswith("Sweeps") else "RlTraining"
        return self.place.arn("states", f"stateMachine:{name}")

    def _ref(self, name: str) -> str:
        pseudo = {
            "AWS::Partition": self.place.partition,
            "AWS::Region": self.place.region,
            "AWS::AccountId": self.place.account,
            "AWS::URLSuffix": self.place.url_suffix,
            "AWS::StackId": self.place.arn("cloudformation", "stack/RlTraining/0a1b2c3d-4e5f"),
            "AWS::StackName": "RlTraining",
        }
        if name in pseudo:
            return pseudo[name]
        kind = self.template["Resources"][name]["Type"]
        references = {
            "AWS::S3::Bucket": name.lower(),
            "AWS::Lambda::Version": self.place.arn("lambda", f"function:{name}:1"),
            "AWS::StepFunctions::StateMachine": self._machine(name),
            "AWS::StepFunctions::StateMachineAlias": f"{self._machine(name)}:live",
            "AWS::SNS::Topic": self.place.arn("sns", name),
        }
        return references.get(kind, name)

    def _getatt(self, value: list[str]) -> Any:
        name, attribute = value
        if attribute == "DnsEntries":
            return [f"Z1:{name}.vpce.{self.place.url_suffix}"]
        if attribute != "Arn":
            return f"{name}.{attribute}"
        kind = self.template["Resources"][name]["Type"]
        arns = {
            "AWS::IAM::Role": self.place.arn("iam", f"role/{name}", global_=True),
            "AWS::Lambda::Function": self.place.arn("lambda", f"function:{name}"),
            "AWS::Logs::LogGroup": self.place.arn("logs", f"log-group:{name}:*"),
            "AWS::CloudWatch::Alarm": self.place.arn("cloudwatch", f"alarm:{name}"),
            "AWS::KMS::Key": self.place.arn("kms", f"key/{name}"),
            "AWS::Events::Rule": self.place.arn("events", f"rule/{name}"),
            "AWS::S3::Bucket": f"arn:{self.place.partition}:s3:::{name.lower()}",
            "AWS::StepFunctions::StateMachine": self._machine(name),
        }
        return arns[kind]

    def _join(self, value: Any) -> str:
        return value[0].join(self.resolve(value[1]))

    def _select(self, value: Any) -> Any:
        return self.resolve(value[1])[int(value[0])]

    def _split(self, value: Any) -> list[str]:
        return self.resolve(value[1]).split(value[0])

    def _sub(self, value: str) -> str:
        return value.replace("${AWS::Partition}", self.place.partition)

    def _if(self, value: Any) -> Any:
        condition, yes, no = value
        left, right = self.template["Conditions"][condition]["Fn::Equals"]
        return self.resolve(yes if self.resolve(left) == self.resolve(right) else no)

    def _getazs(self, _region: Any) -> list[str]:
        return [f"{self.place.region}{zone}" for zone in "ab"]
