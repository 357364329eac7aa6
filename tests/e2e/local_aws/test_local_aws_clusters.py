"""Instance groups, channels and TensorBoard files, as AWS's own toolkit shows them to a script."""

import json

import pytest

from tests.support.deploying.local_aws_process import LocalAws
from tests.support.runs.training_jobs import BUCKET, TrainingJobs, wait_until

pytestmark = pytest.mark.e2e

GROUPS = [
    {"InstanceGroupName": "trainer", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    {"InstanceGroupName": "rollouts", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 2},
]

SEEN = """
    import json, os
    from pathlib import Path

    data = Path(os.environ["SM_INPUT_DIR"], "data")
    seen = {name: value for name, value in os.environ.items() if "GROUP" in name}
    seen["instance_type"] = os.environ["SM_CURRENT_INSTANCE_TYPE"]
    seen["channels"] = json.loads(os.environ["SM_CHANNELS"])
    seen["files"] = sorted(
        path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()
    )
    host = os.environ["SM_CURRENT_HOST"]
    Path(os.environ["SM_MODEL_DIR"], host).write_text(json.dumps(seen))
"""

BOARD = """
    import os, signal, sys, time
    from pathlib import Path

    events = Path(os.environ["SM_OUTPUT_DIR"], "tensorboard", "run", "events.1")

    def late(*_):
        events.write_text("late")
        sys.exit(0)

    signal.signal(signal.SIGTERM, late)
    events.parent.mkdir()
    events.write_text("early")
    time.sleep(300)
"""


@pytest.fixture(scope="module")
def jobs(local_aws: LocalAws) -> TrainingJobs:
    jobs = TrainingJobs(local_aws)
    for number in range(4):
        jobs.put(f"episodes/{number}", b"episode")
    jobs.put("old/model.tar.gz", b"archive")
    manifest = [{"prefix": f"s3://{BUCKET}/episodes/"}, "2", "3"]
    jobs.put("some.manifest", json.dumps(manifest).encode())
    return jobs


def channel(name, uri, *groups, **source):
    keys = {"S3DataType": "S3Prefix", "S3Uri": uri, **source}
    named = {"InstanceGroupNames": list(groups)} if groups else {}
    return {"ChannelName": name, "DataSource": {"S3DataSource": {**keys, **named}}}


def seen(jobs: TrainingJobs, name: str) -> dict[str, dict]:
    job = jobs.ended(name)
    assert job["TrainingJobStatus"] == "Completed", job
    members = jobs.members(f"out/{name}/output/model.tar.gz")
    return {host: json.loads(text) for host, text in members.items()}


def test_groups_are_hosts_that_know_their_group_and_get_its_channels(jobs):
    sharded = {"S3DataDistributionType": "ShardedByS3Key"}
    jobs.start(
        "groups",
        SEEN,
        ResourceConfig={"InstanceGroups": GROUPS, "VolumeSizeInGB": 1},
        InputDataConfig=[
            channel("all", f"s3://{BUCKET}/old/", "trainer", "rollouts"),
            channel("mine", f"s3://{BUCKET}/episodes/", "rollouts", **sharded),
        ],
    )
    hosts = seen(jobs, "groups")
    assert sorted(hosts) == ["algo-1", "algo-2", "algo-3"]
    trainer, first, second = (hosts[name] for name in sorted(hosts))
    assert trainer["SM_CURRENT_INSTANCE_GROUP"] == "trainer"
    assert trainer["instance_type"] == "ml.g5.xlarge"
    assert json.loads(trainer["SM_CURRENT_INSTANCE_GROUP_HOSTS"]) == ["algo-1"]
    assert trainer["channels"] == ["all"]
    assert trainer["files"] == ["all/model.tar.gz"]
    assert first["SM_CURRENT_INSTANCE_GROUP"] == "rollouts"
    assert first["instance_type"] == "ml.c5.2xlarge"
    assert json.loads(first["SM_CURRENT_INSTANCE_GROUP_HOSTS"]) == ["algo-2", "algo-3"]
    assert json.loads(first["SM_INSTANCE_GROUPS"]) == ["trainer", "rollouts"]
    groups = json.loads(second["SM_INSTANCE_GROUPS_DICT"])
    assert groups["rollouts"]["hosts"] == ["algo-2", "algo-3"]
    shards = [{name for name in host["files"] if "mine" in name} for host in (first, second)]
    assert [len(shard) for shard in shards] == [2, 2]
    assert not shards[0] & shards[1]


def test_channels_of_a_job_without_groups_and_its_warm_pool(jobs):
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    jobs.start(
        "channels",
        SEEN,
        ResourceConfig={**resources, "KeepAlivePeriodInSeconds": 600},
        InputDataConfig=[
            channel("model", f"s3://{BUCKET}/old/model.tar.gz"),
            channel("some", f"s3://{BUCKET}/some.manifest", S3DataType="ManifestFile"),
            {**channel("fast", f"s3://{BUCKET}/episodes"), "InputMode": "FastFile"},
        ],
    )
    (host,) = seen(jobs, "channels").values()
    assert host["SM_CURRENT_INSTANCE_GROUP"] == "homogeneousCluster"
    fast = [f"fast/{number}" for number in range(4)]
    assert host["files"] == [*fast, "model/model.tar.gz", "some/2", "some/3"]
    assert jobs.describe("channels")["WarmPoolStatus"]["Status"] == "Available"


@pytest.mark.parametrize(
    ("source", "mode", "reason"),
    [
        ({"S3DataType": "S3Prefix"}, "Pipe", "input mode Pipe"),
        ({"S3DataType": "AugmentedManifestFile"}, "File", "AugmentedManifestFile is not supported"),
    ],
)
def test_what_is_not_supported_fails_in_words(jobs, source, mode, reason):
    name = f"refused-{mode}"
    wrong = channel("a", f"s3://{BUCKET}/episodes", **source)
    jobs.start(name, SEEN, InputDataConfig=[{**wrong, "InputMode": mode}])
    job = jobs.ended(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_tensorboard_files_follow_while_the_job_runs_and_at_its_end(jobs):
    jobs.start("board", BOARD, TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/tb"})
    key = "tb/board/tensorboard-output/run/events.1"
    wait_until(lambda: key in jobs.keys("tb/"), "the first events")
    assert jobs.describe("board")["SecondaryStatus"] == "Training"
    assert jobs.read(key) == b"early"
    jobs.sagemaker.stop_training_job(TrainingJobName="board")
    jobs.ended("board")
    assert jobs.read(key) == b"late"
