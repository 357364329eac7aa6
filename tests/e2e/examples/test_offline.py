"""The example that learns from a log, through the whole path: ``make offline``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.e2e


def test_a_log_teaches_more_than_it_shows(tmp_path: Path) -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "examples.demo", "offline"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout
    steps = re.search(r"logged 200 episodes, (\d+) steps", demo.stdout)[1]
    logged = float(re.search(r"the logged policy's was (\d+\.\d)", demo.stdout)[1])
    assert f"learns from {steps} logged steps" in demo.stdout
    learned = float(re.search(r"Mean reward +(\d+\.\d) of 500", demo.stdout)[1])
    assert learned >= 5 * logged
    page = " ".join((ROOT / "docs" / "examples.md").read_text().split())
    assert f"shows a mean reward of {logged:.0f}" in page
    assert f"it earns {learned:.0f}" in page
    assert list(tmp_path.iterdir()) == []
