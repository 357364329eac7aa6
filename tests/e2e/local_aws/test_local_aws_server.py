"""The local AWS as a process: how it starts, what it refuses, and that it leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from test_local_aws_jobs import ENDLESS, HOSTS, RUN, processes_with, start_isolated

from tests.support.deploying.local_aws_process import LocalAws, start_local_aws
from tests.support.runs.deployed_runs import Stage
from tests.support.runs.training_jobs import BUCKET, ROLE, TrainingJobs, wait_until

pytestmark = pytest.mark.e2e

IGNORES_SIGTERM = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("waiting", flush=True)
    time.sleep(300)
"""

CHECKPOINT = """
import os
with open(os.path.join(os.environ["SM_CHECKPOINT_DIR"], "state"), "w") as file:
    file.write("1")
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where a server of the test keeps its state."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def start(temporary: Path) -> Iterator[Callable[..., LocalAws]]:
    """Start servers; those the test has not stopped are stopped at its end."""
    servers: list[LocalAws] = []

    def start_one(*arguments: str) -> LocalAws:
        servers.append(start_local_aws(*arguments))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()


def run_local_aws(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a server that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "local_aws", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_port_in_use_is_one_clear_line(temporary: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_local_aws("--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"local_aws: cannot listen on port {port} of 127.0.0.1: it is in use; choose another "
        "with --port (make local: PORT=...), or 0 for a free one\n"
    )
    assert list(temporary.iterdir()) == []


def test_a_port_that_is_none(temporary: Path) -> None:
    done = run_local_aws("--port", "70000")
    assert done.returncode == 2
    assert "must be from 0 to 65535; got 70000" in done.stderr


# SIGINT: tests/e2e/examples/test_local.py.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_nothing_is_left(
    temporary: Path, start: Callable[..., LocalAws], number: signal.Signals
) -> None:
    server = start()
    (mark,) = (entry.name for entry in temporary.iterdir())
    jobs = TrainingJobs(server)
    jobs.start("stubborn", IGNORES_SIGTERM)
    invoke_function(server)
    block_stack(server)
    wait_until(lambda: jobs.printed("stubborn", "waiting"), "the script")
    # The toolkit, its script, and the worker that the function left warm.
    assert len(processes_with(f"LOCAL_AWS_SERVER={mark}")) >= 3
    code = server.stop(number)
    if number == signal.SIGKILL:  # then the watchdog cleans up, a moment later
        assert code == -signal.SIGKILL
        wait_until(lambda: not list(temporary.iterdir()), "the watchdog")
    else:
        assert code == 0
    assert list(temporary.iterdir()) == []
    assert processes_with(f"LOCAL_AWS_SERVER={mark}") == []
    assert watchdogs(mark) == []


def invoke_function(server: LocalAws) -> None:
    """Invoke a Lambda function; its environment must have no trace of the caller's AWS."""
    code = BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        source = "import os\ndef handler(event, context): return os.environ['AWS_ENDPOINT_URL']"
        archive.writestr("main.py", source)
    functions = server.client("lambda")
    functions.create_function(
        FunctionName="warm",
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="main.handler",
        Role=ROLE,
        Code={"ZipFile": code.getvalue()},
    )
    answer = json.load(functions.invoke(FunctionName="warm")["Payload"])
    assert answer.endswith(server.endpoint_url.rpartition(":")[2])


def block_stack(server: LocalAws) -> None:
    """Create a stack that waits an hour for a signal that never comes."""
    resources = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600"},
        },
    }
    server.client("cloudformation").create_stack(
        StackName="blocked", TemplateBody=json.dumps({"Resources": resources})
    )


def watchdogs(mark: str) -> list[str]:
    """The command lines of the processes that watch over this server."""
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if mark in line]


def test_a_reset_kills_jobs_and_forgets_them_and_every_plan(start: Callable[..., LocalAws]) -> None:
    server = start()
    jobs = TrainingJobs(server)
    Stage.plan(server, "*", [{"fault": "slow_describe", "seconds": 0}])
    name = f"endless-{RUN}"
    jobs.start(name, ENDLESS)
    wait_until(lambda: jobs.printed(name, "waiting"), "the script")
    with urlopen(Request(f"{server.endpoint_url}/_ministack/reset", method="POST")) as answer:
        assert json.load(answer) == {"reset": "ok"}
    wait_until(lambda: not processes_with(f"TRAINING_JOB_NAME={name}"), "the end of the job")
    with pytest.raises(jobs.sagemaker.exceptions.ClientError, match="resource not found"):
        jobs.describe(name)
    with urlopen(f"{server.endpoint_url}/_local_aws/faults") as answer:
        assert json.load(answer) == {"plans": []}


@pytest.fixture(scope="module")
def without_namespaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingJobs]:
    """Jobs of a server on a machine that forbids namespaces: there `unshare` fails."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (programs / "unshare").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("state")))
        server = start_local_aws()
    try:
        yield TrainingJobs(server)
    finally:
        server.stop()


def test_without_namespaces_hosts_and_isolated_source_work(
    without_namespaces: TrainingJobs,
) -> None:
    jobs = without_namespaces
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    config = {"S3Uri": f"s3://{BUCKET}/checkpoints"}
    script = CHECKPOINT + textwrap.dedent(HOSTS)
    jobs.start("hosts", script, ResourceConfig=resources, CheckpointConfig=config)
    start_isolated(jobs)
    hosts, isolated = jobs.ended("hosts"), jobs.ended("isolated")
    assert hosts["TrainingJobStatus"] == "Completed", hosts
    assert isolated["TrainingJobStatus"] == "Completed", isolated
    assert jobs.printed("hosts", "received hello from algo-2")
    assert set(jobs.members("out/hosts/output/model.tar.gz")) == {"algo-1", "algo-2"}
    assert jobs.keys("checkpoints/") == ["checkpoints/state"]
