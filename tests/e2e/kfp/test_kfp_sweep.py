"""The step that sweeps against the deployed stack: six trials, awaited by one pod."""

import csv
import json
import re
import signal

import pytest

from tests.support.step.kfp_pods import Cluster, wait_for

pytestmark = pytest.mark.e2e

SCRIPT = """
import json, os, time
given = json.loads(os.environ["SM_HPS"])
for number in range(10):
    print(f"episode {number} reward={100 * given['lr'] + given['seed'] + number / 10}", flush=True)
    time.sleep(float(given.get("pause", 0)) / 10)
if given["seed"] == given.get("fail_seed"):
    raise RuntimeError("the wheel came off")
open(os.environ["SM_MODEL_DIR"] + "/policy.txt", "w").write("policy")
"""
SIX = {"space": {"lr": [0.1, 0.2]}, "seeds": "3", "max_parallel": 3}


@pytest.fixture(scope="module")
def cluster(deployed, tmp_path_factory):
    return Cluster(deployed, tmp_path_factory.mktemp("tasks"))


def status(cluster, pod):
    return [each["status"] for each in pod.executions(cluster.states)]


def ended(process, seconds):
    process.communicate(timeout=seconds)
    return process.returncode


def trials(cluster, pod):
    """The executions of a sweep's trials, by their name's ending."""
    arn = cluster.outputs["StateMachineArn"]
    pages = cluster.states.get_paginator("list_executions").paginate(stateMachineArn=arn)
    name = pod.execution_name()
    return {
        item["name"].removeprefix(name): item["status"]
        for page in pages
        for item in page["executions"]
        if item["name"].startswith(name)
    }


def test_a_sweep_is_shown_and_its_outputs_are_written(cluster):
    pod = cluster.sweep(
        SCRIPT, **SIX, hyperparameters={"fail_seed": 2, "pause": 1}, max_failed_trials=2
    )
    code, text = pod.run()
    assert code == 0, text
    said = [line.removeprefix("[rl] ") for line in text.splitlines() if line.startswith("[rl] ")]
    assert "t001 done: reward 11.9 (lr=0.1, seed 1)" in said
    assert "t006 done: reward 23.9 (lr=0.2, seed 3)" in said
    (failed,) = [line for line in said if line.startswith("t002 failed: TrainingJobFailed: ")]
    assert failed.endswith("(lr=0.1, seed 2)")
    assert re.search(r"^t002 \| .*the wheel came off", text, re.MULTILINE)
    (last,) = [
        line for line in said if line.startswith("0 running, 4 done, 2 failed of 6 | best 22.9 [")
    ]
    assert last.endswith("] lr=0.2, 2 seeds")
    given = pod.listing()["parameterValues"]
    assert given["best_hyperparameters"] == {"lr": 0.2, "fail_seed": 2, "pause": 1}
    assert given["best_seed"] == 3
    bucket, _, key = given["model_artifact_url"].removeprefix("s3://").partition("/")
    assert cluster.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    artifacts = {
        name: each["artifacts"][0]["metadata"] for name, each in pod.listing()["artifacts"].items()
    }
    assert artifacts["metrics"]["iqm"] == pytest.approx(22.9)
    assert (artifacts["metrics"]["succeeded"], artifacts["metrics"]["failed"]) == (4, 2)
    assert artifacts["model"]["hyperparameter_lr"] == 0.2
    rows = list(csv.DictReader((pod.directory / "trials").read_text().splitlines()))
    assert [row["seed"] for row in rows] == ["1", "2", "3"] * 2
    assert [row["hyperparameter_lr"] for row in rows] == ["0.1"] * 3 + ["0.2"] * 3
    report = (pod.directory / "report").read_text()
    for part in ("lr=0.2", "<polyline", "the wheel came off", "TrainingJobFailed"):
        assert part in report, part
    assert "logs could not be read" not in report


