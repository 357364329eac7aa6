"""The step as a process, against a state machine that only waits."""

import json
import signal
import uuid

import pytest

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
    """Makes a state machine of the given states; ``W`` waits for a second or two."""

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
    """Starts a pod of a stub that runs for some seconds, and returns when the execution runs."""

    def start(seconds, **arguments):
        task = pod(seconds, **arguments)
        process = task.start()
        wait_for(lambda: "RUNNING" in statuses(task), pause=0.02)
        return task, process

    return start


def test_a_run_writes_every_output(pod):
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


def test_a_retry_of_a_finished_run_reuses_it(pod, statuses):
    task = pod(1)
    assert task.run()[0] == 0
    first = task.listing()
    (task.directory / "output_metadata.json").unlink()
    assert task.run()[0] == 0
    assert task.listing() == first
    assert statuses(task) == ["SUCCEEDED"]


def test_a_killed_pod_is_followed_by_one_that_joins(running, statuses):
    task, process = running(4)
    process.kill()
    process.communicate()
    code, text = task.run()
    assert code == 0, text
    assert statuses(task) == ["SUCCEEDED"]


# The first execution of a task fails; another one takes four seconds and succeeds.
FAILS_FIRST = {
    "Type": "Choice",
    "Choices": [
        {"Condition": "{% $contains($states.context.Execution.Name, /-2$/) %}", "Next": "Slow"}
    ],
    "Default": "Bad",
}
MORE = {
    "Slow": {"Type": "Wait", "Seconds": 4, "Next": "Good"},
    "Good": {"Type": "Pass", "Output": OUTPUT, "End": True},
    "Bad": {"Type": "Fail", "Error": "TrainingJobFailed", "Cause": "the script raised"},
}


@pytest.mark.parametrize(
    "retry", [{"KFP_RETRY_INDEX": "1"}, {"KFP_NODE_NAME": "w.root.train.executor(1)"}], ids=str
)
def test_an_automatic_retry_joins_what_a_person_s_retry_started(
    local_aws, tmp_path, state_machine, statuses, retry
):
    task = Pod(local_aws.endpoint_url, tmp_path, state_machine(0, FAILS_FIRST, **MORE))
    assert task.run()[0] == 1
    assert task.run(**retry)[0] == 1  # by itself, Argo repeats nothing that failed
    assert statuses(task) == ["FAILED"]
    process = task.start()  # a person retries
    wait_for(lambda: "RUNNING" in statuses(task), pause=0.02)
    process.kill()
    process.communicate()
    code, text = task.run(**retry)
    assert code == 0, text
    assert statuses(task) == ["SUCCEEDED", "FAILED"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_execution(running, statuses, number):
    task, process = running(60)
    process.send_signal(number)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 143, text
    assert statuses(task) == ["ABORTED"]


def test_sigterm_leaves_the_training_alone_when_the_task_says_so(running, statuses):
    task, process = running(4, stop_on_sigterm=False)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert task.run()[0] == 0
    assert statuses(task) == ["SUCCEEDED"]


def test_a_signal_stops_the_execution_though_nobody_reads(running, statuses):
    task, process = running(60)
    process.stdout.close()
    process.terminate()
    assert process.wait(30) == 143
    assert statuses(task) == ["ABORTED"]


def test_the_stop_command_ends_a_run_that_sigterm_would_not(running, statuses):
    task, process = running(60, stop_on_sigterm=False)
    assert task.stop() == 0
    assert process.wait(10) == 143
    process.stdout.close()
    assert statuses(task) == ["ABORTED"]


def test_the_stop_command_stops_for_a_launcher_that_is_stuck(running, statuses):
    task, process = running(60, stop_on_sigterm=False)
    process.send_signal(signal.SIGSTOP)
    assert task.stop() == 0
    assert process.wait(10) == -signal.SIGKILL
    process.stdout.close()
    assert statuses(task) == ["ABORTED"]


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
def test_a_failure_says_why_and_where(pod, fail, expected):
    (error, cause), (code, shown) = fail, expected
    task = pod(0, {"Type": "Fail", "Error": error, "Cause": cause})
    found, text = task.run()
    assert found == code, text
    assert shown in text
    assert error in text
    assert "/states/home" in text.splitlines()[-1]
    assert not (task.directory / "output_metadata.json").exists()


def test_a_dry_run_says_that_nothing_was_started(pod):
    output = {"dry_run": True, "request": {"TrainingJobName": "x"}, "notes": ["a note"]}
    task = pod(0, {"Type": "Pass", "Output": output, "End": True})
    code, text = task.run()
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
    code, text = Pod(local_aws.endpoint_url, tmp_path, arn).run()
    assert code == 2, text
    assert arn in text
    assert shown in text


def test_missing_credentials_are_named(pod):
    task = pod(0)
    code, text = task.run(
        AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_EC2_METADATA_DISABLED="true"
    )
    assert code == 1, text
    assert "no AWS credentials were found" in text
    assert "Traceback" not in text


def test_a_value_that_kfp_could_not_express_ends_with_the_way_around(pod):
    code, text = pod(0, job_name="rl-{{$.pipeline_job_uuid}}").run()
    assert code == 2, text
    assert "job_name holds {{$.pipeline_job_uuid}} as it stands" in text
    assert "Traceback" not in text


def test_an_endpoint_that_cannot_be_reached_is_named(pod):
    process = pod(0).start(AWS_ENDPOINT_URL="http://127.0.0.1:9")
    try:
        assert "EndpointConnectionError: http://127.0.0.1:9" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_output_that_nobody_reads_changes_neither_outputs_nor_exit_code(pod):
    task = pod(2)
    process = task.start()
    process.stdout.close()
    assert process.wait(60) == 0
    assert task.has_outputs()
