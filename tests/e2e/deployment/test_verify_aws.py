"""make verify-aws against the local AWS: all that can be asked there, and nothing left behind.

python -m pytest tests/e2e/deployment/test_verify_aws.py -m slow
"""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.support.deploying.cdk_cli import CdkCli
from tests.support.deploying.deployment import HOST_FUNCTIONS, ROOT
from tests.support.deploying.local_aws_process import start_local_aws
from tools.verify_aws.account.scene import JOBS, STACK
from tools.verify_aws.assumptions.swept import TRAINING_JOBS
from tools.verify_aws.stages import STAGES

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
SECONDS = 580
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1"
NOT_HERE = {
    # IAM is not enforced, and S3 does not say how an object is encrypted.
    *("error-of-a-denied-call", "model-is-encrypted"),
    # ministack lacks the operation, or answers what is documented otherwise.
    *(each.name for stage in STAGES[:2] for each in stage.assumptions),
}


@pytest.fixture
def aws():
    server = start_local_aws("--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def environment(aws, tmp_path):
    """Of a person with an account that is bootstrapped."""
    cli = CdkCli(aws.endpoint_url, tmp_path)
    cli.bootstrap()
    return cli.environment


@pytest.fixture
def start(environment, tmp_path):
    """Starts the command; none outlives its test."""
    begun = []

    def start(*words):
        settings = [word for pair in HOST_FUNCTIONS.items() for word in ("-c", "=".join(pair))]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tools.verify_aws", *settings, *words),
                *("--json", str(tmp_path / "found.json"), "--image", IMAGE),
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.wait()
        process.stdout.close()


def reach(run, condition):
    """Wait until this is true, while a run goes on."""
    until = time.monotonic() + SECONDS / 2
    while not condition():
        assert run.poll() is None, run.stdout.read()
        assert time.monotonic() < until
        time.sleep(0.05)


def findings(tmp_path):
    found = json.loads((tmp_path / "found.json").read_text())["findings"]
    return {each["assumption"]: each for each in found}


def left(aws):
    """What a run could leave behind."""
    stacks = aws.client("cloudformation").list_stacks()["StackSummaries"]
    machines = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    buckets = aws.client("s3").list_buckets()["Buckets"]
    roles = aws.client("iam").list_roles()["Roles"]
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    jobs = aws.client("sagemaker").list_training_jobs(NameContains=JOBS)["TrainingJobSummaries"]
    return {
        "stacks": [
            each["StackName"]
            for each in stacks
            if each["StackName"] == STACK and each["StackStatus"] != "DELETE_COMPLETE"
        ],
        "machines": [each["name"] for each in machines],
        "executions": [
            each["executionArn"]
            for machine in machines
            for each in aws.client("stepfunctions").list_executions(
                stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
            )["executions"]
        ],
        "buckets": [each["Name"] for each in buckets if STACK.lower() in each["Name"]],
        "roles": [each["RoleName"] for each in roles if each["RoleName"].startswith(STACK)],
        "logs": [each["logGroupName"] for each in groups if f"states/{STACK}" in str(each)],
        "running": [
            each["TrainingJobName"] for each in jobs if each["TrainingJobStatus"] == "InProgress"
        ],
    }


KINDS = ("stacks", "machines", "executions", "buckets", "roles", "logs", "running")
NOTHING: dict[str, list] = {kind: [] for kind in KINDS}


def test_all_that_the_local_aws_answers_is_true(aws, start, tmp_path):
    run = start("--yes", "--train", "--sweep")
    printed, _ = run.communicate(timeout=SECONDS)
    found = findings(tmp_path)
    assert set(found) == {each.name for stage in STAGES for each in stage.assumptions}, printed
    otherwise = {
        name: each["seen"]
        for name, each in found.items()
        if each["verdict"] != ("not asked" if name in NOT_HERE else "true")
    }
    assert otherwise == {}, printed
    assert run.returncode == 0, printed
    assert left(aws) == NOTHING
    jobs = aws.client("sagemaker").list_training_jobs(NameContains=JOBS)["TrainingJobSummaries"]
    assert len(jobs) == 4 + TRAINING_JOBS


def test_without_a_confirmation_nothing_is_created(aws, start):
    run = start("--train")
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 0, printed
    assert "nobody agreed to it" in printed
    assert left(aws) == NOTHING


@pytest.mark.parametrize(("moment", "kind"), [("deploying", "stacks"), ("training", "running")])
def test_ctrl_c_leaves_nothing(aws, start, tmp_path, moment, kind):
    run = start("--yes", "--train")
    reach(run, lambda: left(aws)[kind])
    run.send_signal(signal.SIGINT)
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 130, printed
    assert "Nothing is left." in printed
    assert findings(tmp_path)
    assert left(aws) == NOTHING


def test_ctrl_c_while_a_sweep_trains_leaves_nothing(aws, start):
    run = start("--yes", "--sweep")
    reach(run, lambda: any(":RlTrainingVerifySweep:" in each for each in left(aws)["executions"]))
    reach(run, lambda: left(aws)["running"])
    run.send_signal(signal.SIGINT)
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 130, printed
    assert "Nothing is left." in printed
    assert left(aws) == NOTHING


def test_what_a_kill_leaves_is_cleaned_up_on_demand(aws, start):
    killed = start("--yes", "--train")
    reach(killed, lambda: left(aws)["running"])
    killed.kill()
    killed.communicate()
    beside = start("--yes")
    printed, _ = beside.communicate(timeout=SECONDS)
    assert beside.returncode == 2, printed
    assert "another run is under way, or was killed" in printed
    assert left(aws)["stacks"] == [STACK]
    cleaned = start("--clean-up")
    printed, _ = cleaned.communicate(timeout=SECONDS)
    assert cleaned.returncode == 0, printed
    assert left(aws) == NOTHING
