"""The VPC of training jobs and launchers: none, one that exists, or a new one without internet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..settings.model import Settings
from ..storage.log_group import log_group

_HTTPS = 443


@dataclass(frozen=True)
class Network:
    """Where training jobs and the interface endpoints have their network interfaces.

    Attributes:
        vpc: The VPC.
        subnet_ids: One a zone.
        route_table_ids: Of those subnets; the S3 gateway puts its route there.
        security_group: Carried by training jobs and by launcher pods.
    """

    vpc: ec2.IVpc
    subnet_ids: Sequence[str]
    route_table_ids: Sequence[str]
    security_group: ec2.SecurityGroup


def network(scope: Construct, settings: Settings, key: kms.IKey | None) -> Network | None:
    """Return the network that the setting `network` chooses."""
    if settings.network == "none":
        return None
    here = Construct(scope, "Network")
    if settings.network == "existing":
        # A security group asks for the id alone; nothing is looked up in the account at synth.
        existing = ec2.Vpc.from_vpc_attributes(
            here, "Vpc", vpc_id=settings.vpc_id or "", availability_zones=["unknown"]
        )
        subnet_ids, route_table_ids = settings.subnet_ids, settings.route_table_ids
        group = _security_group(here, settings, existing)
        return Network(existing, subnet_ids, route_table_ids, group)
    vpc = _created(here, settings, key)
    return Network(
        vpc=vpc,
        subnet_ids=[subnet.subnet_id for subnet in vpc.isolated_subnets],
        route_table_ids=[subnet.route_table.route_table_id for subnet in vpc.isolated_subnets],
        security_group=_security_group(here, settings, vpc),
    )


def _created(scope: Construct, settings: Settings, key: kms.IKey | None) -> ec2.Vpc:
    vpc = ec2.Vpc(
        scope,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr(settings.vpc_cidr),
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
        # It takes a function with rights on every security group of the account.
        restrict_default_security_group=False,
    )
    flow_log = Construct(scope, "FlowLog")
    prefix = f"/aws/vpc/{settings.state_machine_name}-flow-log"
    vpc.add_flow_log(
        "FlowLog",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(
            log_group(flow_log, prefix, settings, key)
        ),
    )
    return vpc


def _security_group(scope: Construct, settings: Settings, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description=f"Training jobs and launchers of {settings.state_machine_name}",
        allow_all_outbound=False,
    )
    # The S3 gateway is reached at S3's public addresses, and their prefix list is not known at
    # synth; without a route to the internet this leads to S3 and to the endpoints alone.
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(_HTTPS), "AWS services")
    if settings.max_instance_count != 1:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html
        group.add_ingress_rule(group, ec2.Port.all_tcp(), "Instances of one training job")
        group.add_egress_rule(group, ec2.Port.all_tcp(), "Instances of one training job")
    return group
