"""The log lines of a training job, as they come: every line of every host once, in order.

SageMaker writes one stream per host, `<job>/algo-<n>-<time>`, some of them late. GetLogEvents
returns the same forward token again at the end of a stream.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfp_component.aws.clients import Aws
from kfp_component.aws.errors import error_code
from training_job.links import LOG_GROUP

# A page of this many events keeps memory flat; CloudWatch's own limit is 10,000.
_PAGE = 1000
_MOST_PAGES_AT_ONCE = 20
_SOONEST = 1.0
_LATEST = 15.0
# CloudWatch Logs answers some 10 to 25 requests a second for a whole account.
_PER_STREAM = 0.2
# A stream per host; SageMaker makes more when it repeats a job on other hosts.
_STREAMS_EVERY = 2.0
_MORE_STREAMS_EVERY = 300.0


@dataclass
class _Stream:
    name: str
    host: str
    token: str | None = None
    at_end: bool = False


class LogTail:
    """Reads the streams of one training job.

    Args:
        aws: Where to read them.
        job_name: The training job.
        expected_hosts: How many hosts there will be, each with a stream.
        take: Called with the host (`algo-1`) and each line.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        aws: Aws,
        job_name: str,
        expected_hosts: int,
        take: Callable[[str, str], None],
        clock: Callable[[], float],
    ) -> None:
        self._aws = aws
        self._prefix = f"{job_name}/"
        self._expected_streams = expected_hosts
        self._take = take
        self._clock = clock
        self._streams: dict[str, _Stream] = {}
        self._look_for_streams_at = 0.0
        self._delay = _SOONEST

    def poll(self) -> float:
        """Read what is new, some pages at most; return the seconds until the next poll."""
        lines = self.drain()
        behind = any(not stream.at_end for stream in self._streams.values())
        if lines:
            self._delay = max(_SOONEST, self._delay / 2)
        else:
            self._delay = min(_LATEST, self._delay * 1.3)
        return max(_PER_STREAM * len(self._streams), _PER_STREAM if behind else self._delay)

    def look_again(self) -> None:
        """Look for streams at the next poll, whenever it did last."""
        self._look_for_streams_at = 0.0

    def expect_more(self, hosts: int) -> None:
        """Look for new streams until there are so many more: the job begins again."""
        self._expected_streams += hosts
        self.look_again()

    def drain(self) -> int:
        """Read what is new and return the number of lines.

        Call it again while it returns a number above 0.
        """
        self._find_streams()
        return sum(self._read(stream, _MOST_PAGES_AT_ONCE) for stream in self._streams.values())

    def _find_streams(self) -> None:
        if self._clock() < self._look_for_streams_at:
            return
        token: dict[str, str] = {}
        while True:
            try:
                page = self._aws.logs.describe_log_streams(
                    logGroupName=LOG_GROUP, logStreamNamePrefix=self._prefix, **token
                )
            except Exception as error:
                if error_code(error) == "ResourceNotFoundException":
                    return  # The account's first training job has not made the group yet.
                raise
            for stream in page["logStreams"]:
                name = stream["logStreamName"]
                self._streams.setdefault(name, _Stream(name, self._host(name)))
            if not page.get("nextToken"):
                break
            token = {"nextToken": page["nextToken"]}
        complete = len(self._streams) >= self._expected_streams
        pause = _MORE_STREAMS_EVERY if complete else _STREAMS_EVERY
        self._look_for_streams_at = self._clock() + pause

    def _read(self, stream: _Stream, most_pages: int) -> int:
        lines = 0
        stream.at_end = False
        for _ in range(most_pages):
            page = self._page(stream)
            events = page["events"]
            for event in events:
                self._take(stream.host, event["message"])
            lines += len(events)
            # Only now: a page that was not read to its end is read again.
            moved = page["nextForwardToken"] != stream.token
            stream.token = page["nextForwardToken"]
            if not moved or not events:
                stream.at_end = True
                break
        return lines

    def _page(self, stream: _Stream) -> dict[str, Any]:
        position = {"nextToken": stream.token} if stream.token else {}
        return self._aws.logs.get_log_events(
            logGroupName=LOG_GROUP,
            logStreamName=stream.name,
            startFromHead=True,
            limit=_PAGE,
            **position,
        )

    def _host(self, stream_name: str) -> str:
        tail = stream_name[len(self._prefix) :]
        return tail.rpartition("-")[0] or tail
