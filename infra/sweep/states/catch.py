"""What the states of a sweep catch."""

from __future__ import annotations

from typing import Any


def catch_everything(output: Any, **catch: Any) -> list[dict[str, Any]]:
    """Return the catchers of every error; States.ALL leaves out that a state is too large.

    Args:
        output: What the next state gets.
        catch: `Next`, and `Assign` if there is any.
    """
    return [
        {"ErrorEquals": [error], "Output": output, **catch}
        for error in ("States.DataLimitExceeded", "States.ALL")
    ]
