"""Figures that the documents quote: measured.json, which the benches write on request.

`make bench RECORD=1`, on a machine that does nothing else, writes what it measures, and a test
says which pages quote something else. Without `RECORD` the benches only print.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")


def measured(bench: str) -> dict[str, float]:
    """Return the figures that a bench has recorded, by name."""
    figures: dict[str, float] = json.loads(FILE.read_text(encoding="utf-8"))[bench]
    return figures


def record(bench: str, **figures: float) -> None:
    """Keep what a bench has measured, rounded as the documents quote it.

    Raises:
        KeyError: The documents quote no such bench, or other figures of it.
    """
    if not os.environ.get("RECORD"):
        return
    known = json.loads(FILE.read_text(encoding="utf-8"))
    if known[bench].keys() != figures.keys():
        raise KeyError(f"{bench} has {sorted(known[bench])}; got {sorted(figures)}")
    known[bench] = figures
    FILE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
