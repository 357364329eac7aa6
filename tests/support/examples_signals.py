"""Children in a test: their signal handlers must not stay."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from examples.processes import Children


@contextmanager
def children_of_a_test() -> Iterator[Children]:
    """Make children, and put this process's own signal handlers back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    try:
        yield Children()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
