"""The step that sweeps against the deployed stack: four trials, awaited by one pod."""

import csv
import json
import re
import signal

import pytest

from tests.support.step.kfp_pods import wait_for

pytestmark = pytest.mark.e2e

SCRIPT = """
import json, os, time
given = json.loads(os.environ["SM_HPS"])
for number in range(10):
    print(f"episode {number} reward={100 * given['lr'] + given['seed'] + number / 10}", flush=True)
    time.sleep(float(given.get("pause", 0)) / 10)
if given["seed"] == given.get("fail_seed") and given["lr"] != given.get("spared"):
    raise RuntimeError("the wheel came off")
open(os.environ["SM_MODEL_DIR"] + "/policy.txt", "w").write("policy")
"""
FOUR = {"space": {"lr": [0.1, 0.2]}, "seeds": "2", "max_parallel": 2}


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


def test_a_killed_pod_is_replaced_by_one_that_shows_the_sweep_and_writes_its_outputs(cluster):
    hyperparameters = {"fail_seed": 2, "spared": 0.2, "pause": 2}
    pod = cluster.sweep(SCRIPT, **FOUR, hyperparameters=hyperparameters, max_failed_trials=1)
    process = pod.start()
    wait_for(lambda: trials(cluster, pod))
    process.kill()
    ended(process, 10)
    code, text = pod.run(KFP_RETRY_INDEX="1")
    assert code == 0, text
    assert status(cluster, pod) == ["SUCCEEDED"]
    assert set(trials(cluster, pod)) == {f"-t{number:03}" for number in range(1, 5)}
    said = [line.removeprefix("[rl] ") for line in text.splitlines() if line.startswith("[rl] ")]
    assert "t001 done: reward 11.9 (lr=0.1, seed 1)" in said
    assert "t004 done: reward 22.9 (lr=0.2, seed 2)" in said
    (failed,) = [line for line in said if line.startswith("t002 failed: TrainingJobFailed: ")]
    assert failed.endswith("(lr=0.1, seed 2)")
    assert re.search(r"^t002 \| .*the wheel came off", text, re.MULTILINE)
    (last,) = [
        line for line in said if line.startswith("0 running, 3 done, 1 failed of 4 | best 22.4 [")
    ]
    assert last.endswith("] lr=0.2, 2 seeds")
    given = pod.listing()["parameterValues"]
    assert given["best_hyperparameters"] == {"lr": 0.2, **hyperparameters}
    assert given["best_seed"] == 2
    bucket, _, key = given["model_artifact_url"].removeprefix("s3://").partition("/")
    assert cluster.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    artifacts = {
        name: each["artifacts"][0]["metadata"] for name, each in pod.listing()["artifacts"].items()
    }
    assert artifacts["metrics"]["iqm"] == pytest.approx(22.4)
    assert (artifacts["metrics"]["succeeded"], artifacts["metrics"]["failed"]) == (3, 1)
    assert artifacts["model"]["hyperparameter_lr"] == 0.2
    rows = list(csv.DictReader((pod.directory / "trials").read_text().splitlines()))
    assert [row["seed"] for row in rows] == ["1", "2"] * 2
    assert [row["hyperparameter_lr"] for row in rows] == ["0.1"] * 2 + ["0.2"] * 2
    report = (pod.directory / "report").read_text()
    for part in ("lr=0.2", "<polyline", "the wheel came off", "TrainingJobFailed"):
        assert part in report, part
    assert "logs could not be read" not in report


def test_sigterm_stops_the_sweep_and_every_training(cluster):
    pod = cluster.sweep(SCRIPT, **FOUR, hyperparameters={"pause": 600})
    process = pod.start()
    wait_for(lambda: list(trials(cluster, pod).values()).count("RUNNING") == 2)
    process.send_signal(signal.SIGTERM)
    assert ended(process, 30) == 143
    assert status(cluster, pod) == ["ABORTED"]
    wait_for(lambda: "RUNNING" not in trials(cluster, pod).values())
    assert len(trials(cluster, pod)) == 2


def test_too_many_failures_fail_it_once_and_a_person_s_retry_trains_them_alone(cluster):
    """Whether a pod redrives the sweep, or joins one that a person redrove in the console."""
    pod = cluster.sweep(SCRIPT, space={"lr": [1]}, seeds="2", hyperparameters={"fail_seed": 2})
    code, text = pod.run()
    assert code == 1, text
    assert "Error: TrialsFailed: 1 of 2 trials failed; max_failed_trials allows 0." in text
    assert "the wheel came off" in text[text.index("Error: TrialsFailed") :]
    assert "Retry this run in Kubeflow Pipelines within 14 days" in text
    assert not pod.has_outputs()
    code, text = pod.run(KFP_RETRY_INDEX="1")
    assert code == 1
    assert "an automatic retry does not repeat it" in text
    assert status(cluster, pod) == ["FAILED"]
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
    pod = cluster.sweep(SCRIPT, **FOUR, dry_run=True)
    code, text = pod.run()
    assert code == 1
    assert "2 configurations, 4 trials:" in text
    request = text[text.index("[rl] {") + 5 :].partition("\n}")[0] + "\n}"
    assert json.loads(request)["TrainingJobName"]
    assert trials(cluster, pod) == {}
