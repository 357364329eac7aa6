"""The files and addresses a training job sees, computed without starting one."""

import json
import os
from pathlib import Path

import pytest

from local_aws import server_environment
from local_aws.sagemaker.files.artifacts import merged_files
from local_aws.sagemaker.files.cluster import cluster
from local_aws.sagemaker.files.directory import (
    JobDirectory,
    checkpoint_path,
    input_data_config,
    resource_config,
)
from local_aws.sagemaker.files.input_channels import relative_path
from local_aws.sagemaker.job.container_view import host_addresses
from local_aws.sagemaker.job.environment import base_environment
from local_aws.sagemaker.job.hosts import failure_reason

REQUEST = {
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
}
HOSTS = cluster(REQUEST)


@pytest.mark.parametrize(
    ("prefix", "key", "path"),
    [
        ("data", "data/a/b.txt", "a/b.txt"),
        ("data/", "data/a/b.txt", "a/b.txt"),
        ("data/a/b.txt", "data/a/b.txt", "b.txt"),
        ("data/part", "data/part-1.txt", "part-1.txt"),
        ("", "data/a.txt", "data/a.txt"),
    ],
)
def test_where_an_object_goes_in_its_channel(prefix, key, path):
    assert relative_path(prefix, key) == path


def test_the_submit_directory_is_found_where_the_job_can_see_it(tmp_path):
    quoted = '"/opt/ml/input/data/code/sourcedir.tar.gz"'
    for value, expected in (
        (quoted, f'"{tmp_path}/h/input/data/code/sourcedir.tar.gz"'),
        ('"s3://bucket/source.tar.gz"', '"s3://bucket/source.tar.gz"'),
    ):
        directory = JobDirectory(tmp_path / "h", str(tmp_path / "h"))
        hyperparameters = {"sagemaker_submit_directory": value, "other": quoted}
        directory.write({**REQUEST, "HyperParameters": hyperparameters}, HOSTS, HOSTS[0])
        written = json.loads((tmp_path / "h/input/config/hyperparameters.json").read_text())
        assert written == {"sagemaker_submit_directory": expected, "other": quoted}
        assert (tmp_path / "h/output/data").is_dir()
        (tmp_path / "h").rename(tmp_path / value.replace("/", "_"))


def test_configuration_files():
    config = resource_config(HOSTS, HOSTS[1])
    assert config["current_host"] == "algo-2"
    assert config["hosts"] == config["instance_groups"][0]["hosts"] == ["algo-1", "algo-2"]
    source = {"S3DataSource": {"S3DataDistributionType": "ShardedByS3Key"}}
    channel = {"ChannelName": "c", "DataSource": source, "InputMode": "FastFile"}
    assert input_data_config({**REQUEST, "InputDataConfig": [channel]}, HOSTS[0]) == {
        "c": {
            "TrainingInputMode": "FastFile",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
        }
    }


def test_a_host_of_an_instance_group():
    groups = [
        {"InstanceGroupName": "trainer", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
        {"InstanceGroupName": "rollouts", "InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
    ]
    request = {**REQUEST, "ResourceConfig": {"InstanceGroups": groups}}
    sources = [{}, {"InstanceGroupNames": ["trainer"]}]
    request["InputDataConfig"] = [
        {"ChannelName": f"c{number}", "DataSource": {"S3DataSource": source}}
        for number, source in enumerate(sources)
    ]
    hosts = cluster(request)
    config = resource_config(hosts, hosts[2])
    assert config["current_group_name"] == "rollouts"
    assert config["current_instance_type"] == "ml.c5.xlarge"
    assert config["hosts"] == ["algo-1", "algo-2", "algo-3"]
    assert [group["hosts"] for group in config["instance_groups"]] == [
        ["algo-1"],
        ["algo-2", "algo-3"],
    ]
    assert list(input_data_config(request, hosts[0])) == ["c0", "c1"]
    assert list(input_data_config(request, hosts[2])) == ["c0"]


def test_checkpoints_have_a_default_path():
    assert checkpoint_path({}) == "/opt/ml/checkpoints"
    assert checkpoint_path({"CheckpointConfig": {"LocalPath": "/opt/ml/c/"}}) == "/opt/ml/c"


def test_every_host_of_every_job_has_an_address_of_its_own():
    found = [
        address for job in (1, 2, 249, 250, 251) for address in host_addresses(job, 20).values()
    ]
    assert len(set(found)) == len(found) == 100
    assert all(address.startswith("127.") for address in found)


def test_the_first_host_wins_a_name(tmp_path):
    for host, content in (("1", "first"), ("2", "second")):
        (tmp_path / host / "sub").mkdir(parents=True)
        (tmp_path / host / "sub" / "same").write_text(content)
        (tmp_path / host / host).write_text(content)
    members = merged_files([tmp_path / "1", tmp_path / "2", tmp_path / "missing"])
    assert sorted(members) == ["1", "2", "sub", "sub/same"]
    assert members["sub/same"].read_text() == "first"


def test_a_failure_reason_keeps_the_exit_code(tmp_path):
    directory = JobDirectory(tmp_path, "/opt/ml")
    assert failure_reason(directory, 137, 1024) == "AlgorithmError: , exit code: 137"
    directory.failure.parent.mkdir()
    directory.failure.write_text("y" * 2000)
    reason = failure_reason(directory, 1, 1024)
    assert len(reason) == 1024
    assert reason.startswith("AlgorithmError: yyy")
    assert reason.endswith("y, exit code: 1")


def test_jobs_inherit_nothing_of_another_aws():
    inherited = {"AWS_PROFILE": "p", "SM_HOSTS": "h", "S3_ENDPOINT_URL": "u", "HOME": "/home"}
    assert base_environment(inherited) == {"HOME": "/home"}


def test_the_servers_environment(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", None)
    environment = {
        "AWS_ENDPOINT_URL": "http://stray",
        "AWS_PROFILE": "p",
        "MINISTACK_ACCOUNT_ID": "1",
        "PERSIST_STATE": "1",
        "HOME": "/home",
    }
    server_environment.prepare(environment, port=80, state_dir=tmp_path, server="s", iam=True)
    assert environment["GATEWAY_PORT"] == "80"
    assert environment["AUTH"] == "true"
    assert environment["HOME"] == "/home"
    assert Path(environment["TMPDIR"]).is_dir()
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    for stray in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "MINISTACK_ACCOUNT_ID", "PERSIST_STATE"):
        assert stray not in environment
