"""Reading logs of training jobs that have ended, with as few calls as there can be.

CloudWatch Logs answers some 10 to 25 requests a second for a whole account.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kfp_component.aws.clients import Aws
from kfp_component.record.metric_series import MetricSeries
from training_job.links import LOG_GROUP

Point = tuple[int, float]

MOST_CURVES = 40
# What is left of 400 calls in the last hour of a sweep; each trial takes two or more.
_MOST_CALLS = 90
_PAGE = 3_000
_MOST_POINTS = 200
# The step's share of a run that it may end later than its execution.
_SHARE, _SHORTEST, _LONGEST = 0.05, 2.0, 25.0


def last_lines(aws: Aws, job_name: str, count: int) -> list[str]:
    """Return the last lines of a job's log: of the host that wrote last."""
    stream = _stream(aws, job_name)
    if stream is None:
        return []
    page = aws.logs.get_log_events(
        logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=False, limit=count
    )
    return [str(event["message"]).rstrip("\n") for event in page["events"]]


@dataclass
class Curves:
    """The learning curves of some trials.

    Attributes:
        metric: Of which metric.
        points: Position in the log and value, by the trial's number.
        trials: How many trials with a result there are.
        problem: Why there are none, or no more; '' if all that were wanted are here.
    """

    metric: str
    points: dict[int, list[Point]] = field(default_factory=dict)
    trials: int = 0
    problem: str = ""


def read_curves(
    aws: Aws,
    metric: str,
    jobs: Mapping[int, str],
    first: Sequence[int],
    *,
    age: float,
    definitions: Any = None,
    clock: Callable[[], float] = time.monotonic,
) -> Curves:
    """Return the learning curves of some trials, within bounds of time and calls.

    Args:
        aws: Where the jobs ran.
        metric: The objective.
        jobs: The training job of each trial that has a result, by its number.
        first: Trials that are wanted before others: the best configuration's.
        age: How long the sweep took, in seconds.
        definitions: The metric definitions that the author gave, if any: those of the job need the
            largest of the clients, which takes more memory than all that is read here.
        clock: A monotonic clock, in seconds.

    Example:
        >>> read_curves(aws, "reward", {1: "job-t001"}, [1], age=60.0).points  # doctest: +SKIP
        {1: [(0, 9.5), (1, 11.0)]}
    """
    found = Curves(metric, trials=len(jobs))
    until = clock() + min(_LONGEST, max(_SHORTEST, _SHARE * age))
    calls = 0
    try:
        regex = _given(definitions, metric) or _regex(aws, next(iter(jobs.values())), metric)
        for trial in chosen(list(jobs), first):
            if clock() > until or calls >= _MOST_CALLS:
                found.problem = "Reading more logs would have taken too long."
                break
            points, made = _curve(aws, jobs[trial], metric, regex, _MOST_CALLS - calls)
            calls += made
            if points:
                found.points[trial] = points
    except Exception as error:
        # A picture is never the reason for a failure.
        found.problem = f"The logs could not be read ({type(error).__name__}: {error})"[:300]
    return found


def chosen(trials: Sequence[int], first: Sequence[int], most: int = MOST_CURVES) -> list[int]:
    """Return which trials to show: those wanted first, and an even sample of the others.

    Others have at least half of the room.

    Example:
        >>> chosen(range(1, 101), [7, 8], 6)
        [7, 8, 1, 27, 52, 76]
    """
    known = set(trials)
    own = [trial for trial in first if trial in known]
    others = [trial for trial in trials if trial not in set(own)]
    wanted = own[: max(most // 2, most - len(others))]
    count = min(len(others), most - len(wanted))
    return wanted + [others[index * len(others) // count] for index in range(count)]


def _given(definitions: Any, metric: str) -> str:
    """Return how the author finds the metric: a map of names, or SageMaker's own list."""
    if isinstance(definitions, dict):
        return str(definitions.get(metric) or "")
    listed = definitions if isinstance(definitions, list) else []
    found = (each for each in listed if isinstance(each, dict) and each.get("Name") == metric)
    return next((str(each.get("Regex") or "") for each in found), "")


def _regex(aws: Aws, job_name: str, metric: str) -> str:
    """Return how SageMaker finds the metric: a toolkit's default is in no argument."""
    job: dict[str, Any] = aws.sagemaker.describe_training_job(TrainingJobName=job_name)
    definitions = job["AlgorithmSpecification"].get("MetricDefinitions") or []
    return next(str(each["Regex"]) for each in definitions if each["Name"] == metric)


def _curve(
    aws: Aws, job_name: str, metric: str, regex: str, most_calls: int
) -> tuple[list[Point], int]:
    """Return a trial's curve, and how many calls it took."""
    stream, calls = _stream(aws, job_name), 1
    if stream is None:
        return [], calls
    series = MetricSeries({metric: regex})
    token: dict[str, str] = {}
    while calls < most_calls:
        page = aws.logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, limit=_PAGE, **token
        )
        calls += 1
        for event in page["events"]:
            series.take(event["message"])
        moved = page["nextForwardToken"] != token.get("nextToken")
        if not moved or len(page["events"]) < _PAGE:
            break
        token = {"nextToken": page["nextForwardToken"]}
    seen = series.series.get(metric)
    return (_thinned(seen.points) if seen else []), calls


def _stream(aws: Aws, job_name: str) -> str | None:
    """Return the stream of a job's log, of several hosts the one that a failure would be in."""
    page = aws.logs.describe_log_streams(
        logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job_name}/", limit=50
    )
    streams: Iterable[Mapping[str, Any]] = page["logStreams"]
    latest = max(streams, key=lambda each: each.get("lastEventTimestamp") or 0, default=None)
    return None if latest is None else str(latest["logStreamName"])


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most 200 points, the last among them."""
    step = max(1, -(-len(points) // _MOST_POINTS))
    kept = list(points[::step])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]
