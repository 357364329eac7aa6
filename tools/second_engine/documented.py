"""How an execution may end, as the documents say: each row has a scenario."""

from __future__ import annotations

import re
from pathlib import Path

TABLES = {
    "outcomes.md": ("| what happened |", "| the execution was |"),
    "sweeps.md": ("| what becomes of a trial's execution |", "| error |"),
}


def rows(document: str) -> list[str]:
    """Return the first columns of the tables that say how an execution ends."""
    tables = (Path(__file__).parents[2] / "docs" / document).read_text().split("\n\n")
    heads = TABLES[document]
    texts = [line for table in tables if table.startswith(heads) for line in table.splitlines()[2:]]
    return [re.split(r"(?<!\\) \| ", line[2:])[0] for line in texts]
