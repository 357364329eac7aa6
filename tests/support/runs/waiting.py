"""Waiting for something of a server."""

import time
from collections.abc import Callable
from typing import Any

SECONDS = 240  # generous: the slowest run takes twenty
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.3


def wait_until(
    condition: Callable[[], Any], what: Callable[[], str] | str, seconds: float = SECONDS
) -> Any:
    """Ask until the answer is true, less and less often; return it.

    Each look costs the server, and so what it is to finish, some milliseconds.

    Args:
        condition: What to ask.
        what: Is waited for; said when it does not come.
        seconds: Before that is given up.
    """
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what if isinstance(what, str) else what()}")
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE)
    return answer
