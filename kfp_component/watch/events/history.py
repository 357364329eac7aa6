"""What is new in an execution's history.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from kfp_component.aws.clients import Aws

# An event may hold 256 KiB: small pages keep memory flat.
_PAGE = 25
_LARGEST_PAGE = 300_000
_GROWTH = 4

News = TypeVar("News")


class ExecutionHistory(Generic[News]):
    """Follows an execution's history and gives what each event says once, oldest first.

    Args:
        aws: Where the execution runs.
        execution_arn: Which one.
        read: Returns what an event says; None if that is of no interest.
        pages: Fewest and most events of a page; where events are small there are more.
    """

    def __init__(
        self,
        aws: Aws,
        execution_arn: str,
        read: Callable[[Mapping[str, Any]], News | None],
        pages: tuple[int, int] = (_PAGE, _PAGE),
    ) -> None:
        self._aws = aws
        self._execution_arn = execution_arn
        self._read = read
        self._fewest, self._most = pages
        self._page = self._fewest
        self._seen = 0

    def news(self) -> list[News]:
        """Return what happened since the last call.

        Reads backwards from the newest event, so that a long history is not read again. The pages
        of one reading are of one size, as the service demands; where the first shows that another
        size fits better, or a later one that this size is too large, it is read anew.
        """
        size, shrunk = self._page, False
        found: list[News] = []
        newest = self._seen
        token: dict[str, str] = {}
        while True:
            page = self._aws.states.get_execution_history(
                executionArn=self._execution_arn,
                reverseOrder=True,
                maxResults=size,
                includeExecutionData=True,
                **token,
            )
            # A few small events may come before many large ones: pages grow by and by.
            self._page = min(self._fitting(page["events"]), _GROWTH * size)
            for event in page["events"]:
                if event["id"] <= self._seen:
                    break
                newest = max(newest, event["id"])
                said = self._read(event)
                if said is not None:
                    found.append(said)
            else:
                if page.get("nextToken"):
                    too_large = 2 * self._page < size
                    if too_large or (not token and self._page > size and not shrunk):
                        size, shrunk = self._page, shrunk or too_large
                        found, newest, token = [], self._seen, {}
                    else:
                        token = {"nextToken": page["nextToken"]}
                    continue
            self._seen = newest
            return found[::-1]

    def _fitting(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Return how many events like these make a page that is not too large."""
        size = sum(
            len(text)
            for event in events
            for details in event.values()
            if isinstance(details, dict)
            for text in details.values()
            if isinstance(text, str)
        )
        fitting = _LARGEST_PAGE * len(events) // max(size, 1)
        return max(self._fewest, min(self._most, fitting))
