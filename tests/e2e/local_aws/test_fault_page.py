"""What docs/faults.md promises: its first plan, and a quota of instances."""

import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage
from tests.support.runs.machines import Training
from tests.support.runs.outcome_runs import scaled_local_aws
from tests.support.runs.training_jobs import statuses, wait_until

pytestmark = pytest.mark.e2e

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def aws():
    with scaled_local_aws() as server:
        yield server


@pytest.fixture(scope="module")
def stage(aws):
    outputs = deployment.deploy(deployment.synthesize(deployment.HOST_FUNCTIONS), aws.client)
    return Stage(aws.client, aws.endpoint_url, outputs)


def test_the_first_plan_does_what_the_page_says(stage):
    (quoted,) = re.findall(r"-d '(.*?)'", PAGE.read_text(), re.DOTALL)
    plan = json.loads(quoted)
    *others, interruption = plan["faults"]
    interruption["after_seconds"] = 3  # half a minute on the page
    stage.plan(plan["job_name"], [*others, interruption])
    run = stage.start(
        {
            "job_name": None,
            "spot_instance": True,
            "max_wait_time": 600,
            "checkpoint_config": {"S3Uri": f"s3://{stage.bucket}/checkpoints/{uuid.uuid4()}"},
            # An interruption that comes before the first checkpoint makes it begin anew.
            "hyperparameters": {"seconds": 30},
        }
    )
    assert run.end()["status"] == "SUCCEEDED", run.cause
    refused = [
        event["taskFailedEventDetails"]["cause"]
        for event in run.events()
        if event.get("taskFailedEventDetails", {}).get("resource") == "createTrainingJob.sync"
    ]
    assert [("Rate exceeded" in cause, "CapacityError" in cause) for cause in refused] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    first, second = run.jobs()
    assert first["FailureReason"].startswith("CapacityError: ")
    assert "Interrupted" in statuses(second)
    assert second["TrainingJobStatus"] == "Completed"


def test_a_quota_of_instances(aws, stage):
    """Never more than two at once, whoever asks; each that ends makes room for another."""
    training = Training(aws)
    name = f"quota-{uuid.uuid4().hex[:8]}"
    stage.plan(f"{name}*", [{"fault": "limit_instances", "instances": 2}])

    def create(number):
        request = training.request(seconds=1, TrainingJobName=f"{name}-{number}")
        while True:
            try:
                return training.sagemaker.create_training_job(**request)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ResourceLimitExceeded"
                assert "'ml.m5.large for training job usage' is 2 Instances" in str(error)
                time.sleep(0.2)

    def ended(number):
        described = training.describe(f"{name}-{number}")
        return described if described["TrainingJobStatus"] == "Completed" else None

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(create, range(6), timeout=60))
    described = [wait_until(lambda: ended(number), "the end") for number in range(6)]  # noqa: B023
    for job in described:
        at_once = [
            other
            for other in described
            if other["CreationTime"] <= job["CreationTime"] < other["LastModifiedTime"]
        ]
        assert len(at_once) <= 2
