"""VPC endpoints, each chosen by name: with a second one for a service private DNS would fail.

https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""

from __future__ import annotations

from aws_cdk import Aws, CfnCondition, Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..settings.model import Settings
from .endpoint_policies import endpoint_policy
from .vpc import Network

_HTTPS = 443
_CHINA_PREFIX = frozenset({"ecr.api", "ecr.dkr", "monitoring", "sagemaker.api", "states", "sts"})
"""Services whose endpoints are named `cn.com.amazonaws...` in the Regions of China."""


class Endpoints(Construct):
    """The endpoints that `endpoints` names.

    Attributes:
        states_dns: DNS name of the endpoint for Step Functions, for the argument `endpoint_url`;
            None without one.
    """

    def __init__(self, scope: Construct, settings: Settings, network: Network) -> None:
        super().__init__(scope, "Endpoints")
        self._settings = settings
        self._network = network
        self._in_china = CfnCondition(
            self, "InChina", expression=Fn.condition_equals(Aws.PARTITION, "aws-cn")
        )
        self.states_dns: str | None = None
        for name in settings.endpoints:
            if name == "s3":
                self._gateway()
            else:
                endpoint = self._interface(name)
                if name == "states":
                    # An entry is the hosted zone's id, a colon and the name.
                    entry = Fn.select(0, endpoint.attr_dns_entries)
                    self.states_dns = Fn.select(1, Fn.split(":", entry))

    def _gateway(self) -> None:
        ec2.CfnVPCEndpoint(
            self,
            "s3",
            vpc_id=self._network.vpc.vpc_id,
            service_name=f"com.amazonaws.{Aws.REGION}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(self._network.route_table_ids),
            policy_document=endpoint_policy("s3", self._settings),
        )

    def _interface(self, name: str) -> ec2.CfnVPCEndpoint:
        return ec2.CfnVPCEndpoint(
            self,
            name,
            vpc_id=self._network.vpc.vpc_id,
            service_name=f"{self._prefix(name)}.{Aws.REGION}.{name}",
            vpc_endpoint_type="Interface",
            subnet_ids=list(self._network.subnet_ids),
            security_group_ids=[self._security_group(name).security_group_id],
            private_dns_enabled=True,
            policy_document=endpoint_policy(name, self._settings),
        )

    def _security_group(self, name: str) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            f"{name}-SecurityGroup",
            vpc=self._network.vpc,
            description=f"Endpoint {name} of {self._settings.state_machine_name}",
            allow_all_outbound=False,
        )
        clients = [self._network.security_group.security_group_id]
        for client in (*clients, *self._settings.launcher_security_groups):
            group.add_ingress_rule(
                ec2.Peer.security_group_id(client), ec2.Port.tcp(_HTTPS), f"Clients of {name}"
            )
        return group

    def _prefix(self, name: str) -> str:
        if name not in _CHINA_PREFIX:
            return "com.amazonaws"
        return Fn.condition_if(
            self._in_china.logical_id, "cn.com.amazonaws", "com.amazonaws"
        ).to_string()
