"""What an execution does when neither quota nor capacity has room on any of its instance types.

With `capacity_wait` it waits and begins again at the first type, until that time is over. A job
that found no capacity then uses up no attempt, and a create call that met the quota no name. The
state `WaitBeforeRetry` waits with full jitter: up to 1 minute at first, then 2, 4 ... 30.
"""

from __future__ import annotations

from dataclasses import replace

from training_job.attempt import Plan, Progress
from training_job.failure import Failure
from training_job.outcome.description import Description, iso
from training_job.outcome.evidence import Evidence
from training_job.outcome.verdicts import Verdict, fail, record

NO_CAPACITY = "CapacityError"
"""How the failure reason of a job begins that found no instances."""

SHORTEST_WAIT, LONGEST_WAIT = 60, 1800
"""Seconds that the first wait takes at most, and the later ones."""

_NEXT_TYPE = 30
"""Seconds at most between the jobs on two types."""
_FULL_WAITS = 240
"""Waits of `LONGEST_WAIT` in the longest `capacity_wait`, of which jitter makes twice as many."""
_MOST_CALLS = 700
"""Create calls of all waits: each takes 26 of an execution's 25,000 history events. Where several
types would make more of them, the waits are longer.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
_MOST_RECORDS = 20
"""Jobs without capacity that an execution keeps a record of: its state is limited too."""


def no_room(evidence: Evidence, message: str, job: Description | None = None) -> Verdict:
    """Return the verdict where no instance type had room: wait, or give up.

    Args:
        evidence: Of the attempt on the last type.
        message: Of the failure, where no time is left to wait.
        job: The job that found no capacity; None where the quota let none be made.
    """
    waits = evidence.waits_until(evidence.now)
    left = evidence.plan.capacity_wait - waits.seconds
    if left <= 0 or waits.times * len(evidence.plan.instance_types) >= _MOST_CALLS:
        return fail(evidence, Failure.CAPACITY_UNAVAILABLE, f"{message} {waits}".strip())
    following = replace(
        _without_capacity(evidence, job, instance=0) if job else evidence.progress,
        instance=0,
        calls=0,
        looks=0,
        waits=replace(waits, times=waits.times + 1, since=iso(evidence.now)),
    )
    longest = min(SHORTEST_WAIT * 2 ** min(waits.times, 16), _longest_wait(evidence.plan))
    return Verdict("retry", following, wait_seconds=min(longest, left))


def no_capacity(evidence: Evidence, job: Description, message: str) -> Verdict:
    """Return the verdict on a job that found no capacity, in an execution that may wait for it."""
    if evidence.on_last_instance:
        return no_room(evidence, message, job)
    following = _without_capacity(evidence, job, instance=evidence.progress.instance + 1)
    return Verdict("retry", following, wait_seconds=_NEXT_TYPE)


def _longest_wait(plan: Plan) -> int:
    return max(LONGEST_WAIT, plan.capacity_wait * len(plan.instance_types) // _FULL_WAITS)


def _without_capacity(evidence: Evidence, job: Description, *, instance: int) -> Progress:
    """Return the progress after a job that found no capacity, without the oldest such record."""
    after = evidence.progress.with_job(
        record(evidence, job), instance=instance, redriven=evidence.redriven
    )
    after = replace(after, free=after.free + (not evidence.redriven))
    idle = [
        index
        for index, each in enumerate(after.jobs)
        if each.get("failure_reason", "").startswith(NO_CAPACITY)
    ]
    if len(idle) <= _MOST_RECORDS:
        return after
    oldest, before = idle[0], idle[0] < after.budget_from
    return replace(
        after,
        jobs=after.jobs[:oldest] + after.jobs[oldest + 1 :],
        budget_from=after.budget_from - before,
        free=after.free - (not before),
    )
