"""The account that is asked: who and where, and its clients."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

from infra.workflow.deployed import use_region

_CONFIG = Config(
    # TestState and ValidateStateMachineDefinition refill at one call a second.
    retries={"mode": "adaptive", "max_attempts": 12},
    # TestState has a host of its own, `sync-states`, which an endpoint of one's own has not.
    inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ,
)


class Aws:
    """An account and region, by the usual credentials.

    Attributes:
        region: Of AWS_REGION, AWS_DEFAULT_REGION or the profile.
        account: Number of the account.
        partition: Such as `aws`.
        caller: ARN of who asks.
    """

    def __init__(self) -> None:
        """Find out who asks.

        Raises:
            ValueError: There is no region.
            botocore.exceptions.BotoCoreError: There are no credentials.
            botocore.exceptions.ClientError: The credentials are not accepted.
        """
        use_region()
        self._session: Any = boto3.Session()
        self._clients: dict[str, Any] = {}
        identity = self.client("sts").get_caller_identity()
        self.region = str(self.client("sts").meta.region_name)
        self.account = str(identity["Account"])
        self.caller = str(identity["Arn"])
        self.partition = self.caller.split(":")[1]

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)
        return self._clients[service]
