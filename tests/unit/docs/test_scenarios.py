"""Each row of the documents that says how an execution ends has a scenario in the second engine.

`make second-engine` says so too, and runs them; it needs an environment of its own.
"""

import ast

import pytest

from tests.unit.docs.pages import ROOT
from tools.second_engine.documented import TABLES, rows

SCENARIOS = {
    "outcomes.md": ["scenarios.py"],
    "sweeps.md": ["sweeps/trials.py", "sweeps/ends.py"],
}


@pytest.mark.parametrize("document", TABLES)
def test_every_row_has_a_scenario(document):
    modules = [ROOT / "tools/second_engine" / file for file in SCENARIOS[document]]
    nodes = [node for module in modules for node in ast.walk(ast.parse(module.read_text()))]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
    titles = tuple(text for text in texts if isinstance(text, str) and len(text) > 3)
    assert len(rows(document)) > 10
    assert [row for row in rows(document) if not row.startswith(titles)] == []
