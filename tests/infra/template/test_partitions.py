"""The templates fit every partition: no ARN and no host name is written for one of them."""

import json
import re

import pytest

from tests.support.template.deployments import DEPLOYMENTS, EVERYTHING
from tests.support.template.resolving import CHINA, GOVERNMENT, Resolver

PRINCIPALS = (
    "cloudwatch delivery.logs events lambda pods.eks sagemaker states sts vpc-flow-logs".split()
)


def strings(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def test_the_default_template_names_no_partition(templates):
    text = json.dumps(templates["default"])
    assert not re.search(r"arn:aws[a-z-]*:", text)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_amazonaws_com_is_in_service_principals_only(templates, name):
    # Names of service principals are the same in every partition:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    resources = json.dumps(templates[name]["Resources"])
    given = re.escape("oidc.eks.us-east-1.amazonaws.com")
    hosts = re.findall(r'[^"/]*amazonaws\.com[^"]*', re.sub(given, "", resources))
    assert {host for host in hosts if not re.fullmatch(r"[a-z.-]+\.amazonaws\.com", host)} == set()
    assert set(hosts) <= {f"{service}.amazonaws.com" for service in PRINCIPALS}


@pytest.mark.parametrize("place", [CHINA, GOVERNMENT], ids=lambda place: place.partition)
def test_arns_are_of_the_partition_deployed_to(templates, place):
    resolved = Resolver(templates["default"], place).resolve(templates["default"]["Resources"])
    arns = [text for text in strings(resolved) if "arn:" in text]
    assert len(arns) > 20
    partitions = set(re.findall(r"arn:(aws[a-z-]*):", " ".join(arns)))
    assert partitions == {place.partition}


def test_endpoints_have_the_names_of_china_there(templates):
    def names(place):
        resolver = Resolver(templates["everything"], place)
        endpoints = resolver.resources("AWS::EC2::VPCEndpoint").values()
        return {endpoint["ServiceName"] for endpoint in endpoints}

    assert names(GOVERNMENT) == {
        f"com.amazonaws.us-gov-west-1.{name}" for name in EVERYTHING["endpoints"]
    }
    assert "cn.com.amazonaws.cn-north-1.states" in names(CHINA)
    assert "com.amazonaws.cn-north-1.logs" in names(CHINA)
    assert "com.amazonaws.cn-north-1.s3" in names(CHINA)


def test_logs_encrypt_as_the_principal_of_the_partition(templates):
    def principals(place):
        policy = Resolver(templates["everything"], place).resource("AWS::KMS::Key")["KeyPolicy"]
        return [each["Principal"].get("Service") for each in policy["Statement"]]

    assert "logs.cn-north-1.amazonaws.com.cn" in principals(CHINA)
    assert "logs.us-gov-west-1.amazonaws.com" in principals(GOVERNMENT)
