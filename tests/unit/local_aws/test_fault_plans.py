"""Fault plans as data: what is accepted, what is refused and how, and which fault comes next."""

import json

import pytest

from local_aws.faults.endpoint import LARGEST_PLAN, handle
from local_aws.faults.plan import (
    CreateFault,
    Ending,
    FailJob,
    InvalidPlan,
    RejectCreate,
    RuleStatus,
    parse,
)
from local_aws.faults.store import FaultStore

THROTTLE = {"fault": "reject_create", "error": "ThrottlingException"}
FAIL = {"fault": "fail_job", "reason": "CapacityError: none"}
EVERY_KIND = [
    THROTTLE,
    {"fault": "lose_answer"},
    FAIL,
    {"fault": "exceed_time", "limit": "MaxWaitTimeExceeded", "after_seconds": 1.5},
    {"fault": "stop_job", "after_seconds": 2},
    {"fault": "interrupt_spot", "times": 3},
    {"fault": "rule_status", "status": "IssuesFound", "rule": "Over*"},
    {"fault": "fail_describe", "error": "InternalFailure", "status": 503},
    {"fault": "slow_describe", "seconds": 0.1},
    {"fault": "drop_sync"},
    {"fault": "drop_sync", "error": "States.TaskFailed", "cause": "{}"},
]


def document(*faults, job_name="nightly-*"):
    return json.dumps({"job_name": job_name, "faults": faults}).encode()


def store(*faults, job_name="nightly-*"):
    made = FaultStore()
    made.put(parse(document(*faults, job_name=job_name)))
    return made


@pytest.mark.parametrize("fault", EVERY_KIND, ids=lambda fault: fault["fault"])
def test_every_kind_is_accepted_and_shown_again(fault):
    shown = store(fault).to_json()[0]["faults"][0]
    assert shown | fault == shown
    assert shown["left"] == fault.get("times", 1)


@pytest.mark.parametrize(
    ("plan", "named"),
    [
        (b"", "plan: "),
        (b"{", "plan: "),
        (b"[]", "plan: "),
        (b"\xff", "plan: "),
        (document(), "faults: "),
        (document(FAIL, job_name=""), "job_name: "),
        (json.dumps({"faults": [FAIL]}).encode(), "job_name: "),
        (document("fail_job"), "faults.0: "),
        (document({"fault": "burn"}), "faults.0: "),
        (document(FAIL, {**FAIL, "times": 0}), "faults.1.times: "),
        (document({**FAIL, "times": True}), "faults.0.times: "),
        (document({**FAIL, "after_seconds": "1"}), "faults.0.after_seconds: "),
        (document({**FAIL, "after_seconds": -1}), "faults.0.after_seconds: "),
        (document({**FAIL, "reason": "x" * 1025}), "faults.0.reason: "),
        (document({**FAIL, "reasons": "x"}), "faults.0.reasons: "),
        (document({"fault": "fail_job"}), "faults.0.reason: "),
        (document({**THROTTLE, "error": "not a code"}), "faults.0.error: "),
        (document({**THROTTLE, "status": 200}), "faults.0.status: "),
        (document({"fault": "rule_status", "status": "Bad"}), "faults.0.status: "),
        (document({"fault": "exceed_time", "limit": "Stopped"}), "faults.0.limit: "),
    ],
)
def test_a_bad_plan_names_its_field(plan, named):
    with pytest.raises(InvalidPlan) as refused:
        parse(plan)
    assert str(refused.value).startswith(named)
    assert handle("PUT", "", plan, FaultStore())[0] == 400


def test_every_wrong_field_is_named_at_once():
    with pytest.raises(InvalidPlan, match=r"(?s)faults\.0\.times: .*got 0\n.*faults\.0\.reason: "):
        parse(document({"fault": "fail_job", "times": 0}))


def test_faults_of_one_sort_come_in_order_and_others_do_not_count():
    faults = store(FAIL, {**THROTTLE, "times": 2}, {"fault": "stop_job"})
    assert isinstance(faults.take("nightly-1", FailJob), FailJob)
    assert faults.take("nightly-1", FailJob) is None
    assert isinstance(faults.take("nightly-1", CreateFault), RejectCreate)
    assert isinstance(faults.take("nightly-2", CreateFault), RejectCreate)
    assert faults.take("nightly-3", CreateFault) is None
    assert faults.take("nightly-3", Ending).fault == "stop_job"
    assert faults.take("nightly-3", RuleStatus) is None


def test_only_jobs_of_the_pattern_meet_a_plan():
    faults = store(FAIL)
    assert faults.take("Nightly-1", FailJob) is None
    assert faults.take("daily", FailJob) is None
    assert faults.take("nightly-", FailJob)


def test_plans_of_one_pattern_replace_each_other_and_others_add():
    faults = store({**FAIL, "times": 5})
    faults.put(parse(document(FAIL)))
    faults.put(parse(document({**FAIL, "reason": "second"}, job_name="*")))
    reasons = [faults.take("nightly-1", FailJob) for _ in range(3)]
    assert [each and each.reason for each in reasons] == ["CapacityError: none", "second", None]


def test_the_endpoint_puts_shows_and_deletes():
    faults = FaultStore()
    status, answer = handle("PUT", "", document(FAIL), faults)
    assert (status, answer) == (200, {"plans": faults.to_json()})
    assert answer["plans"][0]["job_name"] == "nightly-*"
    assert handle("GET", "", b"", faults) == (200, answer)
    assert handle("DELETE", "job_name=daily", b"", faults)[0] == 404
    assert handle("DELETE", "name=daily", b"", faults)[0] == 400
    assert handle("DELETE", "job_name=nightly-%2A", b"", faults) == (200, {"plans": []})
    handle("PUT", "", document(FAIL), faults)
    assert handle("DELETE", "", b"", faults) == (200, {"plans": []})
    assert handle("POST", "", document(FAIL), faults)[0] == 405


def test_a_plan_of_any_size_is_not_read():
    status, answer = handle("PUT", "", b" " * (LARGEST_PLAN + 1), FaultStore())
    assert (status, answer["message"]) == (400, "plan: at most 1000000 bytes; got more.")
