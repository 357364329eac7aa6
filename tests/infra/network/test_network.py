"""The network: who reaches which endpoint, and what an endpoint lets through."""

import pytest

from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from tests.support.template.deployments import ACCOUNT, ENDPOINTS, EXISTING_VPC
from tests.support.template.resolving import Resolver


def endpoints(templates, name):
    found = Resolver(templates[name]).resources("AWS::EC2::VPCEndpoint").values()
    return {each["ServiceName"].partition("us-east-1.")[2]: each for each in found}


def test_the_default_deployment_has_no_network(templates):
    kinds = {each["Type"] for each in templates["default"]["Resources"].values()}
    assert not any(kind.startswith("AWS::EC2::") for kind in kinds)


def test_a_created_vpc_has_no_way_to_the_internet_and_a_flow_log(templates):
    resolver = Resolver(templates["everything"])
    kinds = {each["Type"] for each in templates["everything"]["Resources"].values()}
    assert kinds.isdisjoint(
        {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::EIP"}
    )
    assert len(resolver.resources("AWS::EC2::Subnet")) == 2
    assert resolver.resource("AWS::EC2::FlowLog")["TrafficType"] == "ALL"


@pytest.mark.parametrize("name", ["everything", "existing-vpc"])
def test_endpoints_have_private_dns_and_a_policy(templates, name):
    found = endpoints(templates, name)
    gateway = found.pop("s3")
    assert gateway["VpcEndpointType"] == "Gateway"
    assert gateway["RouteTableIds"]
    for endpoint in found.values():
        assert endpoint["PrivateDnsEnabled"] is True
        assert len(endpoint["SecurityGroupIds"]) == 1
    for endpoint in (gateway, *found.values()):
        for statement in endpoint["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert bounded(statement), statement


def bounded(statement):
    """Whether a statement is about this account, or names what of another account it allows."""
    condition = str(statement.get("Condition", ""))
    if ACCOUNT in condition and ("PrincipalAccount" in condition or "ResourceAccount" in condition):
        return True
    resources = statement["Resource"]
    return all(
        f":{ACCOUNT}:" in arn or "starport-layer-bucket" in arn
        for arn in ([resources] if isinstance(resources, str) else resources)
    )


def test_endpoints_are_chosen_one_by_one(templates):
    assert set(endpoints(templates, "everything")) == set(ENDPOINTS)
    assert set(endpoints(templates, "existing-vpc")) == set(EXISTING_VPC["endpoints"])


def test_endpoints_are_reached_on_443_from_security_groups_only(templates):
    groups = Resolver(templates["existing-vpc"]).resources("AWS::EC2::SecurityGroup")
    of_endpoints = {name: each for name, each in groups.items() if name.startswith("Endpoints")}
    assert len(of_endpoints) == 3
    for group in of_endpoints.values():
        rules = group["SecurityGroupIngress"]
        assert {(rule["FromPort"], rule["ToPort"]) for rule in rules} == {(443, 443)}
        assert not any("CidrIp" in rule for rule in rules)
        sources = {rule["SourceSecurityGroupId"] for rule in rules}
        assert EXISTING_VPC["launcher_security_groups"][0] in sources
        assert len(sources) == 2


def test_instances_of_a_job_reach_each_other_only_where_there_may_be_two(templates):
    several = Resolver(templates["everything"]).resources("AWS::EC2::SecurityGroupIngress")
    assert any(rule["ToPort"] == 65535 for rule in several.values())
    one = Resolver(templates["existing-vpc"]).resources("AWS::EC2::SecurityGroupIngress")
    assert not any(rule["ToPort"] == 65535 for rule in one.values())


def test_outputs_of_a_network(templates):
    common = {"StateMachineArn", "StateMachineAliasArn", "JobRoleArn", "LauncherRoleArn"}
    common |= {"ArtifactBucketName", "FirstRunInput", "SweepStateMachineArn"}
    assert set(templates["default"]["Outputs"]) == common
    existing = set(templates["existing-vpc"]["Outputs"])
    assert existing - common == {"SecurityGroupId", "StatesEndpointDns"}
    created = set(templates["everything"]["Outputs"])
    assert created - existing == {"VpcId", "SubnetIds"}
    outputs = Resolver(templates["everything"]).resolve(templates["everything"]["Outputs"])
    assert outputs["StatesEndpointDns"]["Value"].endswith(".vpce.amazonaws.com")


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"network": "existing"}, ["vpc_id: is required", "subnet_ids: is required"]),
        ({"vpc_id": "vpc-01234567"}, ["vpc_id: is read with network=existing only"]),
        ({"endpoints": "states"}, ["endpoints: needs a VPC"]),
        ({"network": "create"}, ["endpoints: should have s3"]),
        ({"network": "create", "endpoints": "s3,s3"}, ["endpoints: names s3 twice"]),
        (
            {"network": "create", "endpoints": "s3,ec2"},
            ['endpoints: endpoints[1] got "ec2"; allowed: any of states'],
        ),
        ({**EXISTING_VPC, "route_table_ids": ""}, ["route_table_ids: is required"]),
        ({"network": "create", "endpoints": "s3", "vpc_cidr": "10.0.0.0/8"}, ["vpc_cidr: "]),
    ],
    ids=str,
)
def test_networks_that_cannot_be(context, said):
    with pytest.raises(InvalidSettings) as raised:
        read_settings(context)
    assert len(raised.value.problems) == len(said)
    for problem, start in zip(raised.value.problems, said, strict=True):
        assert ": ".join(problem).startswith(start)
