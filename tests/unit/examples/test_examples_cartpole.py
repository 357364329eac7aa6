"""The CartPole training script, as SageMaker's training toolkit runs it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from examples.cartpole import train

SCRIPT = Path(train.__file__)
GOOD = np.array([0.1, 0.5, 1.0, 1.0])


@pytest.fixture
def environment() -> Iterator[Any]:
    made = gymnasium.make("CartPole-v1")
    yield made
    made.close()


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """The variables that SageMaker's training toolkit sets for one job."""
    return {
        "SM_MODEL_DIR": str(tmp_path / "model"),
        "SM_OUTPUT_DATA_DIR": str(tmp_path / "output" / "data"),
        "SM_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
    }


def start(job: dict[str, str], *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *options],
        env={**os.environ, **job},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(job: dict[str, str], *options: str) -> str:
    with start(job, *options) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def test_an_episode_pays_one_for_each_step_the_pole_stays_up(environment: Any) -> None:
    assert train.play(environment, GOOD, seed=1) == 500
    assert train.play(environment, -GOOD, seed=1) < 20
    assert train.play(environment, -GOOD, seed=1) == train.play(environment, -GOOD, seed=1)


def test_iterations_raise_the_reward(environment: Any) -> None:
    search = train.Search()
    for _ in range(4):
        train.improve(environment, search, population=40, seed=3)
    assert search.iteration == 4
    assert search.rewards[-1] > 3 * search.rewards[0]


def test_same_seed_same_policy_other_seed_other_policy(environment: Any) -> None:
    def policy(seed: int) -> list[float]:
        search = train.Search()
        train.improve(environment, search, population=10, seed=seed)
        return search.mean.tolist()

    assert policy(1) == policy(1) != policy(2)


def test_resumed_search_ends_where_an_uninterrupted_one_does(
    environment: Any, tmp_path: Path
) -> None:
    whole = train.Search()
    train.improve(environment, whole, 10, 1)
    train.save_checkpoint(tmp_path / "checkpoints", whole)
    resumed = train.load_checkpoint(tmp_path / "checkpoints")
    for search in (whole, resumed):
        train.improve(environment, search, 10, 1)
    assert resumed.mean.tolist() == whole.mean.tolist()
    assert resumed.rewards == whole.rewards
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["search.json"]


def test_without_a_checkpoint_the_search_begins_anew(tmp_path: Path) -> None:
    assert train.load_checkpoint(tmp_path).iteration == 0


@pytest.mark.long
def test_a_job_solves_the_task_and_leaves_its_results(
    environment: Any, job: dict[str, str]
) -> None:
    output = run(job, "--iterations", "30", "--seed", "1")
    means = re.findall(r"episode_reward_mean: ([-+]?[0-9]*[.]?[0-9]+)", output)
    maxima = re.findall(r"episode_reward_max: ([-+]?[0-9]*[.]?[0-9]+)", output)
    assert len(means) == len(maxima) >= 2
    assert float(means[-1]) >= 475 > float(means[0])
    assert f"solved after {len(means)} iterations" in output

    with np.load(Path(job["SM_MODEL_DIR"]) / "policy.npz", allow_pickle=False) as model:
        weights = model["weights"]
    rewards = [train.play(environment, weights, seed) for seed in range(1000, 1020)]
    assert np.mean(rewards) >= 475

    facts = json.loads((Path(job["SM_OUTPUT_DATA_DIR"]) / "metrics.json").read_text())
    assert facts["solved"] is True
    assert facts["iterations"] == len(facts["episode_reward_mean"]) == len(means)


@pytest.mark.long
def test_a_second_job_continues_from_the_checkpoint(job: dict[str, str]) -> None:
    run(job, "--iterations", "1", "--population", "10")
    output = run(job, "--iterations", "2", "--population", "10")
    assert "resumed from the checkpoint of iteration 1" in output
    assert re.findall(r"iteration: (\d+)", output) == ["2"]


def test_sigterm_saves_what_was_learned(job: dict[str, str]) -> None:
    with start(job, "--iterations", "1000", "--population", "2") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        output = first + process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "episode_reward_mean: " in first, "the first line must not wait in a buffer"
    assert "stopped after " in output
    assert (Path(job["SM_MODEL_DIR"]) / "policy.npz").is_file()
    assert (Path(job["SM_CHECKPOINT_DIR"]) / "search.json").is_file()


def test_a_host_beyond_the_first_says_that_it_has_nothing_to_do(job: dict[str, str]) -> None:
    job |= {"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"}
    assert "algo-2 has nothing to do" in run(job)
    assert not Path(job["SM_MODEL_DIR"]).exists()


def test_an_unknown_hyperparameter_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train.main(["--itterations", "3"])
    assert ended.value.code == 2
    assert "--itterations" in capsys.readouterr().err
