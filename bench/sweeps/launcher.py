"""Memory of a launcher that joins a sweep of 500 trials, and its calls in the busiest hour.

    python -m bench.sweeps.launcher [trials]

The sweep is over its whole history by the time it is joined: the most that is ever read at once.
Then it ends, and the outputs are written: what is measured is the whole life of the process. The
calls of hours are simulated (bench/sweeps/quota.py). Exits with 1 where a budget is exceeded.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.measured import record
from bench.step.stub_step_functions import StubStepFunctions
from bench.sweeps.quota import HOUR, Sweep, simulate
from kfp_component.task_input.executor_input import INTERFACES, SWEEP
from tests.support.step.sweep_report_samples import sweep as sample

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:sweep"
SECONDS = 15
MOST_BYTES = 60_000_000
MOST_CALLS = 400


_GIVEN = ("maxResults", "nextToken", "logStreamNamePrefix", "limit")


class StubSweep(StubStepFunctions):
    """Answers as the simulated sweep does, at its end.

    Args:
        trials: How many there are.
        input_bytes: Size of a trial's input.
    """

    def __init__(self, trials: int, input_bytes: int) -> None:
        super().__init__(age=60, ends_after=SECONDS)
        self._sweep = Sweep(trials, 1.0, 25, input_bytes, now=1.0)
        self._input = json.dumps({"note": "x" * input_bytes})
        self._output = json.dumps(sample(trials // 5, 5)[0])

    def answer(self, operation: str, body: Any = None) -> dict[str, Any]:
        """Answer as the simulated sweep does."""
        given = {key: value for key, value in (body or {}).items() if key in _GIVEN}
        match operation:
            case "GetExecutionHistory":
                return self._sweep.get_execution_history(**given)
            case "DescribeLogStreams":
                return self._sweep.describe_log_streams(**given)
            case "GetLogEvents":
                return self._sweep.get_log_events(**given)
            case "DescribeTrainingJob":
                found = [{"Name": "episode_reward_mean", "Regex": "reward=([0-9.]+)"}]
                return {"AlgorithmSpecification": {"MetricDefinitions": found}}
        answer = super().answer(operation, body)
        if "output" in answer:
            answer["output"] = self._output
        return {**answer, "input": self._input}


def executor_input(directory: str) -> str:
    """The executor input of a task that sweeps."""
    declared = INTERFACES[SWEEP]
    given = {
        "state_machine_arn": ARN,
        "space": {"lr": [1]},
        "objective_metric": "episode_reward_mean",
    }
    outputs = {
        "parameters": {
            name: {"outputFile": f"{directory}/{name}"} for name in declared["parameters"]
        },
        "artifacts": {
            name: {"artifacts": [{"name": name, "uri": f"{directory}/a/{name}"}]}
            for name in declared["artifacts"]
        },
        "outputFile": f"{directory}/output_metadata.json",
    }
    return json.dumps({"inputs": {"parameterValues": given}, "outputs": outputs})


def measure(trials: int, input_bytes: int) -> int:
    """Print the launcher's peak memory and return it; 0 if it did not do its work."""
    with (
        tempfile.TemporaryDirectory() as directory,
        StubSweep(trials, input_bytes).serving() as stub,
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "kfp_component", "--executor_input", executor_input(directory)],
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": stub.url,
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "b",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        said: list[str] = []
        peak = 0
        reader = threading.Thread(target=lambda: said.extend(process.stdout or ()))
        reader.start()
        while process.poll() is None:
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                found = re.search(r"VmHWM:\s+(\d+)", status)
                peak = max(peak, int(found[1]) * 1024 if found else 0)
            time.sleep(0.02)
        reader.join()
        report = Path(directory, "a/report")
        written = report.stat().st_size if report.exists() else 0
    ended = len(re.findall(r"^\[rl\] t\d{3} (?:done|failed)", "".join(said), re.MULTILINE))
    print(
        f"{trials} trials with inputs of {input_bytes:,} bytes: {peak / 1e6:.1f} MB at most "
        f"({ended} trials told, report of {written:,} bytes, exit code {process.returncode})"
    )
    return peak if process.returncode == 0 and ended == trials else 0


def count_calls(trials: int) -> int:
    """Print and return the calls of the busiest hour of any sweep."""
    most = max(
        simulate(trials, hours * HOUR, events_per_trial=events).busiest_hour().total()
        for hours in (0.5, 1, 3)
        for events in (10, 25)
    )
    print(f"{trials} trials in half an hour to three: {most} calls in the busiest hour")
    return most


def main() -> int:
    """Print every figure; return 1 where a budget is exceeded."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    peaks = [measure(trials, input_bytes) for input_bytes in (3_000, 80_000, 120_000)]
    calls = count_calls(trials)
    record("bench.sweeps.launcher", peak_mib=round(peaks[0] / 2**20), calls=calls)
    print(f"budgets: {MOST_BYTES / 1e6:g} MB, {MOST_CALLS} calls an hour")
    return 0 if all(0 < peak <= MOST_BYTES for peak in peaks) and calls <= MOST_CALLS else 1


if __name__ == "__main__":
    sys.exit(main())
