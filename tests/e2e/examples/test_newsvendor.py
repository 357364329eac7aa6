"""The news-vendor example on Ray, through the whole path; ``make newsvendor`` installs Ray."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed"),
]


def test_workers_on_ray_learn_to_order(tmp_path: Path) -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "examples.demo", "newsvendor"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout
    assert re.search(r"^   \d+ Ray workers$", demo.stdout, re.M)
    rewards = re.findall(r"^   episode_reward_mean: (\d+\.\d)", demo.stdout, re.M)
    assert len(rewards) == 31  # untrained, and after each of 30 iterations
    profits = dict(re.findall(r"^   mean profit, (\w+): ([\d,]+)$", demo.stdout, re.M))
    profit = {name: int(value.replace(",", "")) for name, value in profits.items()}
    assert profit["trained"] > 1.3 * profit["untrained"]
    assert profit["trained"] > profit["order_up_to"]
    assert list(tmp_path.iterdir()) == []
