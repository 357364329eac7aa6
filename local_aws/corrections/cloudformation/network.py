"""Network resources that ministack's CloudFormation lacks, or describes too briefly.

Documented at https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html.
"""

import re
import uuid
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local_aws.corrections.cloudformation.resource import (
    Created,
    Properties,
    ResourceType,
    replaced_on_update,
    with_attributes,
)


def _hexadecimal_id(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:17]}"


def _security_group_rule(direction: str) -> ResourceType:
    """Return the type of a rule of its own: AWS::EC2::SecurityGroupIngress or Egress."""

    def create(_logical_id: str, props: Properties, _stack_name: str) -> Created:
        group = ec2._security_groups.get(props["GroupId"])
        if group is None:
            raise ValueError(f"The security group '{props['GroupId']}' does not exist")
        group[direction].extend(provisioners._ec2_sg_permissions([props]))
        rule_id = _hexadecimal_id("sgr")
        return rule_id, {"Id": rule_id}

    def delete(_physical_id: str, props: Properties) -> None:
        group = ec2._security_groups.get(props.get("GroupId"))
        for permission in provisioners._ec2_sg_permissions([props]):
            if group is not None and permission in group[direction]:
                group[direction].remove(permission)

    return replaced_on_update(create, delete)


def _vpc_attributes(vpc_id: str, _props: Properties) -> dict[str, Any]:
    """Return `CidrBlock` and its association, which cdk reads for `Vpc.vpc_cidr_block`."""
    return {
        "CidrBlock": ec2._vpcs[vpc_id]["CidrBlock"],
        "CidrBlockAssociations": [f"vpc-cidr-assoc-{vpc_id.removeprefix('vpc-')}"],
        "Ipv6CidrBlocks": [],
    }


def _endpoint_attributes(endpoint_id: str, props: Properties) -> dict[str, Any]:
    """Return DNS names and network interfaces of an interface endpoint; a gateway has neither."""
    endpoint = ec2._vpc_endpoints[endpoint_id]
    if props.get("VpcEndpointType") != "Interface":
        return {}
    if not endpoint["NetworkInterfaceIds"]:
        endpoint["NetworkInterfaceIds"] = [_hexadecimal_id("eni") for _ in endpoint["SubnetIds"]]
    service = endpoint["ServiceName"].rpartition(f"{get_region()}.")[2]
    name = f"{endpoint_id}-{endpoint_id[-8:]}.{service}.{get_region()}.vpce.amazonaws.com"
    return {
        "DnsEntries": [f"Z7HUB22UULQXV:{name}"],  # the hosted zone, then the name
        "NetworkInterfaceIds": endpoint["NetworkInterfaceIds"],
    }


def _create_flow_log(_logical_id: str, props: Properties, _stack_name: str) -> Created:
    names = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
    query = {name: [str(props[name])] for name in names if props.get(name)}
    response = ec2._create_flow_logs({**query, "ResourceId.1": [props["ResourceId"]]})
    answer = bytes(response[2]).decode()
    found = re.search(r"fl-[0-9a-fA-F]+", answer)
    if found is None:
        raise ValueError(answer)
    return found.group(), {"Id": found.group()}


def _delete_flow_log(flow_log_id: str, _props: Properties) -> None:
    ec2._delete_flow_logs({"FlowLogId.1": [flow_log_id]})


INGRESS = _security_group_rule("IpPermissions")
EGRESS = _security_group_rule("IpPermissionsEgress")
FLOW_LOG = replaced_on_update(_create_flow_log, _delete_flow_log)
vpc = with_attributes(_vpc_attributes)
vpc_endpoint = with_attributes(_endpoint_attributes)
