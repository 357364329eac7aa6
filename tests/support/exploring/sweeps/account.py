"""Step Functions as StopTrials sees it, in place of boto3."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.support.exploring.sweeps.world import ARN, EXECUTIONS, World


class Account:
    """The client; `world` is what StopTrials has made of it.

    Attributes:
        world: The executions.
        redriven_at: When the sweep was redriven, before StopTrials came to look.
    """

    def __init__(self, world: World, redriven_at: datetime | None) -> None:
        self.world = world
        self.redriven_at = redriven_at

    def client(self, service: str) -> "Account":
        assert service == "stepfunctions"
        return self

    def get_paginator(self, operation: str) -> "Account":
        assert operation == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str, statusFilter: str) -> Iterator[Mapping[str, Any]]:
        assert stateMachineArn
        for child in self.world.children:
            if child.status == statusFilter:
                arn = EXECUTIONS + child.name
                yield {"executions": [{"name": child.name, "executionArn": arn}]}

    def describe_execution(self, *, executionArn: str) -> Mapping[str, Any]:
        if executionArn == ARN:
            return {"redriveDate": self.redriven_at} if self.redriven_at else {}
        child = self.world.child(executionArn.removeprefix(EXECUTIONS))
        assert child is not None
        return {"input": child.given}

    def stop_execution(self, *, executionArn: str, cause: str) -> None:
        assert cause
        self.world = self.world.aborted([executionArn.removeprefix(EXECUTIONS)])
