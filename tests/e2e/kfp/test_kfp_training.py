"""The step against the deployed stack: what a user of a pipeline sees of a real training job."""

import json
import re
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import pytest

from tests.support.step.kfp_pods import Pod, train, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture
def plan(cluster):
    """Plans the faults that jobs of a name meet."""
    url = f"{cluster.endpoint_url}/_local_aws/faults"

    def put(job_name, *faults):
        body = json.dumps({"job_name": job_name, "faults": faults}).encode()
        with urlopen(Request(url, data=body, method="PUT"), timeout=30) as answer:
            assert answer.status == 200

    yield put
    urlopen(Request(url, method="DELETE"), timeout=30).close()


@pytest.fixture
def shorter_waits(cluster):
    """State machines wait a tenth of what they say."""

    def scale(factor):
        body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": factor}).encode()
        urlopen(f"{cluster.endpoint_url}/_ministack/config", body, timeout=30).close()

    scale(0.1)
    yield
    scale(1)


def test_a_run_is_shown_while_it_goes_on_and_reported_at_its_end(cluster):
    pod = cluster.pod(train(lines=60, seconds=1))
    code, text = pod.run()
    assert code == 0, text
    lines = text.splitlines()
    ours = [line for line in lines if line.startswith("line ")]
    assert ours == [f"line {number} reward={number / 10}" for number in range(60)]
    said = [line.removeprefix("[rl] ") for line in lines if line.startswith("[rl] ")]
    for status in ("Starting", "Downloading", "Training", "Uploading", "Completed"):
        assert any(line.startswith(f"{status} (") for line in said), (status, said)
    for label in ("Execution: https://", "Training job: https://", "Logs: https://"):
        assert any(line.startswith(label) for line in said), (label, said)
    assert not [line for line in said if re.search("error|fail|warn", line, re.IGNORECASE)]
    listing = pod.listing()
    url = listing["parameterValues"]["model_artifact_url"]
    bucket, _, key = url.removeprefix("s3://").partition("/")
    assert cluster.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    assert listing["artifacts"]["metrics"]["artifacts"][0]["metadata"]["reward"] == 5.9
    report = (pod.directory / "report").read_text()
    assert "<polyline" in report
    assert 'class="Training"' in report
    assert "line 59 reward=5.9" in report


STRICT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--episodes")
parser.parse_args()
"""
RAISES = train(lines=3, last="raise RuntimeError('the wheel came off')")
WRONG = {
    "The script raised RuntimeError: the wheel came off": (RAISES, {}),
    "error: unrecognized arguments: --episodez 1": (STRICT, {"hyperparameters": {"episodez": 1}}),
    "source_dir s3://nobody/code.tar.gz does not exist": (
        "",
        {"source_dir": "s3://nobody/code.tar.gz"},
    ),
    "There is no main.py in s3://": (train(), {"entry_point": "main.py"}),
}


def test_a_failure_leads_with_what_a_person_can_mend(cluster):
    pods = [cluster.pod(script, **given) for script, given in WRONG.values()]
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(Pod.run, pods))
    for words, pod, (code, text) in zip(WRONG, pods, ended, strict=True):
        assert code == 1, text
        report = text[text.index("Error: TrainingJobFailed") :]
        assert words in report.partition("\n")[0]
        assert "Execution: https://" in report
        assert "Logs: https://" in report
        assert not pod.has_outputs()
    assert "line 2 reward=0.2" in ended[0][1][ended[0][1].index("Error: ") :]


def test_a_retry_is_explained_as_it_happens_and_its_numbers_agree(cluster, plan, shorter_waits):
    name = f"explained-{uuid.uuid4().hex[:8]}"
    plan(
        f"{name}*",
        {"fault": "reject_create", "error": "ThrottlingException"},
        {"fault": "fail_job", "reason": "CapacityError: none left"},
    )
    pod = cluster.pod(
        train(lines=3),
        job_name=name,
        fallback_instance_types="ml.m5.xlarge",
        metric_definitions={"reward": "reward=([0-9.]+)", "loss": "loss=([0-9.]+)"},
    )
    code, text = pod.run()
    assert code == 0, text
    said = [line.removeprefix("[rl] ") for line in text.splitlines() if line.startswith("[rl] ")]
    story = (
        "Training job: ",
        "SageMaker did not take the request (",
        "Failed (",
        "Attempt 1 ended without a model: CapacityError: none left. Attempt 2 begins within 30 s "
        "on ml.m5.xlarge.",
        "Training job (attempt 2): ",
        "Completed (",
        "Trained in ",
        "Note: metric_definitions: loss matched no line of the log",
    )
    at = [next(n for n, line in enumerate(said) if line.startswith(start)) for start in story]
    assert at == sorted(at), said
    assert not any("attempt 3" in line for line in said)
    report = (pod.directory / "report").read_text()
    for part in ("Attempt 1, ", "Wait for attempt 2, ", "Attempt 2, ", "<b>2</b>", "loss matched"):
        assert part in report


# Interrupted as soon as its line is seen, it is told that it has begun by its checkpoint.
RESUMING = """
import os, time
from pathlib import Path
begun = Path(os.environ["SM_CHECKPOINT_DIR"], "begun")
if not begun.exists():
    begun.touch()
    print("line 0", flush=True)
    time.sleep(600)
