"""Learn to balance a pole from logged episodes alone: a SageMaker training script, numpy only.

Nothing is played here. Fitted Q iteration (Ernst, Geurts and Wehenkel, "Tree-Based Batch Mode
Reinforcement Learning", 2005) fits, again and again, the value of each action to the reward and
the value of what followed it in the log; here by ridge regression on quadratic features.

The log comes through the input channel `episodes`: npz files of `observations`, `actions`,
`next_observations` and `fallen`, a row for each step that paid a reward of 1. Where there is a
channel `model`, which the argument `initial_model` makes, learning continues from its values.
"""

from __future__ import annotations

import argparse
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

SCALE = np.array([2.4, 3.0, 0.21, 3.0])  # position, velocity, angle, angular velocity
ACTIONS = 2
WEIGHTS = "values.npz"


class Log(NamedTuple):
    """Steps of the behaviour policy, a row each."""

    observations: Array
    actions: NDArray[np.int64]
    next_observations: Array
    fallen: NDArray[np.bool_]


def features(observations: Array) -> Array:
    """Return 1, the scaled observations and their products, a row for each observation."""
    scaled = observations / SCALE
    products = [scaled[:, [i]] * scaled[:, i:] for i in range(scaled.shape[1])]
    return np.concatenate([np.ones((len(scaled), 1)), scaled, *products], axis=1)


def read_log(channel: Path) -> Log:
    """Return all logged steps of the channel.

    Raises:
        SystemExit: There are none.
    """
    files = sorted(channel.rglob("*.npz"))
    if not files:
        raise SystemExit(f"{channel} has no .npz file; give the logged episodes as inputs.episodes")
    logs = [np.load(file, allow_pickle=False) for file in files]
    return Log(*(np.concatenate([log[name] for log in logs]) for name in Log._fields))


def initial_values(channel: Path) -> Array:
    """Return the weights of the model in the channel, or zeros where there is none."""
    archive = channel / "model.tar.gz"
    if not archive.is_file():
        return np.zeros((ACTIONS, features(np.zeros((1, len(SCALE)))).shape[1]))
    with tarfile.open(archive) as files:
        saved = files.extractfile(WEIGHTS)
        assert saved is not None
        print("continues from the initial model", flush=True)
        values: Array = np.load(saved, allow_pickle=False)["values"]
        return values


def fit(log: Log, values: Array, *, discount: float, ridge: float) -> Iterator[tuple[Array, float]]:
    """Yield the weights after each iteration, and the mean change of the values in the log."""
    now, following = features(log.observations), features(log.next_observations)
    # The regression of each action is the same in every iteration but for its targets.
    chosen = [log.actions == action for action in range(ACTIONS)]
    solvers = [_solver(now[rows], ridge) for rows in chosen]
    while True:
        targets = 1 + discount * ~log.fallen * (following @ values.T).max(axis=1)
        fitted: Array = np.stack(
            [solver @ targets[rows] for solver, rows in zip(solvers, chosen, strict=True)]
        )
        yield fitted, float(np.abs(now @ (fitted - values).T).mean())
        values = fitted


def _solver(rows: Array, ridge: float) -> Array:
    """Return the matrix that turns targets into the weights of a ridge regression."""
    penalty = ridge * len(rows) * np.eye(rows.shape[1])
    solver: Array = np.linalg.solve(rows.T @ rows + penalty, rows.T)
    return solver


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the hyperparameters."""
    parser = argparse.ArgumentParser(description="Learn a CartPole policy from a log.")
    parser.add_argument("--iterations", type=int, default=300, help="of fitted Q (default 300)")
    parser.add_argument("--discount", type=float, default=0.98, help="default 0.98")
    parser.add_argument("--ridge", type=float, default=1e-4, help="of the fit (default 0.0001)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Learn, and save the values of the actions; a policy takes the action of higher value."""
    options = parse_options(arguments)
    data = Path(os.environ.get("SM_INPUT_DIR", "/opt/ml/input"), "data")
    log, values = read_log(data / "episodes"), initial_values(data / "model")
    print(f"learns from {len(log.actions)} logged steps", flush=True)
    learning = fit(log, values, discount=options.discount, ridge=options.ridge)
    for iteration, (values, change) in zip(
        range(1, options.iterations + 1), learning, strict=False
    ):
        if iteration % max(1, options.iterations // 20) == 0 or iteration == options.iterations:
            mean = float((features(log.observations) @ values.T).max(axis=1).mean())
            print(
                f"value_mean: {mean:.2f}  value_change: {change:.6f}  iteration: {iteration}",
                flush=True,
            )
    model = Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    model.mkdir(parents=True, exist_ok=True)
    np.savez(model / WEIGHTS, values=values)


if __name__ == "__main__":
    main()
