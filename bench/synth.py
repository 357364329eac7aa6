"""Time to synthesize the app, beside that of an empty Python CDK app: `python -m bench.synth`.

Both run in turn, each in a directory of its own, with the Lambda bundle made already; the fastest
of each counts, for whatever else the machine does only adds. Exit code 1 beyond the limit. The
empty app is as `cdk init` makes it, so that the CDK checks its template; this app leaves that check
to its tests (infra/app.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

LIMIT = 1.5
"""Most times that of the empty app."""

_ROOT = Path(__file__).resolve().parent.parent
# CloudFormation takes no template without a resource; this one belongs to no service.
_EMPTY = """\
from aws_cdk import App, CfnWaitConditionHandle, Stack
app = App()
CfnWaitConditionHandle(Stack(app, "Empty"), "Nothing")
app.synth()
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.synth", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each app (5)")
    runs = parser.parse_args().runs
    context = json.loads((_ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    apps = {"empty app": ["-c", _EMPTY], "this app": ["-m", "infra.app"]}
    with tempfile.TemporaryDirectory() as directory:
        for name, arguments in apps.items():
            _seconds(arguments, context, Path(directory, name))
        times: dict[str, list[float]] = {name: [] for name in apps}
        for _ in range(runs):
            for name, arguments in apps.items():
                times[name].append(_seconds(arguments, context, Path(directory, name)))
    for name, seconds in times.items():
        print(f"{name:10}  fastest {min(seconds):.2f} s  of {_listed(seconds)}")
    ratio = min(times["this app"]) / min(times["empty app"])
    print(f"ratio       {ratio:.2f}  (at most {LIMIT})")
    return int(ratio > LIMIT)


def _seconds(arguments: Sequence[str], context: dict[str, object], output: Path) -> float:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {"CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": json.dumps(context)}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=_ROOT, env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - began


def _listed(seconds: Sequence[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in sorted(seconds))


if __name__ == "__main__":
    sys.exit(main())
