"""The step as a process, against a state machine that only waits."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

pytestmark = pytest.mark.e2e

OUTPUT = {
    "job_name": "TrainingJob-20260101000000-abc",
    "training_job_arn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/x",
    "model_artifact_url": "s3://bucket/x/output/model.tar.gz",
    "training_image": "image:1",
    "status": "Completed",
    "secondary_status": "Completed",
    "final_metrics": {"episode_reward_mean": 487.5},
    "training_seconds": 10,
    "billable_seconds": 4,
}
ROLE = "arn:aws:iam::000000000000:role/state-machine"


@pytest.fixture(scope="module")
def state_machine(local_aws):
    """Makes a state machine of the given states; ``W`` waits for a second or two."""

    def make(seconds, *last):
        states = {"W": {"Type": "Wait", "Seconds": seconds, "Next": "End"}}
        states["End"] = last[0] if last else {"Type": "Pass", "Output": OUTPUT, "End": True}
        definition = {"QueryLanguage": "JSONata", "StartAt": "W", "States": states}
        return local_aws.client("stepfunctions").create_state_machine(
            name=f"stub-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]

    return make


class Pod:
    """A task: each ``run`` is one pod of it."""

    def __init__(self, local_aws, directory, arn, **arguments):
        self.directory = directory / uuid.uuid4().hex
        self.aws = local_aws
        self.arn = arn
        self.arguments = arguments
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": local_aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "KFP_POD_UID": self.directory.name,
        }

    def document(self):
        root = self.directory
        parameters = ("model_artifact_url", "job_name", "training_image", "execution_arn")
        given = {"state_machine_arn": self.arn, "region": "us-east-1", "entry_point": "train.py"}
        return {
            "inputs": {"parameterValues": {**given, **self.arguments}},
            "outputs": {
                "parameters": {name: {"outputFile": f"{root}/p/{name}"} for name in parameters},
                "artifacts": {
                    name: {"artifacts": [{"name": name, "uri": f"{root}/{name}", "metadata": {}}]}
                    for name in ("model", "metrics", "report")
                },
                "outputFile": f"{root}/output_metadata.json",
            },
        }

    def start(self, **environment):
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kfp_component",
                "--executor_input",
                json.dumps(self.document()),
            ],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, **environment):
        process = self.start(**environment)
        text, _ = process.communicate(timeout=60)
        return process.returncode, text

    def stop(self):
        """What Argo runs in the pod when a person terminates the run."""
        command = [sys.executable, "-m", "kfp_component.stop", "15"]
        return subprocess.run(command, env=self.environment, timeout=60, check=False).returncode

    def executions(self):
        listed = self.aws.client("stepfunctions").list_executions(stateMachineArn=self.arn)
        return [item["status"] for item in listed["executions"]]

    def listing(self):
        return json.loads((self.directory / "output_metadata.json").read_text())

    def wait_until_running(self):
        deadline = time.monotonic() + 30
        while "RUNNING" not in self.executions():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_run_writes_every_output(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(1))
    code, text = pod.run()
    assert code == 0, text
    listing = pod.listing()
    for name, value in listing["parameterValues"].items():
        assert (pod.directory / "p" / name).read_text() == value
    assert listing["parameterValues"]["model_artifact_url"] == OUTPUT["model_artifact_url"]
    assert ":execution:" in listing["parameterValues"]["execution_arn"]
    artifacts = {name: item["artifacts"][0] for name, item in listing["artifacts"].items()}
    assert {name: item["uri"] for name, item in artifacts.items()} == {
        name: f"{pod.directory}/{name}" for name in ("model", "metrics", "report")
    }
    assert artifacts["model"]["metadata"]["s3_uri"] == OUTPUT["model_artifact_url"]
    assert artifacts["metrics"]["metadata"] == {
        "episode_reward_mean": 487.5,
        "training_seconds": 10,
        "billable_seconds": 4,
        "spot_saving_percent": 60.0,
    }
    assert "null" not in json.dumps(listing)
    manifest = json.loads((pod.directory / "model").read_text())
    assert manifest["s3_uri"] == OUTPUT["model_artifact_url"]
    assert (pod.directory / "report").read_text().startswith("<!doctype html>")
    first_lines = text.splitlines()[:3]
    assert any("/states/home" in line for line in first_lines)
    assert not any(word in text.lower() for word in ("error", "fail", "warn"))


def test_a_retry_of_a_finished_run_reuses_it(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(1))
    assert pod.run()[0] == 0
    first = pod.listing()
    (pod.directory / "output_metadata.json").unlink()
    assert pod.run()[0] == 0
    assert pod.listing() == first
    assert pod.executions() == ["SUCCEEDED"]


def test_a_killed_pod_is_followed_by_one_that_joins(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(4))
    process = pod.start()
    pod.wait_until_running()
    process.kill()
    process.communicate()
    code, text = pod.run()
    assert code == 0, text
    assert pod.executions() == ["SUCCEEDED"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_execution(local_aws, tmp_path, state_machine, number):
    pod = Pod(local_aws, tmp_path, state_machine(60))
    process = pod.start()
    pod.wait_until_running()
    process.send_signal(number)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 143, text
    assert pod.executions() == ["ABORTED"]


def test_sigterm_leaves_the_training_alone_when_the_task_says_so(
    local_aws, tmp_path, state_machine
):
    pod = Pod(local_aws, tmp_path, state_machine(4), stop_on_sigterm=False)
    process = pod.start()
    pod.wait_until_running()
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert pod.run()[0] == 0
    assert pod.executions() == ["SUCCEEDED"]


def test_a_signal_stops_the_execution_though_nobody_reads(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(60))
    process = pod.start()
    pod.wait_until_running()
    process.stdout.close()
    process.terminate()
    assert process.wait(30) == 143
    assert pod.executions() == ["ABORTED"]


def test_the_stop_command_ends_a_run_that_sigterm_would_not(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(60), stop_on_sigterm=False)
    process = pod.start()
    pod.wait_until_running()
    assert pod.stop() == 0
    assert process.wait(10) == 143
    process.stdout.close()
    assert pod.executions() == ["ABORTED"]


def test_the_stop_command_stops_for_a_launcher_that_is_stuck(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(60), stop_on_sigterm=False)
    process = pod.start()
    pod.wait_until_running()
    process.send_signal(signal.SIGSTOP)
    assert pod.stop() == 0
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    assert pod.executions() == ["ABORTED"]


CAUSE = {
    "message": "instance_count must be at least 1; got 0.",
    "problems": [{"argument": "instance_count", "message": "must be at least 1; got 0"}],
}


@pytest.mark.parametrize(
    ("fail", "expected"),
    [
        (("InvalidArguments", json.dumps(CAUSE)), (2, "instance_count must be at least 1; got 0")),
        (("TrainingJobFailed", json.dumps({"message": "The script raised."})), (1, "The script")),
        (("SomethingElse", "plain text"), (1, "plain text")),
    ],
)
def test_a_failure_says_why_and_where(tmp_path, state_machine, local_aws, fail, expected):
    (error, cause), (code, shown) = fail, expected
    pod = Pod(
        local_aws, tmp_path, state_machine(0, {"Type": "Fail", "Error": error, "Cause": cause})
    )
    found, text = pod.run()
    assert found == code, text
    assert shown in text
    assert error in text
    assert "/states/home" in text.splitlines()[-1]
    assert not (pod.directory / "output_metadata.json").exists()


def test_a_dry_run_says_that_nothing_was_started(local_aws, tmp_path, state_machine):
    output = {"dry_run": True, "request": {"TrainingJobName": "x"}, "notes": ["a note"]}
    pod = Pod(
        local_aws, tmp_path, state_machine(0, {"Type": "Pass", "Output": output, "End": True})
    )
    code, text = pod.run()
    assert code == 1
    assert '"TrainingJobName": "x"' in text
    assert "nothing was started" in text


@pytest.mark.parametrize(
    ("arn", "shown"),
    [
        ("arn:aws:states:us-east-1:000000000000:stateMachine:unknown", "Deploy the stack"),
        ("unknown", "is not the ARN of a state machine"),
    ],
)
def test_an_unknown_state_machine_is_named(local_aws, tmp_path, arn, shown):
    code, text = Pod(local_aws, tmp_path, arn).run()
    assert code == 2, text
    assert arn in text
    assert shown in text


def test_missing_credentials_are_named(local_aws, tmp_path, state_machine):
    pod = Pod(local_aws, tmp_path, state_machine(0))
    code, text = pod.run(
        AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_EC2_METADATA_DISABLED="true"
    )
    assert code == 1, text
    assert "no AWS credentials were found" in text
    assert "Traceback" not in text
