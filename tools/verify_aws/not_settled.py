"""What `make verify-aws` cannot settle, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NotSettled:
    """One thing that stays assumed.

    Attributes:
        what: As a sentence.
        why: What it would take.
        lines: How the lines of the documents begin that say that it is assumed.
    """

    what: str
    why: str
    lines: tuple[str, ...] = ()


NOT_SETTLED = (
    NotSettled(
        "failure reasons of the infrastructure: `CapacityError`, `InternalServerError`,"
        " `InternalError`, `InternalFailure`",
        "nobody can have AWS run out of capacity, or fail, when asked",
        ("Failed by the infrastructure",),
    ),
    NotSettled(
        "words of a throttled call, and of one whose answer is lost",
        "it would take a flood of calls, which the account's other users would feel",
    ),
    NotSettled(
        "whether the execution's own timeout, and the task's, stops the job",
        "the task's timeout is hours after the job's longest run, and a shorter one takes another"
        " definition than the one that is deployed",
        ("the timeouts of a task and of the execution",),
    ),
    NotSettled(
        "Maps and nested executions: their limits, the words of their refusals, what an iteration"
        " that fails records",
        "a sweep keeps far below the limits, and no iteration of it fails",
        (
            "The results of a Map together",
            "A cause is cut at 32,768 characters",
            "When a nested execution ends",
            "An iteration that fails in a Task state",
            "The words for a request of `startExecution`",
        ),
    ),
    NotSettled(
        "which of two reasons to refuse a training job comes first",
        "it would take an account without a quota, and nothing depends on it",
        ("Of two reasons to refuse a training job",),
    ),
    NotSettled(
        "Debugger: rules as processing jobs, their statuses, their end after the job's",
        "rules run on instances of their own, for longer than all the rest together",
    ),
    NotSettled(
        "managed spot: interruptions, and the start from a checkpoint",
        "AWS has no operation that takes a Spot instance away",
    ),
    NotSettled(
        "a role to assume in another account",
        "it would take a second account; the trust policy that it needs is checked",
    ),
    NotSettled(
        "other partitions and regions than the one that is asked",
        "each is asked with credentials of its own: set AWS_REGION, and run it there",
    ),
    NotSettled(
        "delivery of EventBridge's events, and so StopOrphans",
        "AWS delivers them as a best effort; one that came does not show that the next will",
    ),
)
