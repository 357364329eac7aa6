"""make: its targets, the variables that each uses, and the programs that it would call."""

import re
import shlex
import subprocess
from collections.abc import Sequence

from tests.unit.docs.pages import ROOT
from tests.unit.docs.programs import own

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
EVERYWHERE = {"PYTHON"}
"""Variables that say how any target is run."""


def problems(words: Sequence[str]) -> list[str]:
    """Return what is wrong with the words after `make`."""
    target, *variables = words
    if target not in TARGETS:
        return [f"no such target: {target}"]
    names = {word.partition("=")[0] for word in variables}
    wrong = [f"{target} has no {name}" for name in names - used(target) - EVERYWHERE]
    if wrong or not variables:
        return wrong
    return [problem for call in _calls(target, variables) for problem in own.python(call)]


def used(target: str) -> set[str]:
    """Return the names of the variables that a target's recipe uses, or what it needs."""
    text, seen = recipe(target), set[str]()
    while new := set(re.findall(r"\$[({](?:if |or |origin )?\$?\(?([A-Z_]+)", text)) - seen:
        seen |= new
        defined = (rf"^{name} [:?]?= (.*(?:\\\n.*)*)$" for name in new)
        text = "\n".join(
            found for each in defined for found in re.findall(each, MAKEFILE, re.MULTILINE)
        )
    return seen | set(re.findall(r"\$\(([A-Z_]+)\)", recipe(target)))


def recipe(target: str) -> str:
    """Return the lines that a target runs."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
    assert found
    return found[1]


def _calls(target: str, variables: Sequence[str]) -> list[list[str]]:
    """Return the words after `python` of each program of ours that make would call."""
    if "$(MAKE)" in recipe(target):  # which make runs even when asked only to tell
        (given,) = [word.partition("=")[2] for word in variables]
        return [["-m", "tools.second_engine", given]]
    command = ["make", "--dry-run", "--no-print-directory", target, *variables]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = told.replace("\\\n", "").splitlines()
    return [shlex.split(line)[1:] for line in lines if re.match(r"python -m (?!pip )", line)]
