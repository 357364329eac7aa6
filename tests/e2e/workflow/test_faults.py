"""The control endpoint of the fault plans, and what the faults do to calls and jobs."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.support.deploying.local_aws_process import start_local_aws
from tests.support.runs.training_jobs import TrainingJobs, statuses, wait_until

pytestmark = pytest.mark.e2e

RESUMING = """
    import os, time
    from pathlib import Path

    state = Path(os.environ["SM_CHECKPOINT_DIR"], "iteration")
    if state.exists():
        Path(os.environ["SM_MODEL_DIR"], "model").write_text("resumed from " + state.read_text())
    else:
        state.write_text("9")
        time.sleep(300)
"""


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
    fault = {"fault": "fail_job", "reason": "CapacityError: none", "times": 2}
    endpoint.plan(f"{name}*", fault)
    jobs.create(jobs.request(f"{name}-1"))
    assert jobs.ended(f"{name}-1")["FailureReason"] == "CapacityError: none"
    plan = endpoint.call("GET")[1]["plans"][0]
    assert plan["job_name"] == f"{name}*"
    assert plan["faults"][0]["left"] == 1


def test_a_bad_plan_is_refused_and_changes_nothing(endpoint):
    status, answer = endpoint.call("PUT", {"job_name": "*", "faults": [{"fault": "fail_job"}]})
    assert (status, answer) == (400, {"message": "faults.0.reason: Field required"})
    assert endpoint.call("GET") == (200, {"plans": []})
    assert endpoint.call("POST", {})[0] == 405


def test_an_interrupted_spot_job_resumes_from_its_checkpoint(endpoint, jobs, name):
    endpoint.plan(name, {"fault": "interrupt_spot", "after_seconds": 8})
    jobs.start(
        name,
        RESUMING,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 120, "MaxWaitTimeInSeconds": 240},
        CheckpointConfig={"S3Uri": f"s3://training-jobs/{name}/checkpoints"},
    )
    description = jobs.ended(name)
    assert "Interrupted" in statuses(description)
    model = jobs.members(f"out/{name}/output/model.tar.gz")
    assert model == {"model": "resumed from 9"}


def test_a_job_that_is_not_spot_is_not_interrupted(endpoint, jobs, name):
    endpoint.plan(name, {"fault": "interrupt_spot"})
    jobs.start(name, "print(1)")
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"


def test_a_fault_that_comes_too_late_does_nothing(endpoint, jobs, name):
    endpoint.plan(name, {"fault": "stop_job", "after_seconds": 60})
    jobs.start(name, "print(1)")
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"


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


def test_a_slow_answer_holds_up_nobody_else(endpoint, jobs, name):
    jobs.create(jobs.request(name))
    endpoint.plan(name, {"fault": "slow_describe", "seconds": 5})
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(jobs.describe, name)
        wait_until(
            lambda: endpoint.call("GET")[1]["plans"][0]["faults"][0]["left"] == 0, "the call"
        )
        jobs.sagemaker.list_training_jobs()
        assert not slow.done()
        assert slow.result()["TrainingJobName"] == name


def test_a_refused_look(endpoint, jobs, name):
    jobs.create(jobs.request(name))
    endpoint.plan(name, {"fault": "fail_describe", "error": "AccessDeniedException"})
    with pytest.raises(ClientError, match="AccessDeniedException"):
        jobs.describe(name)
    assert jobs.describe(name)["TrainingJobName"] == name


def test_a_reset_forgets_every_plan():
    server = start_local_aws()
    try:
        endpoint = Endpoint(server)
        endpoint.plan("*", {"fault": "stop_job"})
        with urlopen(Request(f"{server.endpoint_url}/_ministack/reset", method="POST"), timeout=60):
            assert endpoint.call("GET") == (200, {"plans": []})
    finally:
        server.stop()
