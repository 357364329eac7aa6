"""How long to wait before a call is tried again."""

import random
from collections.abc import Callable


class Backoff:
    """Exponential delays with full jitter, bounded.

    https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/

    Args:
        first: The bound of the first delay, in seconds.
        longest: The bound of every later delay, in seconds.
        draw: Returns a number in [0, 1); `random.random` unless a test injects another.

    Example:
        >>> backoff = Backoff(first=1, draw=lambda: 1.0)
        >>> backoff.next_delay(), backoff.next_delay(), backoff.next_delay()
        (1.0, 2.0, 4.0)
    """

    def __init__(
        self, first: float = 0.5, longest: float = 30.0, draw: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._longest = longest
        self._draw = draw
        self.tries = 0

    def next_delay(self) -> float:
        """Return the delay before the next try, in seconds; at least a tenth of its bound."""
        # 2**20 is far past any bound; a larger power would overflow after days of failures.
        bound = min(self._longest, self._first * 2.0 ** min(self.tries, 20))
        self.tries += 1
        return bound * (0.1 + 0.9 * self._draw())

    def reset(self) -> None:
        """Start from the first delay again: a call went well."""
        self.tries = 0
