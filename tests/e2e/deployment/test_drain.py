"""`make drain` on the local AWS: what runs is told, new executions are refused, the rest ends."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Stage
from tests.support.runs.sweep_runs import SweepStage

pytestmark = pytest.mark.e2e

NAME = "Draining"


@pytest.fixture(scope="module")
def stage(local_aws):
    settings = {"stack_name": NAME, "state_machine_name": NAME}
    assembly = deployment.synthesize({**deployment.HOST_FUNCTIONS, **settings})
    outputs = deployment.deploy(assembly, local_aws.client, NAME)
    return Stage(local_aws.client, local_aws.endpoint_url, outputs)


@pytest.fixture(autouse=True)
def open_again(stage):
    yield
    assert drain(stage, "--reopen").returncode == 0


def begin(stage, *options):
    environment = {
        "AWS_ENDPOINT_URL": stage.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [
        sys.executable,
        "-u",
        "-m",
        "infra.operations.drain",
        "--look-every",
        "0.2",
    ]
    return subprocess.Popen(
        [*command, "-c", f"stack_name={NAME}", *options],
        cwd=deployment.ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def drain(stage, *options, answer=""):
    process = begin(stage, *options)
    out, err = process.communicate(answer, timeout=120)
    return subprocess.CompletedProcess(options, process.returncode, out, err)


def training(stage, seconds):
    """A run whose training job has begun."""
    run = stage.start({"hyperparameters": {"seconds": seconds}})
    run.reach(lambda run: any(job["SecondaryStatus"] == "Training" for job in run.jobs()))
    return run


def refused(stage, machine):
    run = stage.start({}, machine=machine)
    ended = stage.client("stepfunctions").describe_execution
    run.reach(lambda run: ended(executionArn=run.arn)["status"] != "RUNNING")
    described = ended(executionArn=run.arn)
    return described["status"], described["error"], json.loads(described["cause"])["message"]


def test_an_answer_that_is_not_yes_changes_nothing(stage):
    run = training(stage, 600)
    for answer in ("", "\n", "no\n"):
        found = drain(stage, "--stop", answer=answer)
        assert found.returncode == 1
        assert run.arn.rpartition(":")[2] in found.stdout
        assert f"training job: {run.jobs_named}" in found.stdout
        assert found.stdout.endswith("Nothing was changed.\n")
    assert stage.start({}).end()["status"] == "SUCCEEDED"
    assert [job["SecondaryStatus"] for job in run.jobs()] == ["Training"]
    run.stop()


def test_it_stops_what_runs_with_its_training_jobs_and_refuses_what_is_new(stage):
    runs = [training(stage, 600) for _ in range(2)]
    found = drain(stage, "--stop", answer="y\n")
    assert found.returncode == 0, found.stderr
    assert "that run: 2." in found.stdout
    assert [run.end()["status"] for run in runs] == ["ABORTED", "ABORTED"]
    assert [job["TrainingJobStatus"] for run in runs for job in run.jobs()] == 2 * ["Stopped"]
    rejected = "This deployment is being taken down and starts no training (make drain)."
    assert refused(stage, stage.outputs["StateMachineArn"]) == (
        "FAILED",
        "RequestRejected",
        rejected,
    )
    by_alias = stage.client("stepfunctions").start_execution(
        stateMachineArn=stage.outputs["StateMachineAliasArn"], input="{}"
    )["executionArn"]
    stage.start({}).reach(
        lambda run: run.states.describe_execution(executionArn=by_alias)["status"] == "FAILED"
    )
    again = drain(stage, "--yes")
    assert (again.returncode, "that run: 0." in again.stdout) == (0, True)


def test_it_waits_for_what_runs(stage):
    run = training(stage, 4)
    found = drain(stage, "--yes")
    assert found.returncode == 0, found.stderr
    assert run.end()["status"] == "SUCCEEDED"


def test_reopening_leaves_the_state_machine_as_it_was(stage):
    states = stage.client("stepfunctions")
    machine = stage.outputs["StateMachineArn"]

    def everything():
        return (
            states.describe_state_machine(stateMachineArn=machine)["definition"],
            states.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"],
            states.describe_state_machine_alias(
                stateMachineAliasArn=stage.outputs["StateMachineAliasArn"]
            )["routingConfiguration"],
        )

    before = everything()
    assert drain(stage, "--yes").returncode == 0
    assert everything() != before
    assert "again" in drain(stage, "--reopen").stdout
    assert everything() == before
    assert drain(stage, "--reopen").stdout == "It takes new executions.\n"
    assert stage.start({}).end()["status"] == "SUCCEEDED"


def test_a_person_who_waits_no_longer_is_told_what_holds(stage):
    run = training(stage, 600)
    process = begin(stage, "--yes")
    while "that run: 1. " not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "--reopen takes them again" in err
    assert "Traceback" not in err
    run.stop()


def test_a_stack_that_is_not_there_is_a_message(stage):
    found = drain(stage, "--stack", "Nowhere")
    assert found.returncode == 1
    assert "Nowhere" in found.stderr
    assert "Traceback" not in found.stderr


def sweeping(stage):
    """A sweep of two trials, one after the other, of which the first has begun to train."""
    sweeps = SweepStage(stage.client, stage.endpoint_url, stage.outputs)
    given = {"seeds": 2, "max_parallel": 1, "hyperparameters": {"seconds": 2}}
    sweep = sweeps.sweep(given)
    sweep.reach(lambda: sweep.jobs("InProgress"))
    return sweeps, sweep


def test_it_waits_for_a_sweep_whose_trials_go_on_starting(stage):
    sweeps, sweep = sweeping(stage)
    process = begin(stage, "--yes")
    while "Sweeps that run: 1." not in process.stdout.readline():
        pass
    late = sweeps.sweep({"seeds": 1})
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Sweeps that run: 0." in out
    assert sweep.end()["status"] == "SUCCEEDED"
    assert list(sweep.trials().values()) == ["SUCCEEDED", "SUCCEEDED"]
    assert late.end()["error"] == "RequestRejected"
    assert "starts no training" in late.cause["message"]
    refusal = refused(stage, stage.outputs["StateMachineArn"])
    assert refusal[:2] == ("FAILED", "RequestRejected")


def test_it_stops_a_sweep_with_its_trials_and_jobs(stage):
    _, sweep = sweeping(stage)
    found = drain(stage, "--stop", "--yes")
    assert found.returncode == 0, found.stderr
    assert f"{sweep.name}, since " in found.stdout
    assert ", a sweep\n" in found.stdout
    assert sweep.end()["status"] == "ABORTED"
    assert set(sweep.trials().values()) == {"ABORTED"}
    assert sweep.jobs("InProgress") + sweep.jobs("Stopping") == []
