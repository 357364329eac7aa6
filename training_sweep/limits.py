"""How large a sweep may be: what Step Functions carries from state to state, and what follows.

Sizes are of ASCII JSON as Python writes it, which is at least as long as the UTF-8 that counts.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import json
from typing import Any

LARGEST_STATE = 262_144
"""Bytes of a state's input or result, of a task's and of an execution's."""

MAX_TRIALS = 500
MAX_PARALLEL = 40
"""Iterations of an inline Map that run at once."""

LARGEST_RECORD = 345
"""Bytes of a trial's record (records.py); 500 of them, in a list, are 173,500."""

LARGEST_INPUT = 85_000
"""Bytes of a sweep's input: it and the records of all trials are the input of one task."""

LARGEST_OUTPUT = 250_000
"""Bytes of a sweep's output, or of what its dry run returns."""


def size(value: Any) -> int:
    """Return the bytes of a value as JSON; 0 of one that JSON cannot hold, which forms.py names."""
    try:
        return len(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return 0
