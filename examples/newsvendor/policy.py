"""Policies of the news-vendor problem: the network that is trained, and a rule to compare it with.

Runs on Python 3.6, which some of SageMaker's Ray images have.
"""

from typing import TYPE_CHECKING

import numpy as np
from inventory import COST, DEMAND, GOODS, HOLDING, PENALTY, PRICE

if TYPE_CHECKING:
    from inventory import Array, Policy

FEATURES, HIDDEN = 8, 16
PARAMETERS = FEATURES * HIDDEN + HIDDEN + HIDDEN + 1


def untrained(seed: int) -> "Array":
    """Return the parameters that training begins with.

    The output layer is zero, so the untrained policy orders what a shop sells on an average day:
    not a silly rule, but one that never looks at the shelf.
    """
    parameters = np.zeros(PARAMETERS)
    hidden_weights = np.random.RandomState(seed).normal(0, FEATURES**-0.5, FEATURES * HIDDEN)
    parameters[: FEATURES * HIDDEN] = hidden_weights
    return parameters


def network(parameters: "Array") -> "Policy":
    """Return the policy of a network with one hidden layer: between 0 and twice the mean demand."""
    hidden_weights = parameters[: FEATURES * HIDDEN].reshape(FEATURES, HIDDEN)
    hidden_bias, output_weights = parameters[FEATURES * HIDDEN : -1].reshape(2, HIDDEN)
    output_bias = parameters[-1]

    def orders(observation: "Array") -> "Array":
        hidden = np.tanh(features(observation) @ hidden_weights + hidden_bias)
        share = 1 / (1 + np.exp(-(hidden @ output_weights + output_bias)))
        return np.round(2 * observation[:, DEMAND] * share)

    return orders


def features(observation: "Array") -> "Array":
    """Scale observations to about -1..1: goods in days of demand, costs in parts of the price."""
    goods = observation[:, GOODS] / observation[:, [DEMAND]] - 1
    costs = observation[:, [COST, HOLDING, PENALTY]] / observation[:, [PRICE]]
    return np.concatenate([goods, (costs - [0.7, 0.05, 0.05]) / [0.12, 0.03, 0.03]], axis=1)


def order_up_to(days: float) -> "Policy":
    """Return the classic rule: keep so many days of demand on the shelf and on the way together."""

    def orders(observation: "Array") -> "Array":
        position = observation[:, GOODS].sum(axis=1)
        return np.maximum(0, np.round(days * observation[:, DEMAND] - position))

    return orders
