"""Which VPC endpoint services there are, in which zones, and whether they take a policy.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html
"""

from __future__ import annotations

from typing import Any

from tools.verify_aws.assumption import Answer
from tools.verify_aws.scene import Scene


def endpoint_services(scene: Scene) -> Answer:
    """Return what each endpoint of the template needs, beside what EC2 says of its service."""
    ec2 = scene.aws.client("ec2")
    wanted = scene.template.resources("AWS::EC2::VPCEndpoint")
    subnets = scene.template.resources("AWS::EC2::Subnet")
    zones = {name: each["AvailabilityZone"] for name, each in subnets.items()}
    existing = {
        subnet
        for each in wanted.values()
        for subnet in each.get("SubnetIds", [])
        if subnet.startswith("subnet-")
    }
    if existing:
        described = ec2.describe_subnets(SubnetIds=sorted(existing))["Subnets"]
        zones |= {each["SubnetId"]: each["AvailabilityZone"] for each in described}
    services = {
        each["ServiceName"]: each
        for page in ec2.get_paginator("describe_vpc_endpoint_services").paginate()
        for each in page["ServiceDetails"]
    }
    return {
        "endpoints": [
            {
                "service": each["ServiceName"],
                "kind": each["VpcEndpointType"],
                "zones": sorted({zones[subnet] for subnet in each.get("SubnetIds", [])}),
                "policy": "PolicyDocument" in each,
                "found": _found(services.get(each["ServiceName"]), each["VpcEndpointType"]),
            }
            for each in wanted.values()
        ]
    }


def _found(service: dict[str, Any] | None, kind: str) -> dict[str, Any] | None:
    """Return what counts of a service; None if there is none of this kind."""
    if service is None or kind not in {each["ServiceType"] for each in service["ServiceType"]}:
        return None
    return {
        "zones": sorted(service["AvailabilityZones"]),
        "policy": service["VpcEndpointPolicySupported"],
    }
