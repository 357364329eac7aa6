"""`make drain` on the local AWS: what runs is told, new executions are refused, the rest ends."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Execution, Stage
from tests.support.runs.sweep_runs import SweepStage

pytestmark = pytest.mark.e2e

NAME = "Draining"


@pytest.fixture(scope="module")
def stage(local_aws):
    settings = {"stack_name": NAME, "state_machine_name": NAME}
    assembly = deployment.synthesize({**deployment.HOST_FUNCTIONS, **settings})
    outputs = deployment.deploy(assembly, local_aws.client, NAME)
    return Stage(local_aws.client, local_aws.endpoint_url, outputs)


def begin(stage, *options):
    environment = {
        "AWS_ENDPOINT_URL": stage.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    command = [sys.executable, "-u", "-m", "infra.operations.drain", "--look-every", "0.5"]
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


def wait_for(process, line):
    """Read what a drain prints until it says this."""
    assert any(line in said for said in process.stdout), process.communicate()[1]


def sweeping(stage, **given):
    """A sweep of two trials, one after the other, of which the first trains."""
    sweeps = SweepStage(stage.client, stage.endpoint_url, stage.outputs)
    sweep = sweeps.sweep({"seeds": 2, "max_parallel": 1, **given})
    sweep.reach(lambda: sweep.jobs("InProgress"))
    return sweep


def refused(execution):
    """Whether an execution that was started during a drain ended at once, in words."""
    execution.end()
    rejected = "This deployment is being taken down and starts no training (make drain)."
    return (execution.error, execution.cause["message"]) == ("RequestRejected", rejected)


def everything(stage):
    """What a drain changes of the trainings' state machine."""
    states, machine = stage.client("stepfunctions"), stage.outputs["StateMachineArn"]
    alias = stage.outputs["StateMachineAliasArn"]
    return (
        states.describe_state_machine(stateMachineArn=machine)["definition"],
        states.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"],
        states.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"],
    )


def test_it_stops_what_runs_once_it_is_told_to_and_reopens(stage):
    before = everything(stage)
    run = stage.start({"hyperparameters": {"seconds": 600}})
    run.reach(lambda run: run.jobs())
    sweep = sweeping(stage, hyperparameters={"seconds": 600})

    found = drain(stage, "--stop", answer="no\n")
    assert found.returncode == 1
    assert f"training job: {run.jobs_named}" in found.stdout
    assert f"{sweep.name}, since " in found.stdout
    assert ", a sweep\n" in found.stdout
    assert found.stdout.endswith("Nothing was changed.\n")
    assert everything(stage) == before
    assert run.describe()["status"] == sweep.describe()["status"] == "RUNNING"

    found = drain(stage, "--stop", answer="y\n")
    assert found.returncode == 0, found.stderr
    assert [run.end()["status"], sweep.end()["status"]] == ["ABORTED", "ABORTED"]
    assert set(sweep.trials().values()) == {"ABORTED"}
    assert run.jobs()[0]["TrainingJobStatus"] == "Stopped"
    assert sweep.jobs("InProgress") + sweep.jobs("Stopping") == []
    assert refused(stage.start({}))
    by_alias = run.states.start_execution(
        stateMachineArn=stage.outputs["StateMachineAliasArn"], input=run.describe()["input"]
    )
    assert refused(Execution(by_alias["executionArn"], run.states, run.sagemaker))

    again = drain(stage, "--yes")
    assert (again.returncode, "that run: 0." in again.stdout) == (0, True)
    assert everything(stage) != before
    assert "again" in drain(stage, "--reopen").stdout
    assert everything(stage) == before
    assert drain(stage, "--reopen").stdout == "It takes new executions.\n"


def test_it_waits_for_a_sweep_whose_trials_go_on_starting(stage):
    """A person who waits no longer is told what holds, and may begin to wait again."""
    given = {"hyperparameters": {"interrupted_seeds": "1"}, "max_failed_trials": 1}
    sweep = sweeping(stage, **given)
    waiting = begin(stage, "--yes")
    wait_for(waiting, "Sweeps that run: 1.")
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "--reopen takes them again" in err
    assert "Traceback" not in err

    waiting = begin(stage, "--yes")
    wait_for(waiting, "Sweeps that run: 1.")
    late = SweepStage(stage.client, stage.endpoint_url, stage.outputs).sweep({"seeds": 1})
    assert refused(late)
    stage.client("sagemaker").stop_training_job(TrainingJobName=f"{sweep.name}-t001")
    out, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, err
    assert "Sweeps that run: 0." in out
    assert sweep.end()["status"] == "SUCCEEDED"
    assert sorted(sweep.trials().values()) == ["FAILED", "SUCCEEDED"]
    assert refused(stage.start({}))
    assert drain(stage, "--reopen").returncode == 0
    assert stage.start({}).end()["status"] == "SUCCEEDED"


def test_a_stack_that_is_not_there_is_a_message(stage):
    found = drain(stage, "--stack", "Nowhere")
    assert found.returncode == 1
    assert "Nowhere" in found.stderr
    assert "Traceback" not in found.stderr
