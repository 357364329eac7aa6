"""``python -m examples.demo``, as a person runs it: what it prints, and that nothing stays."""

import io
import re
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.examples_program import PATIENCE_SECONDS, ROOT, Program

pytestmark = pytest.mark.e2e

DEMO = "examples.demo"
PAGE = (ROOT / "docs" / "examples.md").read_text()


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Program]]:
    """Demonstrations that a test has started; ended with the test."""
    started: list[Program] = []
    yield started
    for demo in started:
        demo.process.terminate()
        demo.process.communicate(timeout=60)


def test_two_at_once_train_a_policy_each_and_leave_only_their_results(
    demos: list[Program], tmp_path: Path
) -> None:
    stray = {"AWS_ENDPOINT_URL": "http://stray.invalid", "AWS_PROFILE": "nobody"}
    demos += [Program(tmp_path / "a", DEMO, **stray), Program(tmp_path / "b", DEMO)]
    results = set()
    for demo in demos:
        assert demo.finish() == 0, demo.output
        assert re.findall(r"^(\d)  ", demo.output, re.M) == ["1", "2", "3", "4", "5", "6"]
        assert len(re.findall(r"^   \d+\.\d s$", demo.output, re.M)) == 6
        assert re.search(r"^   episode_reward_mean: 500\.0 ", demo.output, re.M)
        solved = re.search(r"^   solved (after \d+ iterations)$", demo.output, re.M)[1]
        assert f"CartPole is solved {solved} with the default seed" in PAGE
        reward = re.search(r"Mean reward +(\d+\.\d) of 500 in 100 fresh episodes", demo.output)
        assert float(reward[1]) >= 475
        assert re.search(r"Execution +arn:aws:states:us-east-1:.*:execution:", demo.output)
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
    demos: list[Program], tmp_path: Path, moment: str, number: signal.Signals, code: int
) -> None:
    demo = Program(tmp_path / "stopped", DEMO)
    demos.append(demo)
    demo.read_until(moment)
    demo.process.send_signal(number)
    assert demo.finish() == code, demo.output
    assert demo.output.endswith(f"\nStopped by {number.name}; nothing stays running.\n")
    demo.assert_nothing_is_left()


def test_it_ends_when_nobody_reads_any_more(demos: list[Program], tmp_path: Path) -> None:
    demo = Program(tmp_path / "unread", DEMO)
    demos.append(demo)
    demo.read_until("Start the local AWS")
    demo.process.stdout.close()
    assert demo.process.wait(PATIENCE_SECONDS) == 1
    demo.assert_nothing_is_left()
    demos.clear()
