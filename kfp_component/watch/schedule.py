"""When to ask again: polls spaced by how long the run has taken, slower when throttled."""

import random
from collections.abc import Callable

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.errors import CallErrorKind, kind_of

_SHARE = 0.05
# The step is to end within max(2 s, 5 % of the run, at most 30 s) of the execution: a little less
# than that between two polls leaves time for the outputs.
_SHORTEST = 1.35
_LONGEST = 30.0
_LEAST_JITTER = 0.90
_MOST_JITTER = 0.99
_MOST_SLOWDOWN = 8.0
_NEVER = float("inf")


def spacing(age: float, draw: Callable[[], float] = random.random) -> float:
    """Seconds until an execution is described again.

    Args:
        age: How long it has been running, in seconds.
        draw: Returns a number in [0, 1).
    """
    jitter = _LEAST_JITTER + (_MOST_JITTER - _LEAST_JITTER) * draw()
    return min(_LONGEST, max(_SHORTEST, _SHARE * age)) * jitter


class Poll:
    """One kind of call, made again and again: when it is due, and what an error does to that.

    A throttled answer slows this poll down and each good answer speeds it up a little, so that many
    launchers share an account's quota without being told how many they are.

    Args:
        call: Makes the call and returns the seconds until the next one; None to end.
        refused: Called with an error that time does not heal; returns whether to try again.
        expired: Called when credentials have expired.
        draw: Returns a number in [0, 1).
    """

    def __init__(
        self,
        call: Callable[[], float | None],
        refused: Callable[[Exception], bool],
        expired: Callable[[], None] = lambda: None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._call = call
        self._refused = refused
        self._expired = expired
        self._backoff = Backoff(draw=draw)
        self._draw = draw
        self._slowdown = 1.0
        self.due = 0.0
        self.trouble: Exception | None = None

    def run(self, now: float) -> None:
        """Makes the call if it is due, and sets when it is due next."""
        if now < self.due:
            return
        try:
            delay = self._call()
        except Exception as error:
            self.due = now + self._after(error)
            return
        self.trouble = None
        self._backoff.reset()
        self.due = _NEVER if delay is None else now + delay * self._slowdown
        self._slowdown = max(1.0, self._slowdown * 0.9)

    def hasten(self) -> None:
        """Makes the call due now, unless it has ended."""
        if self.due != _NEVER:
            self.due = 0.0

    def _after(self, error: Exception) -> float:
        self.trouble = error
        kind = kind_of(error)
        if kind is CallErrorKind.PERMANENT and not self._refused(error):
            return _NEVER
        if kind is CallErrorKind.EXPIRED:
            self._expired()
        if kind is CallErrorKind.THROTTLED:
            self._slowdown = min(_MOST_SLOWDOWN, self._slowdown * 1.5)
            return self._slowdown * (1 + 4 * self._draw()) + self._backoff.next_delay()
        return self._backoff.next_delay()
