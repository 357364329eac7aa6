"""Balance a pole on a cart with the cross-entropy method: a SageMaker training script.

The policy is a line through the four observed numbers: push right where `weights @ observation`
is positive, else left. The cross-entropy method keeps a Gaussian over such weights, plays one
episode with each of many samples, and refits the Gaussian to the samples that lasted longest
(Szita and Lorincz, "Learning Tetris Using the Noisy Cross-Entropy Method", 2006).

SageMaker's training toolkit runs it as `python train.py --iterations 30 ...`, one option for
each hyperparameter. See
https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]

OBSERVATION_SIZE = 4  # position, velocity, angle, angular velocity
SOLVED = 475.0  # of 500 steps, the reward at which CartPole-v1 counts as solved
ELITE_FRACTION = 0.2
TRIAL_EPISODES = 20  # the mean policy must solve each of these, not only the lucky samples


class Stopped(Exception):
    """SageMaker asked the script to end: a user's stop, a time limit, or a spot interruption."""


@dataclass
class Search:
    """The state of the cross-entropy method: all that a checkpoint must hold."""

    mean: Weights = field(default_factory=lambda: np.zeros(OBSERVATION_SIZE))
    spread: Weights = field(default_factory=lambda: np.ones(OBSERVATION_SIZE))
    iteration: int = 0
    solved: bool = False
    rewards: list[float] = field(default_factory=list)


def play(environment: gymnasium.Env[Any, Any], weights: Weights, seed: int) -> float:
    """Play one episode and return its reward: the number of steps that the pole stayed up."""
    observation, _ = environment.reset(seed=seed)
    reward, over = 0.0, False
    while not over:
        action = int(weights @ observation > 0)
        observation, step_reward, terminated, truncated, _ = environment.step(action)
        reward += float(step_reward)
        over = terminated or truncated
    return reward


def improve(
    environment: gymnasium.Env[Any, Any], search: Search, population: int, seed: int
) -> list[float]:
    """Do one iteration: sample, play, refit; return the reward of each sample.

    The random numbers depend on the seed and the iteration alone, so that a run that resumes from
    a checkpoint ends with the very policy of a run that was never interrupted.
    """
    random = np.random.default_rng([seed, search.iteration])
    candidates = random.normal(search.mean, search.spread, (population, OBSERVATION_SIZE))
    # All play the same episode, so that none wins by an easier start than the others'.
    episode, *trials = random.integers(2**31, size=1 + TRIAL_EPISODES).tolist()
    rewards = [play(environment, weights, episode) for weights in candidates]
    elite = candidates[np.argsort(rewards)[-max(2, round(population * ELITE_FRACTION)) :]]
    mean = elite.mean(axis=0)
    search.solved = bool(np.mean(rewards) >= SOLVED) and all(
        play(environment, mean, trial) >= SOLVED for trial in trials
    )
    # The extra spread shrinks with the iterations: without it the Gaussian can collapse too early.
    search.mean, search.spread = mean, elite.std(axis=0) + 0.2 / (search.iteration + 1)
    search.iteration += 1
    search.rewards.append(float(np.mean(rewards)))
    return rewards


def load_checkpoint(directory: Path) -> Search:
    """Continue from the checkpoint that SageMaker put back, or begin anew."""
    file = directory / "search.json"
    if not file.is_file():
        return Search()
    saved = json.loads(file.read_text())
    search = Search(
        np.array(saved["mean"]),
        np.array(saved["spread"]),
        saved["iteration"],
        saved["solved"],
        saved["rewards"],
    )
    print(f"resumed from the checkpoint of iteration {search.iteration}", flush=True)
    return search


def save_checkpoint(directory: Path, search: Search) -> None:
    """Write the checkpoint in one step: a job may be killed, and the folder read, at any moment."""
    directory.mkdir(parents=True, exist_ok=True)
    content = {**vars(search), "mean": search.mean.tolist(), "spread": search.spread.tolist()}
    unfinished = directory / "search.json.unfinished"
    unfinished.write_text(json.dumps(content))
    unfinished.replace(directory / "search.json")


def save_results(search: Search, model_directory: Path, output_directory: Path) -> None:
    """Save the policy, which becomes model.tar.gz, and what was reached, in output.tar.gz."""
    model_directory.mkdir(parents=True, exist_ok=True)
    np.savez(model_directory / "policy.npz", weights=search.mean)
    output_directory.mkdir(parents=True, exist_ok=True)
    facts = {
        "iterations": search.iteration,
        "solved": search.solved,
        "episode_reward_mean": search.rewards,
    }
    (output_directory / "metrics.json").write_text(json.dumps(facts, indent=2) + "\n")


def train(search: Search, options: argparse.Namespace, checkpoints: Path) -> None:
    """Iterate until the task is solved or the iterations are used up."""
    environment = gymnasium.make("CartPole-v1")
    while search.iteration < options.iterations and not search.solved:
        rewards = improve(environment, search, options.population, options.seed)
        save_checkpoint(checkpoints, search)
        print(
            f"episode_reward_mean: {np.mean(rewards):.1f}  "
            f"episode_reward_max: {np.max(rewards):.1f}  "
            f"iteration: {search.iteration}",
            flush=True,
        )
    environment.close()


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the hyperparameters."""
    parser = argparse.ArgumentParser(description="Train a CartPole policy.")
    parser.add_argument("--iterations", type=int, default=30, help="at most so many (default 30)")
    parser.add_argument("--population", type=int, default=40, help="samples in each (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same policy (default 0)")
    return parser.parse_args(arguments)


def stop(_signal: int, _frame: FrameType | None) -> None:
    """End the training where it stands; what was learned so far is saved."""
    raise Stopped


def main(arguments: list[str] | None = None) -> None:
    """Train, and save whatever was learned, also when told to stop."""
    options = parse_options(arguments)
    hosts = json.loads(os.environ.get("SM_HOSTS", '["algo-1"]'))
    host = os.environ.get("SM_CURRENT_HOST", hosts[0])
    if host != hosts[0]:
        print(f"this algorithm needs one instance: {hosts[0]} trains, {host} has nothing to do")
        return
    signal.signal(signal.SIGTERM, stop)
    checkpoints = Path(os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    search = load_checkpoint(checkpoints)
    try:
        train(search, options, checkpoints)
        verdict = "solved" if search.solved else "not solved"
    except Stopped:
        verdict = "stopped"
    save_results(
        search,
        Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")),
        Path(os.environ.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")),
    )
    print(f"{verdict} after {search.iteration} iterations", flush=True)


if __name__ == "__main__":
    main()
