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
_LASTING = 4
_LAST_TRIES = 3
_LAST_PAUSE_SECONDS = 0.5


def spacing(age: float, draw: Callable[[], float] = random.random) -> float:
    """Return the seconds until an execution is described again.

    Args:
        age: How long it has been running, in seconds.
        draw: Returns a number in [0, 1).

    Example:
        >>> spacing(100, lambda: 0.0)
        4.5
    """
    jitter = _LEAST_JITTER + (_MOST_JITTER - _LEAST_JITTER) * draw()
    return min(_LONGEST, max(_SHORTEST, _SHARE * age)) * jitter


class Poll:
    """One kind of call, made again and again: when it is due, and what an error does to that.

    A throttled answer slows this poll down and each good answer speeds it up a little, so that many
    launchers share an account's quota without being told how many they are.

    Args:
        call: Makes the call and returns the seconds until the next one.
        refused: Called with an error that time does not heal. It returns the seconds until the next
            call, or 0 to back off as after any other error.
        expired: Called when credentials have expired.
        in_trouble: Called once when calls have gone wrong for a while, with the last error.
        draw: Returns a number in [0, 1).
    """

    def __init__(
        self,
        call: Callable[[], float],
        refused: Callable[[Exception], float],
        expired: Callable[[], None] = lambda: None,
        in_trouble: Callable[[Exception], None] = lambda _: None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._call = call
        self._refused = refused
        self._expired = expired
        self._in_trouble = in_trouble
        self._backoff = Backoff(draw=draw)
        self._draw = draw
        self._slowdown = 1.0
        self.due = 0.0

    def run(self, now: float) -> None:
        """Make the call if it is due, and set when it is due next."""
        if now < self.due:
            return
        try:
            delay = self._call()
        except Exception as error:
            self.due = now + self._after(error)
            return
        self._backoff.reset()
        self.due = now + delay * self._slowdown
        self._slowdown = max(1.0, self._slowdown * 0.9)

    def hasten(self) -> None:
        """Make the call due now."""
        self.due = 0.0

    def run_at_once(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Make the call, again after half a second where it goes wrong, and give up after three.

        Args:
            clock: A monotonic clock, in seconds.
            sleep: Waits for a number of seconds.
        """
        for _ in range(_LAST_TRIES):
            self.hasten()
            self.run(clock())
            if self.healthy:
                return
            sleep(_LAST_PAUSE_SECONDS)

    @property
    def healthy(self) -> bool:
        """Whether the last call went well."""
        return self._backoff.tries == 0

    def _after(self, error: Exception) -> float:
        kind = kind_of(error)
        pause = self._refused(error) if kind is CallErrorKind.PERMANENT else 0.0
        if kind is CallErrorKind.EXPIRED:
            self._expired()
        if kind is CallErrorKind.THROTTLED:
            self._slowdown = min(_MOST_SLOWDOWN, self._slowdown * 1.5)
            pause = self._slowdown * (1 + 4 * self._draw())
            return pause + self._next_backoff(error)
        return pause or self._next_backoff(error)

    def _next_backoff(self, error: Exception) -> float:
        delay = self._backoff.next_delay()
        if self._backoff.tries == _LASTING:
            self._in_trouble(error)
        return delay
