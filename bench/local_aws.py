"""Start of the local AWS: `python -m bench.local_aws`.

Prints the time from the command to its line `ready`, of several starts, and the server's memory.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 5
READY_BUDGET_S = 2.0


def start() -> tuple[float, float]:
    """Return the seconds until a server is ready, and its resident memory in MB."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "local_aws", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            ready = time.perf_counter() - began
            status = Path(f"/proc/{server.pid}/status").read_text()
        finally:
            server.terminate()
    if not line.startswith("ready "):
        raise SystemExit(f"the local AWS did not start: {line!r}")
    resident = next(row for row in status.splitlines() if row.startswith("VmRSS"))
    return ready, int(resident.split()[1]) / 1024


def main() -> None:
    """Print the figures, with the budget."""
    starts = [start() for _ in range(RUNS)]
    ready = statistics.median(seconds for seconds, _ in starts)
    memory = statistics.median(megabytes for _, megabytes in starts)
    print(f"ready    {ready:6.2f} s   budget {READY_BUDGET_S} s, median of {RUNS} starts")
    print(f"memory   {memory:6.0f} MB  resident, once ready")


if __name__ == "__main__":
    main()
