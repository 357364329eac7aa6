"""A training job's state, without processes: statuses, times, metrics, listings."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local_aws.sagemaker.api.job_listing import list_training_jobs
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.job.training_job import TrainingJob
from local_aws.sagemaker.reporting.metrics import FinalMetrics
from local_aws.sagemaker.wire import to_event, to_json

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """Shows a time that only the test moves."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += timedelta(seconds=seconds)


def make_job(clock, name="job", **fields):
    request = {"TrainingJobName": name, "AlgorithmSpecification": {}, "ResourceConfig": {}}
    return TrainingJob({**request, **fields}, f"arn:{name}", now=clock)


def statuses(job):
    return [item["Status"] for item in job.describe()["SecondaryStatusTransitions"]]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def job(clock):
    return make_job(clock)


def test_times_of_a_job_that_completes(clock, job):
    for secondary, seconds in (("Downloading", 5), ("Training", 3), ("Uploading", 100)):
        clock.forward(seconds)
        if secondary == "Uploading":
            job.training_is_over()
        job.enter(secondary)
    clock.forward(7)
    job.finish("Completed")
    description = job.describe()
    assert description["TrainingJobStatus"] == description["SecondaryStatus"] == "Completed"
    assert description["TrainingStartTime"] == NOON + timedelta(seconds=8)
    assert description["TrainingEndTime"] == NOON + timedelta(seconds=108)
    assert description["TrainingTimeInSeconds"] == description["BillableTimeInSeconds"] == 100
    transitions = description["SecondaryStatusTransitions"]
    assert [item["Status"] for item in transitions] == [
        *("Starting", "Downloading", "Training", "Uploading", "Completed")
    ]
    for earlier, later in pairwise(transitions):
        assert earlier["EndTime"] == later["StartTime"]
    assert job.done.is_set()


def test_a_spot_job_is_billed_for_a_share(clock):
    job = make_job(clock, EnableManagedSpotTraining=True)
    job.enter("Training")
    clock.forward(100)
    job.finish("Completed")
    assert job.describe()["TrainingTimeInSeconds"] == 100
    assert job.describe()["BillableTimeInSeconds"] == 30


def test_a_job_that_is_being_stopped_goes_nowhere_but_to_its_end(job):
    job.enter("Downloading")
    job.stop()
    job.stop()
    job.enter("Training")
    assert (job.status, job.secondary_status) == ("Stopping", "Stopping")
    assert job.wake.is_set()
    job.enter("Uploading")
    job.finish("Stopped")
    assert statuses(job) == ["Starting", "Downloading", "Stopping", "Uploading", "Stopped"]
    with pytest.raises(SageMakerError, match="in status Stopped"):
        job.stop()
    assert "TrainingStartTime" not in job.describe()


def test_a_job_stopped_while_it_uploads_has_stopped(job):
    job.enter("Training")
    job.enter("Uploading")
    job.stop()
    job.finish("Completed")
    assert job.status == job.secondary_status == "Stopped"


def test_out_of_time_is_stopped_not_failed(job):
    job.enter("Training")
    job.run_out_of_time()
    job.finish("MaxRuntimeExceeded")
    assert (job.status, job.secondary_status) == ("Stopped", "MaxRuntimeExceeded")


def test_only_a_training_spot_job_can_be_interrupted(clock, job):
    job.enter("Training")
    with pytest.raises(SageMakerError, match="not a managed spot job in Training"):
        job.interrupt()
    spot = make_job(clock, EnableManagedSpotTraining=True)
    with pytest.raises(SageMakerError, match="in Starting"):
        spot.interrupt()
    spot.enter("Training")
    spot.interrupt()
    assert [spot.take_interruption(), spot.take_interruption()] == [True, False]


def test_a_failure_reason_has_at_most_1024_characters(job):
    job.finish("Failed", failure_reason="x" * 2000)
    assert job.describe()["FailureReason"] == "x" * 1024


