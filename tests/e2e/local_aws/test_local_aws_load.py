"""Many jobs and many lines at once: nothing is lost, and the server stays small."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploying.local_aws_process import LocalAws, start_local_aws
from tests.support.runs.training_jobs import BUCKET, TrainingJobs, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

JOBS = 20
LINES = 50_000
MEMORY_MB = 250

TALKATIVE = f"""
    for number in range({LINES}):
        print("line", number, "." * 50)
"""

SMALL = """
    import os, time
    for _ in range(10):
        print("still here")
        time.sleep(0.1)
    open(os.path.join(os.environ["SM_MODEL_DIR"], "model"), "w").close()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LocalAws]:
    server = start_local_aws()
    yield server
    server.stop()


def memory_mb(server: LocalAws) -> float:
    """Memory of the server's process at its highest, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_a_burst_of_lines_and_twenty_jobs_at_once(server: LocalAws) -> None:
    jobs = TrainingJobs(server)
    jobs.start("talkative", TALKATIVE)
    for number in range(JOBS):
        config = {"S3Uri": f"s3://{BUCKET}/checkpoints/{number}"}
        jobs.start(f"small-{number}", SMALL, CheckpointConfig=config)

    def all_ended() -> bool:
        query = {"NameContains": "small-", "StatusEquals": "InProgress", "MaxResults": 100}
        return not jobs.sagemaker.list_training_jobs(**query)["TrainingJobSummaries"]

    wait_until(all_ended, "the end of all jobs")
    for number in range(JOBS):
        assert jobs.describe(f"small-{number}")["TrainingJobStatus"] == "Completed"
    assert jobs.ended("talkative")["TrainingJobStatus"] == "Completed"
    (stream,) = jobs.streams("talkative")
    lines = [line.split() for line in jobs.lines(stream) if line.startswith("line ")]
    assert [int(line[1]) for line in lines] == list(range(LINES))
    assert memory_mb(server) < MEMORY_MB
