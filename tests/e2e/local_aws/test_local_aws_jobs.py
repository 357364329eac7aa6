"""Training jobs on the local AWS: each script runs through AWS's own toolkit."""

import json
import uuid
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest

from tests.support.deploying.local_aws_process import LocalAws
from tests.support.runs.training_jobs import BUCKET, TrainingJobs, statuses, tarball, wait_until

pytestmark = pytest.mark.e2e

TRAIN = """
    import os, sys
    from pathlib import Path

    checkpoints = Path(os.environ["SM_CHECKPOINT_DIR"])
    print("checkpoint says", (checkpoints / "earlier").read_text())
    (checkpoints / "deep").mkdir()
    (checkpoints / "deep" / "later").write_text("42")
    print("arguments", sys.argv[1:])
    print("mood", os.environ["MOOD"], "in", os.environ["AWS_REGION"])
    print("job", os.environ["TRAINING_JOB_NAME"], os.environ["TRAINING_JOB_ARN"])
    print("channel", Path(os.environ["SM_CHANNEL_DATA"], "part/1.txt").read_text())
    for reward in (1.0, "nan", 2.5):
        print(f"episode_reward_mean: {reward}")
    Path(os.environ["SM_MODEL_DIR"], "sub").mkdir()
    Path(os.environ["SM_MODEL_DIR"], "sub", "policy.txt").write_text("policy")
    Path(os.environ["SM_OUTPUT_DATA_DIR"], "curve.txt").write_text("curve")
"""

STOPPED = """
    import os, signal, sys, time

    def save(*_):
        with open(os.path.join(os.environ["SM_MODEL_DIR"], "saved"), "w") as file:
            file.write("on SIGTERM")
        sys.exit(0)

    signal.signal(signal.SIGTERM, save)
    print("waiting", flush=True)
    time.sleep(300)
"""

RUN = uuid.uuid4().hex
"""Told apart by it are the processes of other runs of these tests on the same machine."""

STUBBORN = """
    import os, signal, subprocess, sys, time

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(
        ["sleep", "300"], start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "CHILD": "stubborn-CHILD_OF"},
    )
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "partial"), "w") as file:
        file.write("half")
    print("waiting", flush=True)
    time.sleep(300)
""".replace("CHILD_OF", RUN)

ENDLESS = """
    import time
    print("waiting", flush=True)
    time.sleep(300)
"""

HOSTS = """
    import os, socket, time

    if os.environ["SM_CURRENT_HOST"] == "algo-1":
        with socket.create_server(("0.0.0.0", 29517)) as server:
            connection, _ = server.accept()
            with connection:
                print("received", connection.recv(100).decode())
    else:
        for _ in range(300):
            try:
                with socket.create_connection(("algo-1", 29517)) as connection:
                    connection.sendall(b"hello from " + os.environ["SM_CURRENT_HOST"].encode())
                break
            except OSError:
                time.sleep(0.1)
    with open(os.path.join(os.environ["SM_MODEL_DIR"], os.environ["SM_CURRENT_HOST"]), "w") as file:
        file.write(os.environ["SM_HOSTS"])
"""

SECOND_FAILS = """
    import os, sys, time
    if os.environ["SM_CURRENT_HOST"] == "algo-2":
        sys.exit(3)
    time.sleep(300)
"""

ISOLATED = """
    import boto3
    print("credentials", boto3.Session().get_credentials())
"""

RESUMED = """
    import os, time
    from pathlib import Path

    state = Path(os.environ["SM_CHECKPOINT_DIR"], "iteration")
    if state.exists():
        print("resumed from", state.read_text())
        Path(os.environ["SM_MODEL_DIR"], "model").write_text("whole")
    else:
        state.write_text("9")
        print("waiting", flush=True)
        time.sleep(300)
"""

LEFTOVER = """
    import os, subprocess
    subprocess.Popen(["sleep", "300"], env={**os.environ, "CHILD": "leftover-CHILD_OF"})
    import wheeled
    print("wheeled from", wheeled.__file__)
""".replace("CHILD_OF", RUN)


