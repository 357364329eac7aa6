"""Waiting for quota or capacity: how long, on which type, and what it uses up."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.evidence import (
    MODEL,
    NO_SUCH_JOB,
    NOW,
    case,
    create_error,
    document,
    failure,
)
from training_job.attempt import CapacityWaits, Progress
from training_job.failure import Failure
from training_job.outcome.capacity import LONGEST_WAIT, SHORTEST_WAIT
from training_job.outcome.description import iso
from training_job.outcome.judge import judge
from training_job.timeouts import execution_timeout

QUOTA = create_error("account limit", "SageMaker.ResourceLimitExceededException")
NO_CAPACITY = document("Failed", FailureReason="CapacityError: Unable to provision")
DAY = 86_400
ONE_TYPE = ["ml.m5.xlarge"]


class Clock:
    """Judges one attempt after another, as the state machine calls the judge."""

    def __init__(self, jitter=0.5, **plan):
        self.now, self.jitter, self.plan, self.redrives = NOW, jitter, plan, 0
        self.progress, self.began = Progress(), NOW

    def judged(self, doc=None, *, took=5, **more):
        """The verdict on an attempt; a retry waits its share of the time."""
        self.began, self.now = self.now, self.now + timedelta(seconds=took)
        evidence = case(doc, progress=self.progress, redrives=self.redrives, **self.plan, **more)
        attempt = replace(evidence.attempt, started_at=iso(self.began), redrives=self.redrives)
        verdict = judge(replace(evidence, attempt=attempt, now=self.now))
        json.dumps(verdict.to_json())
        # As a state carries it.
        self.progress = Progress.of(json.loads(json.dumps(verdict.progress.to_json())))
        if verdict.decision == "retry":
            self.now += timedelta(seconds=verdict.wait_seconds * self.jitter)
        return verdict

    def quota(self, **more):
        return self.judged(error=QUOTA, describe_error=NO_SUCH_JOB, **more)


def test_a_quota_waits_and_begins_again_at_the_first_type_without_using_anything_up():
    clock = Clock(capacity_wait=DAY)
    before = [clock.quota().wait_seconds for _ in range(5)]
    assert before == [60, 300, 1, 60, 300]
    assert clock.progress.instance == 1
    verdicts = [clock.quota() for _ in range(15)]
    waits = [each.wait_seconds for each in verdicts if not each.progress.instance]
    assert waits == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert [each.progress.instance for each in verdicts[:4]] == [0, 1, 0, 1]
    assert {each.decision for each in verdicts} == {"retry"}
    assert (clock.progress.names, clock.progress.jobs, clock.progress.spent) == (0, [], 0)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seconds", [1, 90, 3600, 5 * DAY])
@pytest.mark.parametrize("types", [1, 2, 11])
def test_it_gives_up_when_the_time_is_over_and_the_history_has_room_for_it(jitter, seconds, types):
    types = [f"type-{number}" for number in range(types)]
    clock = Clock(jitter, capacity_wait=seconds, instance_types=types)
    calls, verdict = 1, clock.quota()
    while verdict.decision == "retry" and not verdict.progress.waits.times:
        verdict = clock.quota()
    began = clock.now
    while verdict.decision == "retry":
        calls, verdict = calls + 1, clock.quota()
    error, cause = failure(verdict)
    assert error == Failure.CAPACITY_UNAVAILABLE
    assert "Waited" in cause["message"]
    assert "for capacity" in cause["message"]
    assert calls < 750  # of 26 events each
    waited = (clock.now - began).total_seconds()
    if jitter == 0.5:
        assert waited >= 0.85 * seconds or seconds < 120
        assert waited <= seconds + 10 * len(types) * 5 + LONGEST_WAIT


def test_without_it_nothing_waits():
    clock = Clock(instance_types=ONE_TYPE)
    assert [clock.quota().decision for _ in range(3)] == ["retry", "retry", "fail"]


def test_jobs_without_capacity_use_up_names_but_no_attempt():
    clock = Clock(capacity_wait=DAY, max_attempts=2)
    verdicts = [clock.judged(NO_CAPACITY) for _ in range(8)]
    assert {each.decision for each in verdicts} == {"retry"}
    assert [each.progress.instance for each in verdicts[:4]] == [1, 0, 1, 0]
    assert (clock.progress.names, clock.progress.spent) == (8, 0)
    broken = document("Failed", FailureReason="InternalServerError: oops")
    assert clock.judged(broken).decision == "retry"
    assert clock.progress.spent == 1
    assert clock.judged(NO_CAPACITY).decision == "retry"
    error, _ = failure(clock.judged(broken))
    assert error == Failure.TRAINING_JOB_FAILED


def test_few_of_many_jobs_without_capacity_are_kept():
    clock = Clock(capacity_wait=5 * DAY, instance_types=ONE_TYPE)
    first = document("Failed", FailureReason="InternalServerError: oops")
    clock.judged(first)
    for _ in range(100):
        clock.judged(NO_CAPACITY)
    assert len(clock.progress.jobs) == 21
    assert clock.progress.jobs[0]["failure_reason"].startswith("InternalServerError")
    assert (clock.progress.names, clock.progress.spent) == (101, 1)
    assert len(json.dumps(clock.progress.to_json())) < 20_000


def test_time_in_which_a_job_trained_is_not_waited():
    clock = Clock(capacity_wait=600, instance_types=ONE_TYPE)
    while not clock.progress.waits.times:
        clock.quota()
    clock.judged(document("Failed", FailureReason="InternalServerError: oops"), took=DAY)
    assert clock.progress.waits.since == ""
    assert clock.progress.waits.seconds < 60
    assert clock.quota().decision == "retry"


def test_a_success_says_how_long_it_waited():
    clock = Clock(capacity_wait=DAY, instance_types=ONE_TYPE)
    while clock.progress.waits.times < 9:
        clock.quota()
    verdict = clock.judged(document("Completed", ModelArtifacts=MODEL), took=7200)
    (note,) = [note for note in verdict.output["notes"] if "capacity" in note]
    assert note.startswith("Waited 9 times for capacity, ")
    assert str(CapacityWaits(1, "", 8000)) == "Waited once for capacity, 2.2 hours in all."
    assert str(CapacityWaits()) == ""


def test_a_redrive_has_all_the_time_anew():
    clock = Clock(capacity_wait=60, instance_types=ONE_TYPE)
    while not clock.progress.waits.times:
        clock.quota()
    clock.redrives, clock.now = 1, clock.now + timedelta(days=3)
    while clock.progress.waits.redrives == 0:
        assert clock.quota().decision == "retry"
    assert clock.progress.waits.times == 1


def test_waits_count_in_the_executions_timeout():
    assert execution_timeout(3600) >= 5 * DAY
    assert SHORTEST_WAIT == 60
    assert isinstance(NOW, datetime)