@pytest.mark.parametrize(
    ("end", "status"), [("Completed", "NoIssuesFound"), ("Stopped", "Stopped")]
)
def test_rules_are_in_progress_until_the_job_ends(clock, end, status):
    rule = {"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}
    job = make_job(clock, DebugRuleConfigurations=[rule], ProfilerRuleConfigurations=[rule])
    kinds = ("DebugRuleEvaluationStatuses", "ProfilerRuleEvaluationStatuses")
    assert [job.describe()[kind][0]["RuleEvaluationStatus"] for kind in kinds] == [
        "InProgress",
        "InProgress",
    ]
    job.finish(end)
    assert [job.describe()[kind][0]["RuleEvaluationStatus"] for kind in kinds] == [status, status]
    assert "DebugRuleEvaluationStatuses" not in make_job(clock).describe()


def test_a_description_cannot_change_the_job(job):
    job.describe()["SecondaryStatusTransitions"].clear()
    job.describe()["AlgorithmSpecification"]["x"] = 1
    assert statuses(job) == ["Starting"]
    assert job.describe()["AlgorithmSpecification"] == {}


def test_metrics_keep_the_last_number():
    metrics = FinalMetrics(
        [
            {"Name": "reward", "Regex": r"reward: (\S+)"},
            {"Name": "whole", "Regex": r"\d+\.\d+"},
            {"Name": "optional", "Regex": r"loss(?:: (\d+))?"},
        ]
    )
    metrics.read("reward: 1e2, then reward: -3.5", NOON)
    for passed_over in ("reward: nan", "reward: inf", "reward: high", "loss", "nothing"):
        metrics.read(passed_over, NOON + timedelta(seconds=1))
    assert metrics.describe() == [
        {"MetricName": "reward", "Value": -3.5, "Timestamp": NOON},
        {"MetricName": "whole", "Value": 3.5, "Timestamp": NOON},
    ]


def test_listing_pages_and_order(clock):
    jobs = []
    for name in ("b", "a", "c"):
        jobs.append(make_job(clock, name))
        clock.forward(60)
    jobs[0].finish("Failed")

    def names(**params):
        page = list_training_jobs(jobs, params)
        return [item["TrainingJobName"] for item in page["TrainingJobSummaries"]]

    assert names() == ["b", "a", "c"]
    assert names(SortOrder="Descending") == ["c", "a", "b"]
    assert names(SortBy="Name") == ["a", "b", "c"]
    assert names(StatusEquals="Failed") == ["b"]
    assert names(CreationTimeAfter=(NOON + timedelta(seconds=30)).timestamp()) == ["a", "c"]
    assert names(CreationTimeBefore=(NOON + timedelta(seconds=30)).timestamp()) == ["b"]
    assert names(LastModifiedTimeAfter=(NOON + timedelta(seconds=150)).timestamp()) == ["b"]
    first = list_training_jobs(jobs, {"MaxResults": 2})
    assert len(first["TrainingJobSummaries"]) == 2
    assert names(MaxResults=2, NextToken=first["NextToken"]) == ["c"]
    assert "NextToken" not in list_training_jobs(jobs, {"MaxResults": 3})
    with pytest.raises(SageMakerError, match="Invalid NextToken 'x'"):
        names(NextToken="x")


def test_documents_on_the_wire():
    document = {"a": [{"b": NOON}], "c": "text"}
    assert to_json(document) == {"a": [{"b": NOON.timestamp()}], "c": "text"}
    assert to_event(document) == {"a": [{"b": int(NOON.timestamp()) * 1000}], "c": "text"}


def test_a_warm_pool_is_in_use_then_available_then_terminated(clock):
    job = make_job(clock, ResourceConfig={"KeepAlivePeriodInSeconds": 60})
    assert job.describe()["WarmPoolStatus"] == {"Status": "InUse"}
    job.finish("Completed")
    clock.forward(59)
    kept = {"Status": "Available", "ResourceRetainedBillableTimeInSeconds": 59}
    assert job.describe()["WarmPoolStatus"] == kept
    assert list_training_jobs([job], {"WarmPoolStatusEquals": "Available"})["TrainingJobSummaries"]
    assert not list_training_jobs([job], {"WarmPoolStatusEquals": "InUse"})["TrainingJobSummaries"]
    clock.forward(10)
    gone = {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 60}
    assert job.describe()["WarmPoolStatus"] == gone


def test_a_job_without_a_warm_pool_says_nothing_of_one(clock, job):
    assert "WarmPoolStatus" not in job.describe()
    job.finish("Completed")
    assert not list_training_jobs([job], {"WarmPoolStatusEquals": "Available"})[
        "TrainingJobSummaries"
    ]