def wheel() -> bytes:
    """A wheel of one module, for a requirements.txt that needs no package index."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("wheeled.py", "")
        info = "wheeled-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: wheeled\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()


def processes_with(text: str) -> list[int]:
    """The processes whose environment contains this text."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def jobs(local_aws: LocalAws) -> TrainingJobs:
    """Every job of this module, started at once; each test looks at its own."""
    jobs = TrainingJobs(local_aws)
    sqs, events = local_aws.client("sqs"), local_aws.client("events")
    queue = sqs.create_queue(QueueName="states")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_rule(
        Name="states",
        EventPattern=json.dumps(
            {"source": ["aws.sagemaker"], "detail": {"TrainingJobName": ["whole"]}}
        ),
    )
    events.put_targets(Rule="states", Targets=[{"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}])
    start_all(jobs)
    jobs.queue = SimpleNamespace(client=sqs, url=queue)
    return jobs


def start_all(jobs: TrainingJobs) -> None:
    jobs.put("data/part/1.txt", b"one")
    jobs.put("whole-checkpoints/earlier", b"41")
    jobs.put("whole-checkpoints-of-another/wrong", b"")
    whole = jobs.request("whole")
    whole["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "reward", "Regex": "episode_reward_mean: ([-+0-9.a-z]+)"},
        {"Name": "never", "Regex": "never: (.*)"},
    ]
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data"}}
    jobs.start(
        "whole",
        TRAIN,
        AlgorithmSpecification=whole["AlgorithmSpecification"],
        HyperParameters={**whole["HyperParameters"], "rate": "0.1", "name": '"a b"'},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/whole-checkpoints"},
        InputDataConfig=[{"ChannelName": "data", "DataSource": source}],
        Environment={"MOOD": "sunny"},
        Tags=[{"Key": "team", "Value": "rl"}],
        DebugHookConfig={"S3OutputPath": f"s3://{BUCKET}/tensors"},
        DebugRuleConfigurations=[
            {"RuleConfigurationName": "LossNotDecreasing", "RuleEvaluatorImage": "rules:1"}
        ],
    )
    jobs.start("stopped", STOPPED)
    jobs.start("stubborn", STUBBORN)
    jobs.start(
        "resumed",
        RESUMED,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 120, "MaxWaitTimeInSeconds": 120},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/resumed-checkpoints/"},
    )
    jobs.start("late", ENDLESS, StoppingCondition={"MaxRuntimeInSeconds": 6})
    jobs.start(
        "hosts",
        HOSTS,
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
    )
    jobs.start(
        "second-fails",
        SECOND_FAILS,
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
    )
    start_isolated(jobs)
    jobs.start("raising", "print('before'); raise ValueError('a bad day')")
    jobs.create(jobs.request("no-tarball"))
    no_script = jobs.request("no-script")
    jobs.put("no-script/source.tar.gz", tarball({"other.py": ""}))
    jobs.create(no_script)
    jobs.put(
        "leftover/source.tar.gz",
        tarball(
            {
                "train.py": LEFTOVER,
                "requirements.txt": "--no-index\n./wheeled-1.0-py3-none-any.whl\n",
                "wheeled-1.0-py3-none-any.whl": wheel(),
            }
        ),
    )
    jobs.create(jobs.request("leftover"))


def start_isolated(jobs: TrainingJobs) -> None:
    """Start a job in network isolation: its source comes through the channel `code`."""
    jobs.put("isolated-code/sourcedir.tar.gz", tarball({"train.py": ISOLATED}))
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/isolated-code/"}}
    request = jobs.request("isolated", EnableNetworkIsolation=True)
    path = "/opt/ml/input/data/code/sourcedir.tar.gz"
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(path)
    request["InputDataConfig"] = [{"ChannelName": "code", "DataSource": source}]
    jobs.create(request)


def test_a_job_that_succeeds(jobs: TrainingJobs) -> None:
    job = jobs.ended("whole")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed", job
    assert statuses(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    transitions = job["SecondaryStatusTransitions"]
    assert all(item["StartTime"] <= item["EndTime"] for item in transitions)
    assert transitions[2]["StatusMessage"].endswith("Training in progress.")
    assert job["TrainingStartTime"] < job["TrainingEndTime"] <= job["LastModifiedTime"]
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1

    (stream,) = jobs.streams("whole")
    assert stream.startswith("whole/algo-1-")
    lines = jobs.lines(stream)
    for expected in (
        "checkpoint says 41",
        "arguments ['--name', 'a b', '--rate', '0.1']",
        "mood sunny in us-east-1",
        f"job whole {job['TrainingJobArn']}",
        "channel one",
    ):
        assert expected in lines
    (metric,) = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("reward", 2.5)

    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == f"s3://{BUCKET}/out/whole/output/model.tar.gz"
    assert jobs.members("out/whole/output/model.tar.gz") == {"sub/policy.txt": "policy"}
    assert jobs.members("out/whole/output/output.tar.gz") == {"curve.txt": "curve"}
    assert jobs.keys("whole-checkpoints/") == [
        "whole-checkpoints/deep/later",
        "whole-checkpoints/earlier",
    ]


def test_describe_repeats_the_request_and_rules_are_honest(jobs: TrainingJobs) -> None:
    job = jobs.ended("whole")
    assert job["Environment"] == {"MOOD": "sunny"}
    assert job["DebugHookConfig"] == {"S3OutputPath": f"s3://{BUCKET}/tensors"}
    assert job["EnableManagedSpotTraining"] is False
    assert job["InputDataConfig"][0]["ChannelName"] == "data"
    (rule,) = job["DebugRuleEvaluationStatuses"]
    assert rule["RuleConfigurationName"] == "LossNotDecreasing"
    assert rule["RuleEvaluationStatus"] == "NoIssuesFound"
    assert "evaluates no rule" in rule["StatusDetails"]


def test_events_tell_each_change(jobs: TrainingJobs) -> None:
    jobs.ended("whole")
    seen: list[tuple[str, str]] = []

    def completed() -> bool:
        answer = jobs.queue.client.receive_message(QueueUrl=jobs.queue.url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            assert event["detail-type"] == "SageMaker Training Job State Change"
            assert event["detail"]["Tags"] == {"team": "rl"}
            assert isinstance(event["detail"]["CreationTime"], int)
            seen.append((event["detail"]["TrainingJobStatus"], event["detail"]["SecondaryStatus"]))
        return ("Completed", "Completed") in seen

    wait_until(completed, "the last event")
    assert {("InProgress", "Starting"), ("InProgress", "Training")} <= set(seen)


def test_tags(jobs: TrainingJobs) -> None:
    arn = jobs.describe("whole")["TrainingJobArn"]
    jobs.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    assert jobs.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "rl"},
        {"Key": "stage", "Value": "test"},
    ]
    jobs.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["stage"])
    assert len(jobs.sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 1


def test_a_script_that_raises(jobs: TrainingJobs) -> None:
    job = jobs.ended("raising")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError")
    assert job["FailureReason"].endswith(", exit code: 1")
    assert statuses(job)[-2:] == ["Uploading", "Failed"]
    assert "ModelArtifacts" not in job
    assert jobs.printed("raising", "ValueError: a bad day")


@pytest.mark.parametrize(
    ("name", "logged"),
    [("no-tarball", "An error occurred (404)"), ("no-script", "can't open file")],
)
def test_a_source_without_the_script(jobs: TrainingJobs, name: str, logged: str) -> None:
    job = jobs.ended(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert job["FailureReason"].endswith(", exit code: 1")
    assert len(job["FailureReason"]) <= 1024
    assert jobs.printed(name, logged)


def test_a_stopped_job_may_save_its_model(jobs: TrainingJobs) -> None:
    wait_until(lambda: jobs.printed("stopped", "waiting"), "the script")
    jobs.sagemaker.stop_training_job(TrainingJobName="stopped")
    assert jobs.describe("stopped")["TrainingJobStatus"] in ("Stopping", "Stopped")
    job = jobs.ended("stopped")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert statuses(job)[-3:] == ["Stopping", "Uploading", "Stopped"]
    assert "FailureReason" not in job
    assert jobs.members("out/stopped/output/model.tar.gz") == {"saved": "on SIGTERM"}
    with pytest.raises(jobs.sagemaker.exceptions.ClientError, match="in status Stopped"):
        jobs.sagemaker.stop_training_job(TrainingJobName="stopped")


def test_a_script_that_ignores_sigterm_is_killed_with_all_its_children(jobs: TrainingJobs) -> None:
    wait_until(lambda: jobs.printed("stubborn", "waiting"), "the script")
    assert len(processes_with(f"CHILD=stubborn-{RUN}")) == 1
    jobs.sagemaker.stop_training_job(TrainingJobName="stubborn")
    jobs.sagemaker.stop_training_job(TrainingJobName="stubborn")  # again: nothing changes
    job = jobs.ended("stubborn")
    assert job["TrainingJobStatus"] == "Stopped"
    assert jobs.members("out/stubborn/output/model.tar.gz") == {"partial": "half"}
    assert processes_with(f"CHILD=stubborn-{RUN}") == []


def test_max_runtime(jobs: TrainingJobs) -> None:
    job = jobs.ended("late")
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert "exceeded MaxRuntimeInSeconds" in job["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert job["TrainingTimeInSeconds"] >= 6


def test_two_hosts_talk_to_each_other(jobs: TrainingJobs) -> None:
    job = jobs.ended("hosts")
    assert job["TrainingJobStatus"] == "Completed", job
    first, second = sorted(jobs.streams("hosts"))
    assert first.startswith("hosts/algo-1-")
    assert second.startswith("hosts/algo-2-")
    assert "received hello from algo-2" in jobs.lines(first)
    names = '["algo-1","algo-2"]'
    assert jobs.members("out/hosts/output/model.tar.gz") == {"algo-1": names, "algo-2": names}


def test_a_job_fails_with_the_host_that_fails(jobs: TrainingJobs) -> None:
    job = jobs.ended("second-fails")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ExitCode 3" in job["FailureReason"]
    assert processes_with("TRAINING_JOB_NAME=second-fails") == []


def test_network_isolation(jobs: TrainingJobs) -> None:
    job = jobs.ended("isolated")
    assert job["TrainingJobStatus"] == "Completed", job
    assert job["EnableNetworkIsolation"] is True
    assert jobs.printed("isolated", "credentials None")


def test_what_a_script_leaves_running_ends_and_requirements_stay_in_the_job(
    jobs: TrainingJobs,
) -> None:
    job = jobs.ended("leftover")
    assert job["TrainingJobStatus"] == "Completed", job
    assert processes_with(f"CHILD=leftover-{RUN}") == []
    (stream,) = jobs.streams("leftover")
    (line,) = (line for line in jobs.lines(stream) if line.startswith("wheeled from "))
    assert line.endswith("/packages/wheeled.py")
    assert "site-packages" not in line


def test_an_interrupted_spot_job_resumes_from_its_checkpoint(
    jobs: TrainingJobs, local_aws: LocalAws
) -> None:
    wait_until(lambda: jobs.keys("resumed-checkpoints/"), "a checkpoint while the job runs")
    interrupt(local_aws, "resumed")
    job = jobs.ended("resumed")
    assert job["TrainingJobStatus"] == "Completed", job
    assert statuses(job) == [
        *("Starting", "Downloading", "Training", "Interrupted"),
        *("Starting", "Downloading", "Training", "Uploading", "Completed"),
    ]
    assert len(jobs.streams("resumed")) == 2
    assert jobs.printed("resumed", "resumed from 9")
    assert job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]


def interrupt(local_aws: LocalAws, name: str) -> None:
    """Reclaim a job's instances: the one operation AWS does not have."""
    request = Request(
        local_aws.endpoint_url,
        data=json.dumps({"TrainingJobName": name}).encode(),
        headers={"X-Amz-Target": "LocalAws.InterruptTrainingJob"},
    )
    with urlopen(request) as answer:
        assert answer.status == 200


def test_list_training_jobs(jobs: TrainingJobs) -> None:
    jobs.ended("whole")
    listing = jobs.sagemaker.list_training_jobs(NameContains="whole", StatusEquals="Completed")
    (summary,) = listing["TrainingJobSummaries"]
    assert summary["TrainingJobName"] == "whole"
    assert summary["SecondaryStatus"] == "Completed"
    assert jobs.sagemaker.list_training_jobs(NameContains="nothing")["TrainingJobSummaries"] == []
    pages = jobs.sagemaker.get_paginator("list_training_jobs").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    names = [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]
    assert names == sorted(names)
    assert {"whole", "hosts", "late"} <= set(names)
    created = jobs.describe("whole")["CreationTime"]
    early = jobs.sagemaker.list_training_jobs(CreationTimeBefore=created, MaxResults=100)
    assert "hosts" not in [job["TrainingJobName"] for job in early["TrainingJobSummaries"]]