def test_sigterm_stops_the_sweep_and_every_training(cluster):
    pod = cluster.sweep(SCRIPT, **SIX, hyperparameters={"pause": 60})
    process = pod.start()
    wait_for(lambda: list(trials(cluster, pod).values()).count("RUNNING") == 3)
    process.send_signal(signal.SIGTERM)
    assert ended(process, 10) == 143
    assert status(cluster, pod) == ["ABORTED"]
    wait_for(lambda: "RUNNING" not in trials(cluster, pod).values(), 20)
    assert len(trials(cluster, pod)) == 3


def test_the_kill_command_stops_the_sweep(cluster):
    pod = cluster.sweep(SCRIPT, **SIX, hyperparameters={"pause": 60}, stop_on_sigterm=False)
    process = pod.start()
    wait_for(lambda: "RUNNING" in trials(cluster, pod).values())
    assert pod.stop() == 0
    assert ended(process, 20) == 143
    assert status(cluster, pod) == ["ABORTED"]


def test_a_pod_that_is_killed_is_replaced_by_one_that_joins(cluster):
    pod = cluster.sweep(SCRIPT, **SIX, hyperparameters={"pause": 2})
    process = pod.start()
    wait_for(lambda: len(trials(cluster, pod)) > 3)
    process.kill()
    ended(process, 10)
    code, text = pod.run(KFP_RETRY_INDEX="1")
    assert code == 0, text
    assert "Joined the execution of this task" in text
    assert len(re.findall(r"^\[rl\] t\d{3} done", text, re.MULTILINE)) == 6
    assert set(trials(cluster, pod)) == {f"-t{number:03}" for number in range(1, 7)}
    assert status(cluster, pod) == ["SUCCEEDED"]


def test_too_many_failures_fail_the_step_once(cluster):
    pod = cluster.sweep(SCRIPT, **SIX, hyperparameters={"fail_seed": 2})
    code, text = pod.run()
    assert code == 1, text
    assert "Error: TrialsFailed: 2 of 6 trials failed; max_failed_trials allows 0." in text
    assert "the wheel came off" in text[text.index("Error: TrialsFailed") :]
    assert not pod.has_outputs()
    code, text = pod.run(KFP_RETRY_INDEX="1")
    assert code == 1
    assert "an automatic retry does not repeat it" in text
    assert len(status(cluster, pod)) == 1


def test_a_person_s_retry_trains_only_what_has_no_result(cluster):
    """Whether a pod redrives the sweep, or joins one that a person redrove in the console."""
    pod = cluster.sweep(SCRIPT, space={"lr": [1]}, seeds="2", hyperparameters={"fail_seed": 2})
    code, text = pod.run()
    assert code == 1
    assert "Retry this run in Kubeflow Pipelines within 14 days" in text
    code, text = pod.run(KFP_POD_UID="another")
    assert code == 1
    assert "ended FAILED and is redriven" in text
    assert status(cluster, pod) == ["FAILED"]
    assert set(trials(cluster, pod)) == {"-t001", "-t002", "-t002-2"}
    (execution,) = pod.executions(cluster.states)
    cluster.states.redrive_execution(executionArn=execution["executionArn"])
    code, text = pod.run(KFP_POD_UID="a third")
    assert code == 1, text
    assert "Joined the execution of this task" in text
    described = cluster.states.describe_execution(executionArn=execution["executionArn"])
    assert described["redriveCount"] == 2
    assert set(trials(cluster, pod)) == {"-t001", "-t002", "-t002-2", "-t002-3"}


def test_wrong_arguments_are_named_all_at_once(cluster):
    pod = cluster.sweep(SCRIPT, space={"lr": []}, seeds="x", objective_metric="rewards")
    code, text = pod.run()
    assert code == 2, text
    for name in ("space", "seeds", "objective_metric"):
        assert name in text[text.index("Error: InvalidArguments") :]


def test_a_dry_run_shows_the_trials_and_starts_none(cluster):
    pod = cluster.sweep(SCRIPT, **SIX, dry_run=True)
    code, text = pod.run()
    assert code == 1
    assert "2 configurations, 6 trials:" in text
    request = text[text.index("[rl] {") + 5 :].partition("\n}")[0] + "\n}"
    assert json.loads(request)["TrainingJobName"]
    assert trials(cluster, pod) == {}
