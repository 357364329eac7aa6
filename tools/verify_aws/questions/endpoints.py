"""Which VPC endpoint services there are, in which zones, and whether they take a policy.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html
A service has an entry for each kind of endpoint: S3 has a gateway and an interface.
"""

from __future__ import annotations

from tools.verify_aws.account.scene import Scene
from tools.verify_aws.assumption import Answer, NotAsked


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
        (each["ServiceName"], kind["ServiceType"]): {
            "zones": sorted(each["AvailabilityZones"]),
            "policy": each["VpcEndpointPolicySupported"],
        }
        for page in ec2.get_paginator("describe_vpc_endpoint_services").paginate()
        for each in page["ServiceDetails"]
        for kind in each["ServiceType"]
    }
    gateway = services.get((f"com.amazonaws.{scene.aws.region}.s3", "Gateway"))
    if not gateway or not gateway["policy"]:
        raise NotAsked(
            "EC2 lists no gateway endpoint for S3 with a policy here; every region has one"
        )
    return {
        "endpoints": [
            {
                "service": each["ServiceName"],
                "kind": each["VpcEndpointType"],
                "zones": sorted({zones[subnet] for subnet in each.get("SubnetIds", [])}),
                "policy": "PolicyDocument" in each,
                "found": services.get((each["ServiceName"], each["VpcEndpointType"])),
            }
            for each in wanted.values()
        ]
    }
