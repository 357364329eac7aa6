"""The news-vendor problem with a lead time: what to order each day, not knowing the demand.

Every evening a shop orders goods that arrive in the morning `LEAD_TIME` days later. A delivery is
paid for when it arrives, what stays on the shelf overnight costs its holding, and what customers
ask for in vain is lost and costs a penalty. Order too little and sales are lost; order too much
and the shelf fills up.

Every episode is another shop, drawn at random, so that a policy has to learn the rule behind good
orders and not one shop's numbers. All functions take many episodes at once, one a row.

Runs on Python 3.6, which some of SageMaker's Ray images have.
"""

from typing import TYPE_CHECKING, Callable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Policy = Callable[[Array], Array]  # observations -> how much each shop orders

LEAD_TIME = 5  # days from an order to its delivery
DAYS = 40  # of an episode

# What the columns of an observation hold: first the goods on the shelf and those due in 1, 2, 3
# and 4 days, then the shop's price and costs of one piece and its mean demand of one day.
GOODS = slice(0, LEAD_TIME)
PRICE, COST, HOLDING, PENALTY, DEMAND = range(LEAD_TIME, LEAD_TIME + 5)


class Shops:
    """Shops, one a row, with their prices, their demand and the goods on hand and on the way.

    Attributes:
        observation: One row for each shop, the columns named at the top of this module.
    """

    def __init__(self, count: int, seed: int) -> None:
        """Draw `count` shops: the same seed gives the same shops with the same customers."""
        self._random = np.random.RandomState(seed)
        uniform = self._random.uniform
        price = uniform(20, 100, count)
        self.observation = np.empty((count, LEAD_TIME + 5))
        self.observation[:, PRICE] = price
        self.observation[:, COST] = price * uniform(0.5, 0.9, count)
        self.observation[:, HOLDING] = price * uniform(0, 0.1, count)
        self.observation[:, PENALTY] = price * uniform(0, 0.1, count)
        self.observation[:, DEMAND] = demand = uniform(20, 200, count)
        self.observation[:, GOODS] = demand[:, None] * uniform(0, 2, (count, LEAD_TIME))

    def step(self, orders: "Array") -> "Array":
        """Place the evening's orders, live through the next day, and return each shop's profit."""
        delivered = self.observation[:, 1].copy()
        stock = self.observation[:, 0] + delivered
        demand = self._draw_demand()
        sold = np.minimum(stock, demand)
        self.observation[:, 0] = stock - sold
        self.observation[:, 1 : LEAD_TIME - 1] = self.observation[:, 2:LEAD_TIME]
        self.observation[:, LEAD_TIME - 1] = orders
        _, _, _, _, _, price, cost, holding, penalty, _ = self.observation.T
        return (
            price * sold - cost * delivered - holding * (stock - sold) - penalty * (demand - sold)
        )

    def _draw_demand(self) -> "Array":
        """Draw a day's customers: Poisson, with good and bad days (a deviation of about half)."""
        mood = self._random.gamma(4, 1 / 4, len(self.observation))
        return self._random.poisson(self.observation[:, DEMAND] * mood).astype(float)


def play(policy: "Policy", episodes: int, seed: int) -> "Array":
    """Run so many shops for `DAYS` days and return the profit that each made."""
    shops = Shops(episodes, seed)
    profit = np.zeros(episodes)
    for _ in range(DAYS):
        profit += shops.step(policy(shops.observation))
    return profit
