"""Measures the memory of a launcher that joins a sweep of 500 trials and awaits its end.

    python -m bench.sweeps.launcher [trials]

The sweep is over its whole history by the time it is joined: the most that is ever read at once.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.step.stub_step_functions import StubStepFunctions
from bench.sweeps.quota import Sweep
from kfp_component.task_input.executor_input import INTERFACES, SWEEP

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:sweep"
SECONDS = 25


class StubSweep(StubStepFunctions):
    """Answers as the simulated sweep does, at its end.

    Args:
        trials: How many there are.
        input_bytes: Size of a trial's input.
    """

    def __init__(self, trials: int, input_bytes: int) -> None:
        super().__init__(age=60, ends_after=SECONDS)
        self._sweep = Sweep(trials, 1.0, 25, input_bytes, now=1.0)

    def answer(self, operation: str, body: Any = None) -> dict[str, Any]:
        """Answer as the simulated sweep does."""
        if operation == "GetExecutionHistory":
            given = {key: body[key] for key in ("maxResults", "nextToken") if key in body}
            return self._sweep.get_execution_history(**given)
        return super().answer(operation, body)


def executor_input(directory: str) -> str:
    """The executor input of a task that sweeps."""
    declared = INTERFACES[SWEEP]
    given = {"state_machine_arn": ARN, "space": {"lr": [1]}, "objective_metric": "reward"}
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


def measure(trials: int, input_bytes: int) -> None:
    """Print the launcher's peak memory."""
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
        time.sleep(SECONDS * 0.8)
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.kill()
        said, _ = process.communicate()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    assert peak is not None
    ended = len(re.findall(r"^\[rl\] t\d{3} (?:done|failed)", said, re.MULTILINE))
    print(
        f"{trials} trials with inputs of {input_bytes:,} bytes: {int(peak[1]) / 1024:.1f} MiB "
        f"({ended} trials told)"
    )


def main() -> None:
    """Print every figure."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for input_bytes in (3_000, 80_000):
        measure(trials, input_bytes)


if __name__ == "__main__":
    main()
