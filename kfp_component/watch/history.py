"""What is new in an execution's history.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from kfp_component.aws.clients import Aws

# An event may hold 256 KiB: small pages keep memory flat.
_PAGE = 25

News = TypeVar("News")


class ExecutionHistory(Generic[News]):
    """Follows an execution's history and gives what each event says once, oldest first.

    Args:
        aws: Where the execution runs.
        execution_arn: Which one.
        read: Returns what an event says; None if that is of no interest.
    """

    def __init__(
        self, aws: Aws, execution_arn: str, read: Callable[[Mapping[str, Any]], News | None]
    ) -> None:
        self._aws = aws
        self._execution_arn = execution_arn
        self._read = read
        self._seen = 0

    def news(self) -> list[News]:
        """Return what happened since the last call.

        Reads backwards from the newest event, so that a long history is not read again.
        """
        found: list[News] = []
        newest = self._seen
        token: dict[str, str] = {}
        while True:
            page = self._aws.states.get_execution_history(
                executionArn=self._execution_arn,
                reverseOrder=True,
                maxResults=_PAGE,
                includeExecutionData=True,
                **token,
            )
            for event in page["events"]:
                if event["id"] <= self._seen:
                    break
                newest = max(newest, event["id"])
                said = self._read(event)
                if said is not None:
                    found.append(said)
            else:
                if page.get("nextToken"):
                    token = {"nextToken": page["nextToken"]}
                    continue
            self._seen = newest
            return found[::-1]
