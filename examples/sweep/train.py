"""Q-learning on the cliff walk: a training of a tenth of a second, for sweeps of hundreds.

The walker goes from the lower left corner of a 4 x 12 grid to the lower right one; each step costs
1, and between the two is a cliff, from which a fall costs 100 and leads back to the start. What is
judged is the mean return while learning, so exploring too much costs, and so does learning too
slowly. Sutton and Barto, Reinforcement Learning, example 6.6.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

ROWS, COLUMNS = 4, 12
START, GOAL = (ROWS - 1, 0), (ROWS - 1, COLUMNS - 1)
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
EPISODES, JUDGED, LONGEST = 200, 50, 400

Place = tuple[int, int]
Values = dict[Place, list[float]]


def step(place: Place, move: int) -> tuple[Place, float]:
    """Return where a move leads and what it yields."""
    row = min(max(place[0] + MOVES[move][0], 0), ROWS - 1)
    column = min(max(place[1] + MOVES[move][1], 0), COLUMNS - 1)
    if row == ROWS - 1 and 0 < column < COLUMNS - 1:
        return START, -100.0
    return (row, column), -1.0


def train(alpha: float, epsilon: float, seed: int) -> tuple[list[float], Values]:
    """Learn; return the return of each episode and the values of the moves.

    Args:
        alpha: Learning rate.
        epsilon: How often a move is a random one.
        seed: The same one gives the same result.
    """
    draw = random.Random(seed)
    values: Values = {
        (row, column): [0.0] * len(MOVES) for row in range(ROWS) for column in range(COLUMNS)
    }
    returns = []
    for _ in range(EPISODES):
        place, total = START, 0.0
        for _ in range(LONGEST):
            options = values[place]
            greedy = draw.random() >= epsilon
            move = options.index(max(options)) if greedy else draw.randrange(len(MOVES))
            reached, reward = step(place, move)
            ahead = 0.0 if reached == GOAL else max(values[reached])
            options[move] += alpha * (reward + ahead - options[move])
            place, total = reached, total + reward
            if place == GOAL:
                break
        returns.append(total)
    return returns, values


def main() -> None:
    """Train by the hyperparameters given, log the returns and save the values."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float, default=0.5)
    parser.add_argument("--epsilon", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    returns, values = train(given.alpha, given.epsilon, given.seed)
    for end in range(JUDGED, EPISODES + 1, JUDGED):
        mean = sum(returns[end - JUDGED : end]) / JUDGED
        print(f"episode {end} mean_return={mean:.6f}", flush=True)
    model = {f"{row},{column}": moves for (row, column), moves in values.items()}
    directory = Path(os.environ.get("SM_MODEL_DIR", "."))
    (directory / "values.json").write_text(json.dumps(model), encoding="utf-8")


if __name__ == "__main__":
    main()
