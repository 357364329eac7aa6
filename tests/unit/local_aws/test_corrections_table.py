"""The table of corrections is complete: names exist, tests exist, the README shows it."""

import re
from pathlib import Path

from local_aws import corrections
from local_aws.corrections.table import CORRECTIONS, STATES, Correction, markdown

ROOT = Path(__file__).parents[3]


def test_every_name_exists_in_ministack():
    assert corrections.check() == []


def test_a_missing_name_is_found():
    assert not Correction(STATES, "_no_such_function", None, "why", "test").exists()
    assert not Correction(STATES, "_SERVICE_DISPATCH[x]", None, "why", "t", wraps=True).exists()
    assert not Correction(STATES, "_NO_REGISTRY[x]", None, "why", "test").exists()


def test_every_correction_has_its_test():
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_corrections_*.py"))
    tests = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    assert [row.name for row in CORRECTIONS if row.test not in tests] == []


def test_nothing_is_corrected_twice():
    names = [(row.module, row.name) for row in CORRECTIONS]
    assert len(names) == len(set(names))


def test_the_readme_shows_the_table():
    readme = (ROOT / "local_aws" / "corrections" / "README.md").read_text()
    assert markdown() in readme
