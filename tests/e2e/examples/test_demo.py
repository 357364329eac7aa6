"""``python -m examples.demo``, as a person runs it: what it prints, and that nothing stays."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 300  # generous: 25 s on an idle machine with two cores
MARK = "RL_DEMO_TEST"

pytestmark = pytest.mark.e2e


class Demo:
    """A demonstration that runs, with everything that it starts marked by a variable."""

    def __init__(self, temporary: Path, *arguments: str, **variables: str) -> None:
        self.temporary = temporary
        temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "examples.demo", *arguments],
            cwd=ROOT,
            env={**os.environ, MARK: str(temporary), "TMPDIR": str(temporary), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, text: str) -> None:
        """Read what it prints until a line holds the text."""
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        pytest.fail(f"{text!r} was never printed:\n{self.output}")

    def finish(self) -> int:
        """Read the rest and return the exit code."""
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.output += rest
        return self.process.returncode

    def assert_nothing_is_left(self) -> None:
        """No process, no listening socket, no temporary file."""
        deadline = time.monotonic() + 10
        while (left := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left
        assert [path.name for path in self.temporary.iterdir()] == []
        for port in re.findall(r"ready at http://127\.0\.0\.1:(\d+)", self.output):
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", int(port))) != 0

    def _processes(self) -> list[str]:
        mark = f"{MARK}={self.temporary}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has ended, or is not ours to look at
        return found


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Demo]]:
    """Demonstrations that a test has started; ended with the test."""
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.process.terminate()
        demo.process.communicate(timeout=60)


def test_two_at_once_train_a_policy_each_and_leave_only_their_results(
    demos: list[Demo], tmp_path: Path
) -> None:
    stray = {"AWS_ENDPOINT_URL": "http://stray.invalid", "AWS_PROFILE": "nobody"}
    demos += [Demo(tmp_path / "a", **stray), Demo(tmp_path / "b")]
    results = set()
    for demo in demos:
        assert demo.finish() == 0, demo.output
        assert re.findall(r"^(\d)  ", demo.output, re.M) == ["1", "2", "3", "4", "5", "6"]
        assert len(re.findall(r"^   \d+\.\d s$", demo.output, re.M)) == 6
        assert re.search(r"^   episode_reward_mean: 500\.0 ", demo.output, re.M)
        reward = re.search(r"Mean reward +(\d+\.\d) of 500 in 100 fresh episodes", demo.output)
        assert float(reward[1]) >= 475
        assert re.search(r"Execution +https://us-east-1\.console\.aws.*:execution:", demo.output)
        model = ROOT / re.search(r"Model +(demo-output/.*)", demo.output)[1]
        report = ROOT / re.search(r"Report +(demo-output/.*)", demo.output)[1]
        with tarfile.open(model) as archive:
            policy = io.BytesIO(archive.extractfile("policy.npz").read())
        assert np.load(policy)["weights"].shape == (4,)
        assert "<html" in report.read_text()
        results.add(model.parent)
        demo.assert_nothing_is_left()
    assert len(results) == 2


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        ("Start the local AWS", signal.SIGTERM, 143),
        ("cdk synth", signal.SIGINT, 130),
        ("episode_reward_mean", signal.SIGINT, 130),
        ("Pipeline step evaluate", signal.SIGTERM, 143),
    ],
)
def test_it_can_be_stopped_at_any_moment(
    demos: list[Demo], tmp_path: Path, moment: str, number: signal.Signals, code: int
) -> None:
    demo = Demo(tmp_path / "stopped")
    demos.append(demo)
    demo.read_until(moment)
    demo.process.send_signal(number)
    assert demo.finish() == code, demo.output
    assert demo.output.endswith(f"\nStopped by {number.name}; nothing stays running.\n")
    demo.assert_nothing_is_left()


def test_it_ends_when_nobody_reads_any_more(demos: list[Demo], tmp_path: Path) -> None:
    demo = Demo(tmp_path / "unread")
    demos.append(demo)
    demo.read_until("Start the local AWS")
    demo.process.stdout.close()
    assert demo.process.wait(PATIENCE_SECONDS) == 1
    demo.assert_nothing_is_left()
    demos.clear()
