"""The control endpoint of the fault plans, and what the faults do to calls and jobs."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.training_jobs import TrainingJobs, statuses, wait_until

pytestmark = pytest.mark.e2e


class Endpoint:
    """Talks to the control endpoint of a server."""

    def __init__(self, aws):
        self._url = f"{aws.endpoint_url}/_local_aws/faults"

    def call(self, method, body=None, query=""):
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._url}{query}", data=data, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def plan(self, job_name, *faults):
        status, answer = self.call("PUT", {"job_name": job_name, "faults": faults})
        assert status == 200, answer


@pytest.fixture(scope="module")
def jobs(local_aws):
    return TrainingJobs(local_aws)


@pytest.fixture
def endpoint(local_aws):
    endpoint = Endpoint(local_aws)
    endpoint.call("DELETE")  # what tests of other files planned
    yield endpoint
    assert endpoint.call("DELETE") == (200, {"plans": []})


@pytest.fixture
def name():
    return f"faulty-{uuid.uuid4().hex[:8]}"


def test_a_plan_is_shown_with_what_is_left_of_it(endpoint, jobs, name):
    """A job that fails before its script starts leaves the interruption to the next one."""
    fault = {"fault": "fail_job", "reason": "CapacityError: none"}
    endpoint.plan(f"{name}*", fault, {"fault": "interrupt_spot", "times": 2})
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 120, "MaxWaitTimeInSeconds": 240},
    }
    jobs.start(f"{name}-1", "print(1)", **spot)
    assert jobs.ended(f"{name}-1")["FailureReason"] == "CapacityError: none"
    jobs.start(f"{name}-2", "print(1)", **spot)
    interrupted = jobs.ended(f"{name}-2")
    assert "Interrupted" in statuses(interrupted)
    assert interrupted["TrainingJobStatus"] == "Completed"
    plan = endpoint.call("GET")[1]["plans"][0]
    assert plan["job_name"] == f"{name}*"
    assert [each["left"] for each in plan["faults"]] == [0, 1]


def test_a_bad_plan_is_refused_and_changes_nothing(endpoint):
    status, answer = endpoint.call("PUT", {"job_name": "*", "faults": [{"fault": "fail_job"}]})
    assert (status, answer) == (400, {"message": "faults.0.reason: Field required"})
    assert endpoint.call("GET") == (200, {"plans": []})
    assert endpoint.call("POST", {})[0] == 405


def test_what_is_not_spot_is_not_interrupted_and_what_comes_too_late_does_nothing(
    endpoint, jobs, name
):
    late = {"fault": "stop_job", "after_seconds": 600}
    endpoint.plan(name, {"fault": "interrupt_spot"}, late)
    jobs.start(name, "print(1)")
    job = jobs.ended(name)
    assert "Interrupted" not in statuses(job)
    assert job["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fault": "reject_create", "error": "AccessDeniedException"}, "AccessDeniedException"),
        ({"fault": "lose_answer", "status": 400}, "InternalFailure"),
    ],
)
def test_a_create_call_without_a_good_answer(endpoint, jobs, name, fault, code):
    endpoint.plan(name, fault)
    with pytest.raises(ClientError) as refused:
        jobs.create(jobs.request(name))
    assert refused.value.response["Error"]["Code"] == code
    listed = jobs.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert len(listed) == (1 if fault["fault"] == "lose_answer" else 0)


def test_a_refused_look_and_a_slow_one_that_holds_up_nobody_else(endpoint, jobs, name):
    failing = {"fault": "fail_job", "reason": "CapacityError: none"}
    refused = {"fault": "fail_describe", "error": "AccessDeniedException"}
    endpoint.plan(name, failing, refused)
    jobs.create(jobs.request(name))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        jobs.describe(name)
    endpoint.plan(name, {"fault": "slow_describe", "seconds": 10})
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(jobs.describe, name)
        wait_until(
            lambda: endpoint.call("GET")[1]["plans"][0]["faults"][0]["left"] == 0, "the call"
        )
        jobs.sagemaker.list_training_jobs()
        assert not slow.done()
        assert slow.result()["TrainingJobName"] == name
