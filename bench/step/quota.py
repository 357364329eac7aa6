"""Launchers that share an account's default quotas, simulated with the launcher's own watch.

Prints how many calls were made and refused, and how long after its execution's end each launcher
noticed. Time is simulated: an hour takes seconds.

    python bench/step/quota.py [launchers]

Quotas (bucket size and refill a second):
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
"""

# ruff: noqa: D102 - the methods are the services' own operations

import heapq
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from kfp_component.watch.execution import ExecutionWatch
from kfp_component.watch.training import watch_training

Answer = dict[str, Any]

EPOCH = 1_700_000_000.0
ARN = "arn:aws:states:us-east-1:123456789012:execution:rl:{}"


class Quota:
    """A token bucket; a refused call takes nothing."""

    def __init__(self, clock: Callable[[], float], bucket: int, refill: int) -> None:
        self.clock, self.bucket, self.refill = clock, bucket, refill
        self.tokens, self.at = float(bucket), 0.0
        self.made = self.refused = 0

    def take(self) -> None:
        now = self.clock()
        self.tokens = min(self.bucket, self.tokens + (now - self.at) * self.refill)
        self.at = now
        self.made += 1
        if self.tokens < 1:
            self.refused += 1
            raise ClientError(
                {
                    "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
                    "ResponseMetadata": {"HTTPStatusCode": 400},  # type: ignore[typeddict-item]
                },
                "Operation",
            )
        self.tokens -= 1


@dataclass
class Account:
    """Executions with one training job each, behind the default quotas."""

    now: float = 0.0
    ends: dict[str, float] = field(default_factory=dict)
    begins: dict[str, float] = field(default_factory=dict)
    renewals: int = 0

    def __post_init__(self) -> None:
        self.describes = Quota(self.clock, 300, 15)
        self.histories = Quota(self.clock, 400, 20)
        self.log_reads = Quota(self.clock, 25, 25)
        self.stream_lists = Quota(self.clock, 25, 25)
        self.job_describes = Quota(self.clock, 10, 10)
        self.states = self.logs = self.sagemaker = self

    def clock(self) -> float:
        return self.now

    def describe_execution(self, *, executionArn: str) -> Answer:
        self.describes.take()
        began, end = self.begins[executionArn], self.ends[executionArn]
        ended = self.now >= end
        return {
            "status": "SUCCEEDED" if ended else "RUNNING",
            "startDate": datetime.fromtimestamp(EPOCH + began, UTC),
            **({"stopDate": datetime.fromtimestamp(EPOCH + end, UTC)} if ended else {}),
            "output": "{}",
            "ResponseMetadata": {
                "HTTPHeaders": {
                    "date": format_datetime(datetime.fromtimestamp(EPOCH + self.now, UTC), True)
                }
            },
        }

    def get_execution_history(self, *, executionArn: str, **_: Any) -> Answer:
        self.histories.take()
        request = {"TrainingJobName": executionArn[-12:].replace(":", "-")}
        details = {
            "resourceType": "sagemaker",
            "resource": "createTrainingJob.sync",
            "parameters": json.dumps(request),
        }
        event = {"id": 1, "type": "TaskScheduled", "taskScheduledEventDetails": details}
        return {"events": [event]}

    def describe_training_job(self, **_: Any) -> Answer:
        self.job_describes.take()
        return {"TrainingJobStatus": "InProgress", "CreationTime": EPOCH}

    def describe_log_streams(self, *, logStreamNamePrefix: str, **_: Any) -> Answer:
        self.stream_lists.take()
        return {"logStreams": [{"logStreamName": f"{logStreamNamePrefix}algo-1-1"}]}

    def get_log_events(self, **_: Any) -> Answer:
        self.log_reads.take()
        return {"events": [], "nextForwardToken": "f"}

    def renew(self) -> None:
        self.renewals += 1


class Silence:
    """A view nobody looks at."""

    heartbeat_seconds = 60.0

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_: None


@dataclass
class Outcome:
    """What a simulation found."""

    launchers: int
    ended_right: int
    latencies: list[float]
    account: Account

    def lines(self) -> Iterator[str]:
        late = sorted(self.latencies)
        account = self.account
        yield f"{self.ended_right} of {self.launchers} launchers ended right"
        middle = late[len(late) // 2]
        yield f"noticed the end after {middle:.0f} s (median), {late[-1]:.0f} s at most"
        for name in ("describes", "histories", "job_describes", "log_reads", "stream_lists"):
            quota = getattr(account, name)
            yield f"{name}: {quota.made} calls, {quota.refused} refused"


def simulate(
    launchers: int,
    shortest: float = 600.0,
    longest: float = 7200.0,
    spread: float = 60.0,
    seed: int = 1,
) -> Outcome:
    """Runs that many launchers, begun within `spread` seconds, until every one has ended."""
    random.seed(seed)
    account = Account()
    watches: dict[str, ExecutionWatch] = {}
    queue: list[tuple[float, str]] = []
    latencies: list[float] = []
    for number in range(launchers):
        arn = ARN.format(number)
        begin = random.uniform(0, spread)
        account.begins[arn] = begin
        account.ends[arn] = begin + random.uniform(shortest, longest)
        heapq.heappush(queue, (begin, arn))
    while queue:
        account.now, arn = heapq.heappop(queue)
        if arn not in watches:
            # Typed loosely: the account answers to what a watch calls, and to nothing else.
            aws, view = cast("Any", account), cast("Any", Silence())
            watches[arn], _ = watch_training(aws, arn, view, account.clock)
        watch = watches[arn]
        delay = watch.step()
        if watch.final is None:
            heapq.heappush(queue, (account.now + delay, arn))
        else:
            latencies.append(account.now - account.ends[arn])
    finals = [watch.final or {} for watch in watches.values()]
    right = sum(final.get("status") == "SUCCEEDED" for final in finals)
    return Outcome(launchers, right, latencies, account)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("\n".join(simulate(count).lines()))
    alone = simulate(1, 3600, 3600)
    print(f"one launcher, one hour: {alone.account.describes.made} DescribeExecution calls")


if __name__ == "__main__":
    main()
