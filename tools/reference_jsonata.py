"""JSONata by its reference implementation: npm `jsonata` 2.0.6, the version that AWS documents.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PROGRAM = Path(__file__).with_suffix(".mjs")


class ReferenceJsonata:
    """A process of Node that evaluates expressions, one after the other.

    Example:
        >>> with ReferenceJsonata() as reference:
        ...     reference.evaluate("$states.input.a + $b", {"input": {"a": 1}}, {"b": 2})
        {'value': 3}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            ["node", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def evaluate(
        self,
        expression: str,
        states: dict[str, Any],
        variables: dict[str, Any],
        random: float | None = None,
    ) -> dict[str, Any]:
        """Return `{"value": ...}`, `{"undefined": True}` or `{"error": code, "message": text}`.

        Args:
            expression: Without its braces.
            states: `$states`; what the state does not have is to be absent.
            variables: Of the execution, by name.
            random: What `$random()` returns; None for a random number.

        Raises:
            ChildProcessError: Node ended, since it could not start or lacks the module.
        """
        asked: dict[str, Any] = {"expression": expression, "states": states, "variables": variables}
        if random is not None:
            asked["random"] = random
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            try:
                self._process.stdin.write(json.dumps(asked) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except BrokenPipeError:
                line = ""
        if not line:
            raise ChildProcessError(f"node {_PROGRAM.name} ended; its last words are above.")
        result: dict[str, Any] = json.loads(line)
        return result

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
