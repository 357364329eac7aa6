"""What a person sees of a program of several stages: headings, indented details, the time taken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

_BOLD, _GREEN, _RED, _PLAIN = "\033[1m", "\033[32m", "\033[31m", "\033[0m"
_INDENT = "   "


class Console:
    """Writes to a stream at once; with colours if it is a terminal and NO_COLOR is not set.

    Args:
        stream: Where to write.
        clock: Seconds, for the time that stages take.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._stages = 0
        self._began = clock()

    @property
    def seconds(self) -> float:
        """Seconds since this console was made."""
        return self._clock() - self._began

    def title(self, text: str) -> None:
        """Write what this program does."""
        self._write(text, _BOLD)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Write a numbered heading, and the time the stage took when it has succeeded."""
        self._stages += 1
        began = self._clock()
        self._write(f"\n{self._stages}  {name}", _BOLD)
        yield
        self._write(f"{_INDENT}{self._clock() - began:.1f} s", _GREEN)

    def detail(self, text: str) -> None:
        """Write a line of what happens in a stage."""
        self._write(f"{_INDENT}{text}")

    def summary(self, title: str, facts: Mapping[str, str], *, good: bool) -> None:
        """Write the result: a title, and facts in two columns."""
        width = max(map(len, facts))
        self._write(f"\n{title}", _BOLD + (_GREEN if good else _RED))
        for name, value in facts.items():
            self._write(f"{_INDENT}{name:{width}}  {value}")

    def failure(self, text: str) -> None:
        """Write why the program ends here."""
        self._write(f"\n{text}", _RED)

    def _write(self, text: str, style: str = "") -> None:
        # Not print(): kfp.local replaces it while a task runs.
        if style and self._coloured:
            text = f"{style}{text}{_PLAIN}"
        self._stream.write(f"{text}\n")
        self._stream.flush()
