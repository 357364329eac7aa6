"""Cold start of BuildRequest: `python -m bench.build_request`.

Prints the median time of importing the handler in a fresh process (baseline: the same process
importing nothing), of one request, and the unzipped size of the bundle for a Lambda runtime.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from infra.workflow.bundle import _LocalBundling
from lambdas import build_request

ROOT = Path(__file__).parents[1]
RUNS = 11
IMPORT_BUDGET_S, REQUEST_BUDGET_MS, BUNDLE_BUDGET_MB = 0.35, 5.0, 10.0

EVENT = {
    "arguments": {
        "region": "us-east-1",
        "role": "arn:aws:iam::123456789012:role/RlTrainingJob",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1.0",
        "entry_point": "train.py",
        "source_dir": "s3://bucket/code/sourcedir.tar.gz",
        "model_artifact_path": "s3://bucket/models",
        "instance_type": "ml.m5.xlarge",
        "hyperparameters": {f"name{number}": number / 7 for number in range(50)},
        "vpc_subnets": "subnet-1,subnet-2",
        "vpc_security_group_ids": "sg-1",
        "tags": {"team": "rl"},
    },
    "execution": {
        "arn": "arn:aws:states:us-east-1:123456789012:execution:RlTraining:bench",
        "started_at": "2026-01-31T10:00:00Z",
        "redrives": 0,
    },
    "progress": {},
    "now": "2026-01-31T10:00:01Z",
}


def process_seconds(code: str) -> float:
    """Return the wall time of a fresh Python process that runs `code`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - started


def request_milliseconds() -> float:
    """Return the wall time of one call of the handler."""
    started = time.perf_counter()
    result = build_request.handler(EVENT, None)
    elapsed = 1000 * (time.perf_counter() - started)
    if result["decision"] != "create":
        raise SystemExit(f"the request was not built: {result['cause']}")
    return elapsed


def bundle_megabytes() -> float:
    """Return the size of the bundle of the default runtime."""
    with tempfile.TemporaryDirectory() as output:
        _LocalBundling("python3.13", "arm64").try_bundle(output)
        return sum(file.stat().st_size for file in Path(output).rglob("*")) / 1e6


def main() -> None:
    """Print the figures, each with its budget."""
    pairs = [
        (process_seconds("pass"), process_seconds("import lambdas.build_request"))
        for _ in range(RUNS)
    ]
    bare = statistics.median(first for first, _ in pairs)
    whole = statistics.median(second for _, second in pairs)
    request = statistics.median(request_milliseconds() for _ in range(200))
    print(f"process that imports nothing      {bare:8.3f} s")
    print(f"process that imports the handler  {whole:8.3f} s")
    print(f"import of the handler             {whole - bare:8.3f} s   budget {IMPORT_BUDGET_S} s")
    print(f"one request                       {request:8.3f} ms  budget {REQUEST_BUDGET_MS} ms")
    size = bundle_megabytes()
    print(f"bundle, unzipped                  {size:8.2f} MB  budget {BUNDLE_BUDGET_MB} MB")


if __name__ == "__main__":
    main()
