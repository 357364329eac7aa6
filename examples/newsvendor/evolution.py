"""Evolution strategies: climb by trying random changes of all parameters at once.

Each iteration tries pairs of opposite changes and moves the parameters towards the changes that
did better, by rank, so that one lucky shop cannot pull them far. A change is made from a seed:
only seeds and results travel between the workers, never the parameters' noise. After Salimans et
al., "Evolution Strategies as a Scalable Alternative to Reinforcement Learning", 2017,
https://arxiv.org/abs/1703.03864

Runs on Python 3.6, which some of SageMaker's Ray images have.
"""

from typing import TYPE_CHECKING, Sequence, Tuple

import numpy as np

if TYPE_CHECKING:
    from inventory import Array

NOISE = 0.1  # standard deviation of the changes tried
STEP = 0.02  # how far one iteration moves a parameter at first


def change(seed: int, size: int) -> "Array":
    """Return the change of all parameters that belongs to a seed."""
    return NOISE * np.random.RandomState(seed).normal(size=size)


def ranks(profits: "Array") -> "Array":
    """Replace profits by their ranks, spread evenly from -0.5 (the worst) to 0.5 (the best)."""
    order = np.argsort(np.argsort(profits, axis=None)).reshape(profits.shape)
    return order / (profits.size - 1) - 0.5


def direction(seeds: Sequence[int], profits: Sequence[Tuple[float, float]], size: int) -> "Array":
    """Return where to move: each change, weighted by how much better it did than its opposite.

    Args:
        seeds: One for each pair of changes.
        profits: For each seed the mean profit with the change and with its opposite.
        size: The number of parameters.
    """
    scores = ranks(np.array(profits))
    weights = scores[:, 0] - scores[:, 1]
    changes = np.array([change(seed, size) for seed in seeds])
    return (weights @ changes) / (2 * len(seeds) * NOISE**2)


class Search:
    """Parameters on their way up: all that a checkpoint must hold.

    The steps follow Adam (Kingma and Ba, 2014, https://arxiv.org/abs/1412.6980).
    """

    def __init__(self, parameters: "Array") -> None:
        self.parameters = parameters
        self.momentum = np.zeros_like(parameters)
        self.scale = np.zeros_like(parameters)
        self.iteration = 0

    def move(self, towards: "Array") -> None:
        """Take one step."""
        self.iteration += 1
        self.momentum = 0.9 * self.momentum + 0.1 * towards
        self.scale = 0.99 * self.scale + 0.01 * towards**2
        momentum = self.momentum / (1 - 0.9**self.iteration)
        scale = self.scale / (1 - 0.99**self.iteration)
        self.parameters = self.parameters + STEP * momentum / (np.sqrt(scale) + 1e-8)
