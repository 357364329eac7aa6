"""Start, memory, CPU, end and calls of the launcher; takes about two minutes.

    python -m bench.step.launcher

The baseline is a bare `python -c "import boto3"` of the same environment, in the same run.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench.measured import record
from bench.step.quota import simulate
from bench.step.stub_step_functions import StubStepFunctions

RUNS = 9
AWAITED_SECONDS = 90
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:rl"
PARAMETERS = ("model_artifact_url", "job_name", "training_image", "execution_arn")
TICKS = os.sysconf("SC_CLK_TCK")


def executor_input(directory: str) -> str:
    """The executor input of a task that is like no other."""
    root = f"{directory}/{uuid.uuid4()}"
    given = {"state_machine_arn": ARN, "region": "us-east-1", "entry_point": "train.py"}
    return json.dumps(
        {
            "inputs": {"parameterValues": given},
            "outputs": {
                "parameters": {name: {"outputFile": f"{root}/{name}"} for name in PARAMETERS},
                "artifacts": {
                    name: {"artifacts": [{"name": name, "uri": f"{root}/a/{name}"}]}
                    for name in ("model", "metrics", "report")
                },
                "outputFile": f"{root}/output_metadata.json",
            },
        }
    )


def launch(stub: StubStepFunctions, directory: str) -> "subprocess.Popen[bytes]":
    """Starts a launcher that talks to the stub."""
    return subprocess.Popen(
        [sys.executable, "-m", "kfp_component", "--executor_input", executor_input(directory)],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": stub.url,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        },
        stdout=subprocess.DEVNULL,
    )


def measure_start(directory: str) -> float:
    """From the process's start to the arrival of StartExecution, in seconds."""
    bare, ours = [], []
    for _ in range(RUNS):
        began = time.time()
        subprocess.run([sys.executable, "-c", "import boto3"], check=True)
        bare.append(time.time() - began)
        with StubStepFunctions(age=0, ends_after=0).serving() as stub:
            began = time.time()
            launch(stub, directory).wait()
            ours.append(stub.first("StartExecution") - began)
    baseline, start = statistics.median(bare), statistics.median(ours)
    print(f"import boto3, whole run:       {baseline * 1000:6.0f} ms (median of {RUNS})")
    print(f"process start to start of run: {start * 1000:6.0f} ms, {start / baseline:.2f} times")
    return start


def measure_await(directory: str) -> tuple[float, float]:
    """Memory (MiB) and CPU (% of a core) of a launcher that has joined a run of an hour."""
    with StubStepFunctions(age=3600, ends_after=AWAITED_SECONDS + 60).serving() as stub:
        process = launch(stub, directory)
        time.sleep(5)
        before = cpu_seconds(process.pid)
        time.sleep(AWAITED_SECONDS)
        share = (cpu_seconds(process.pid) - before) / AWAITED_SECONDS
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.kill()
        process.wait()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    assert peak is not None
    print(f"peak memory while awaiting:    {int(peak[1]) / 1024:6.1f} MiB")
    print(f"CPU while awaiting:            {share * 100:6.2f} % of a core ({AWAITED_SECONDS} s)")
    return int(peak[1]) / 1024, share * 100


def cpu_seconds(pid: int) -> float:
    """User and system time of a process.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure_end(directory: str) -> tuple[float, float]:
    """From the execution's end to the process's, after 20 s; to its notice, after an hour."""
    late: list[float] = []
    for run in (5.0, 20.0):
        late.clear()
        for _ in range(3):
            with StubStepFunctions(age=0, ends_after=run).serving() as stub:
                launch(stub, directory).wait()
                late.append(time.time() - stub.ends_at)
        print(f"end of a run of {run:2.0f} s to exit:  {max(late):6.2f} s at most of {len(late)}")
    simulated = max(simulate(1, 3600, 3600, seed=seed).latencies[0] for seed in range(20))
    print(f"end of a run of 1 h, noticed:  {simulated:6.1f} s at most (20 simulated runs)")
    return max(late), simulated


def count_calls() -> int:
    """How often an execution of an hour is described."""
    calls = max(simulate(1, 3600, 3600, seed=seed).account.describes.made for seed in range(20))
    print(f"DescribeExecution in 1 h:      {calls:6} calls at most (20 simulated runs)")
    return calls


def main() -> None:
    """Prints every figure."""
    with tempfile.TemporaryDirectory() as directory:
        start = measure_start(directory)
        peak, share = measure_await(directory)
        soon, later = measure_end(directory)
    record(
        "bench.step.launcher",
        start_ms=round(start * 1000),
        peak_mib=round(peak),
        cpu_percent=round(share, 2),
        late_after_20_s=round(soon, 1),
        late_after_an_hour=round(later, 1),
        describes=count_calls(),
    )


if __name__ == "__main__":
    main()
