"""The step as a process, against a state machine that only waits."""

import json
import signal
import uuid

import pytest

from kfp_component import stop
from tests.support.step.kfp_pods import Pod, wait_for

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
    """Makes a state machine of the given states; `W` waits for some seconds."""

    def make(seconds, *last, **more):
        states = {"W": {"Type": "Wait", "Seconds": seconds, "Next": "End"}, **more}
        states["End"] = last[0] if last else {"Type": "Pass", "Output": OUTPUT, "End": True}
        definition = {"QueryLanguage": "JSONata", "StartAt": "W", "States": states}
        return local_aws.client("stepfunctions").create_state_machine(
            name=f"stub-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]

    return make


@pytest.fixture
def pod(local_aws, tmp_path, state_machine):
    """Makes a task of a stub state machine; its arguments, then the component's inputs."""

    def make(*stub, **arguments):
        return Pod(local_aws.endpoint_url, tmp_path, state_machine(*stub), **arguments)

    return make


@pytest.fixture
def statuses(local_aws):
    """The statuses of a task's executions, newest first."""
    states = local_aws.client("stepfunctions")
    return lambda task: [item["status"] for item in task.executions(states)]


@pytest.fixture
def running(pod, statuses):
    """Starts a pod of a stub that does not end by itself, and returns when the execution runs."""

    def start(**arguments):
        task = pod(600, **arguments)
        process = task.start()
        wait_for(lambda: "RUNNING" in statuses(task), pause=0.02)
        return task, process

    return start


def test_a_run_writes_every_output_and_a_retry_reuses_it(pod, statuses):
    task = pod(1)
    code, text = task.run()
    assert code == 0, text
    listing = task.listing()
    for name, value in listing["parameterValues"].items():
        assert (task.directory / "p" / name).read_text() == value
    assert listing["parameterValues"]["model_artifact_url"] == OUTPUT["model_artifact_url"]
    assert ":execution:" in listing["parameterValues"]["execution_arn"]
    artifacts = {name: item["artifacts"][0] for name, item in listing["artifacts"].items()}
    assert {name: item["uri"] for name, item in artifacts.items()} == {
        name: f"{task.directory}/{name}" for name in ("model", "metrics", "report")
    }
    assert artifacts["model"]["metadata"]["s3_uri"] == OUTPUT["model_artifact_url"]
    assert artifacts["metrics"]["metadata"] == {
        "episode_reward_mean": 487.5,
        "training_seconds": 10,
        "billable_seconds": 4,
        "spot_saving_percent": 60.0,
    }
    assert "null" not in json.dumps(listing)
    manifest = json.loads((task.directory / "model").read_text())
    assert manifest["s3_uri"] == OUTPUT["model_artifact_url"]
    assert (task.directory / "report").read_text().startswith("<!doctype html>")
    first_lines = text.splitlines()[:3]
    assert any("/states/home" in line for line in first_lines)
    assert not any(word in text.lower() for word in ("error", "fail", "warn"))
    (task.directory / "output_metadata.json").unlink()
    assert task.run()[0] == 0
    assert task.listing() == listing
    assert statuses(task) == ["SUCCEEDED"]


# The first execution of a task fails; another one takes seconds and succeeds.
FAILS_FIRST = {
    "Type": "Choice",
    "Choices": [
        {"Condition": "{% $contains($states.context.Execution.Name, /-2$/) %}", "Next": "Slow"}
    ],
    "Default": "Bad",
}
MORE = {
    "Slow": {"Type": "Wait", "Seconds": 3, "Next": "Good"},
    "Good": {"Type": "Pass", "Output": OUTPUT, "End": True},
    "Bad": {"Type": "Fail", "Error": "TrainingJobFailed", "Cause": "the script raised"},
}


def test_an_automatic_retry_joins_what_a_person_s_retry_started(
    local_aws, tmp_path, state_machine, statuses
):
    task = Pod(local_aws.endpoint_url, tmp_path, state_machine(0, FAILS_FIRST, **MORE))
    assert task.run()[0] == 1
    assert task.run(KFP_RETRY_INDEX="1")[0] == 1  # by itself, Argo repeats nothing that failed
    assert statuses(task) == ["FAILED"]
    process = task.start()  # a person retries
    wait_for(lambda: len(statuses(task)) == 2)
    process.kill()
    process.communicate()
    code, text = task.run(KFP_RETRY_INDEX="1")
    assert code == 0, text
    assert statuses(task) == ["SUCCEEDED", "FAILED"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_execution_though_nobody_reads(running, statuses, number):
    task, process = running()
    process.stdout.close()
    process.send_signal(number)
    assert process.wait(30) == 143
    assert statuses(task) == ["ABORTED"]


def test_what_sigterm_leaves_alone_the_stop_command_ends(running, statuses):
    task, process = running(stop_on_sigterm=False)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert statuses(task) == ["RUNNING"]
    process = task.start()
    assert any(":execution:" in line for line in process.stdout)
    assert task.stop() == 0
    assert process.wait(30) == 143
    process.stdout.close()
    assert statuses(task) == ["ABORTED"]


def test_the_stop_command_stops_for_a_launcher_that_is_stuck(running, statuses, monkeypatch):
    task, process = running(stop_on_sigterm=False)
    process.send_signal(signal.SIGSTOP)
    for name, value in task.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(stop, "_PATIENCE_SECONDS", 0.2)
    assert stop.main() == 0
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    assert statuses(task) == ["ABORTED"]


def test_an_unknown_state_machine_is_named(local_aws, tmp_path):
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:unknown"
    code, text = Pod(local_aws.endpoint_url, tmp_path, arn).run()
    assert code == 2, text
    assert arn in text
    assert "Deploy the stack" in text


def test_output_that_nobody_reads_changes_neither_outputs_nor_exit_code(pod):
    task = pod(1)
    process = task.start()
    process.stdout.close()
    assert process.wait(60) == 0
    assert task.has_outputs()
