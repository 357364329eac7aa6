"""`python -m examples.demo`, as a person runs it: what it prints, and that nothing stays."""

import importlib.util
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
PAGE = " ".join((ROOT / "docs" / "examples.md").read_text().split())


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Program]]:
    """Demonstrations that a test has started; ended with the test."""
    started: list[Program] = []
    yield started
    for demo in started:
        demo.process.terminate()
        demo.process.communicate(timeout=60)


def trained(demos: list[Program], directory: Path, *arguments: str) -> str:
    """Run a demonstration to its end and return what it printed."""
    demos.append(Program(directory / "demo", DEMO, *arguments))
    assert demos[0].finish() == 0, demos[0].output
    demos[0].assert_nothing_is_left()
    return demos[0].output


@pytest.mark.parametrize("at_once", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_it_trains_a_policy_and_leaves_only_its_results(
    demos: list[Program], tmp_path: Path, at_once: int
) -> None:
    stray = {"AWS_ENDPOINT_URL": "http://stray.invalid", "AWS_PROFILE": "nobody"}
    demos += [Program(tmp_path / str(each), DEMO, **stray) for each in range(at_once)]
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
    assert len(results) == at_once


@pytest.mark.slow
def test_a_log_teaches_more_than_it_shows(demos: list[Program], tmp_path: Path) -> None:
    printed = trained(demos, tmp_path, "offline")
    steps = re.search(r"logged 200 episodes, (\d+) steps", printed)[1]
    logged = float(re.search(r"the logged policy's was (\d+\.\d)", printed)[1])
    assert f"learns from {steps} logged steps" in printed
    learned = float(re.search(r"Mean reward +(\d+\.\d) of 500", printed)[1])
    assert learned >= 5 * logged
    assert f"shows a mean reward of {logged:.0f}" in PAGE
    assert f"it earns {learned:.0f}" in PAGE


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="make newsvendor installs Ray")
def test_workers_on_ray_learn_to_order(demos: list[Program], tmp_path: Path) -> None:
    printed = trained(demos, tmp_path, "newsvendor")
    assert re.search(r"^   \d+ Ray workers$", printed, re.M)
    rewards = re.findall(r"^   episode_reward_mean: (\d+\.\d)", printed, re.M)
    assert len(rewards) == 31  # untrained, and after each of 30 iterations
    profits = dict(re.findall(r"^   mean profit, (\w+): ([\d,]+)$", printed, re.M))
    profit = {name: int(value.replace(",", "")) for name, value in profits.items()}
    assert profit["trained"] > 1.3 * profit["untrained"]
    assert profit["trained"] > profit["order_up_to"]


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        ("cdk synth", signal.SIGINT, 130),
        pytest.param("episode_reward_mean", signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param("Pipeline step evaluate", signal.SIGTERM, 143, marks=pytest.mark.slow),
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