print("line 1")
Path(os.environ["SM_MODEL_DIR"], "policy.txt").touch()
"""


def test_the_lines_of_a_resumed_job_are_shown(cluster):
    name = f"resumed-{uuid.uuid4().hex[:8]}"
    pod = cluster.pod(
        RESUMING,
        job_name=name,
        spot_instance=True,
        max_wait_time=1200,
        checkpoint_config={"S3Uri": f"s3://{cluster.outputs['ArtifactBucketName']}/{name}"},
    )
    process = pod.start()
    try:
        next(line for line in process.stdout if line == "line 0\n")
        interrupt = Request(
            cluster.endpoint_url,
            data=json.dumps({"TrainingJobName": name}).encode(),
            headers={"X-Amz-Target": "LocalAws.InterruptTrainingJob"},
        )
        urlopen(interrupt, timeout=30).close()
        text, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, text
    assert "[rl] Interrupted (" in text
    assert (text.count("line 0\n"), text.count("line 1\n")) == (0, 1)


def test_every_wrong_argument_is_named_and_nothing_is_started(cluster):
    pod = cluster.pod(train(), instance_count=0, training_input_mode="Postal")
    code, text = pod.run()
    assert code == 2, text
    assert "instance_count: " in text
    assert "training_input_mode: " in text
    assert cluster.jobs(pod) == []


def test_a_dry_run_shows_the_request(cluster):
    pod = cluster.pod(train(), dry_run=True)
    code, text = pod.run()
    assert code == 1, text
    assert '"TrainingJobName"' in text
    assert "nothing was started" in text
    assert cluster.jobs(pod) == []


def test_sigterm_stops_the_training_job(cluster):
    pod = cluster.pod(train(lines=600, seconds=60))
    process = pod.start()
    try:
        wait_for(lambda: cluster.jobs(pod))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
    finally:
        process.kill()
        process.communicate()
    assert [item["status"] for item in pod.executions(cluster.states)] == ["ABORTED"]
    wait_for(lambda: [job["TrainingJobStatus"] for job in cluster.jobs(pod)] == ["Stopped"])


def test_a_replaced_pod_joins_and_shows_everything_of_every_host(cluster):
    pod = cluster.pod(train(lines=30, seconds=3), instance_count=2)
    process = pod.start()
    wait_for(lambda: cluster.jobs(pod))
    process.kill()
    process.communicate()
    code, text = pod.run()
    assert code == 0, text
    for host in ("algo-1", "algo-2"):
        ours = re.findall(rf"^{host} \| line (\d+)", text, re.MULTILINE)
        assert ours == [str(number) for number in range(30)]
    assert len(pod.executions(cluster.states)) == len(cluster.jobs(pod)) == 1
