"""Fault plans as data: what is accepted, what is refused and how, and which fault comes next."""

import json
import re
import threading
from pathlib import Path
from types import SimpleNamespace

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
from local_aws.sagemaker.api import faults as jobs
from local_aws.sagemaker.errors import SageMakerError

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
    {"fault": "reject_start", "error": "ThrottlingException", "times": 2},
    {"fault": "lose_execution", "after_seconds": 0.5},
    {"fault": "limit_instances", "instances": 0, "instance_type": "ml.m5.*"},
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
    assert shown.get("left") == (None if "instances" in fault else fault.get("times", 1))


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
        (document({"fault": "limit_instances"}), "faults.0.instances: "),
        (document({"fault": "limit_instances", "instances": -1}), "faults.0.instances: "),
        (document({"fault": "limit_instances", "instances": 1, "times": 2}), "faults.0.times: "),
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


def test_every_plan_of_the_page_is_accepted():
    page = (Path(__file__).parents[3] / "docs" / "faults.md").read_text()
    fenced = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    quoted = re.findall(r"-d '(.*?)'", page, re.DOTALL)
    assert len(fenced) >= 5
    assert len(quoted) == 1
    for plan in fenced + quoted:
        assert parse(plan.encode()).faults


def job(instance_type="ml.m5.large", instances=1, *, spot=False, ended=False, name="nightly-1"):
    """As much of a job as a limit looks at."""
    done = threading.Event()
    if ended:
        done.set()
    request = {
        "TrainingJobName": name,
        "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": instances},
        "EnableManagedSpotTraining": spot,
    }
    return SimpleNamespace(request=request, done=done)


@pytest.mark.parametrize(
    ("wanted", "running", "used"),
    [
        (job(), [], None),
        (job(), [job(instances=2)], None),
        (job(), [job(), job(), job()], 3),
        (job(), [job(instances=3)], 3),
        (job(instances=2), [job(instances=2)], 2),
        (job(instances=4), [], 0),
        (job(), [job(instances=3, ended=True)], None),
        (job(), [job("ml.m5.xlarge", 3)], None),
        (job(), [job(instances=3, spot=True)], None),
        (job(spot=True), [job(instances=3, spot=True)], 3),
        (job("ml.c5.large", 9), [], None),
        (job(name="daily", instances=9), [], None),
    ],
)
def test_a_limit_counts_the_instances_of_running_jobs_of_its_type(
    monkeypatch, wanted, running, used
):
    limits = [
        {"fault": "limit_instances", "instances": n, "instance_type": "ml.m5.*"} for n in (9, 3)
    ]
    monkeypatch.setattr(jobs, "FAULTS", store(*limits))
    if used is None:
        jobs.check_limits(wanted.request, running)
        return
    with pytest.raises(SageMakerError) as refused:
        jobs.check_limits(wanted.request, running)
    assert refused.value.code == "ResourceLimitExceeded"
    usage = (
        "spot training job usage"
        if wanted.request["EnableManagedSpotTraining"]
        else ("training job usage")
    )
    count = wanted.request["ResourceConfig"]["InstanceCount"]
    assert refused.value.message.startswith(
        f"The account-level service limit 'ml.m5.large for {usage}' is 3 Instances, with current "
        f"utilization of {used} Instances and a request delta of {count} Instances. Please use AWS "
        "Service Quotas to request an increase for this quota."
    )


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
