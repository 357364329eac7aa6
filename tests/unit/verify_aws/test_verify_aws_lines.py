"""Each line of the documents that says "assumed" has an assumption, or is listed as not settled."""

import re
from pathlib import Path

import pytest

from tools.verify_aws.not_settled import NOT_SETTLED
from tools.verify_aws.stages import ASSUMPTIONS

ROOT = Path(__file__).parents[3]
OPEN = re.compile(r"(?<!be )\bassumed\b|not documented|documented in part|\bunknown:|\bunknown;")


def rows(page, heading):
    """The rows of the table below a heading: first cell, and the others."""
    text = (ROOT / page).read_text()
    section = text[text.index(heading) :].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]
    return [(first, " | ".join(others)) for first, *others in cells if set(first) - {"-", " "}]


def assumed_lines():
    """The beginnings of the lines that say that something is assumed."""
    outcomes = rows("docs/outcomes.md", "# How an execution ends")
    found = [first for first, _ in outcomes if OPEN.search(first)]
    facts = rows("docs/outcomes.md", "## What is known of AWS, and what is assumed")
    found += [first for first, _ in facts]
    engines = (ROOT / "docs/engines.md").read_text().splitlines()
    found += [line[2:].split(" | ")[0] for line in engines if OPEN.search(line)]
    corrections = (ROOT / "local_aws/corrections/README.md").read_text()
    section = corrections.split("These are assumptions")[1].split("\n## ")[0]
    return found + re.findall(r"^\* (.*)$", section, re.MULTILINE)


SETTLED = [line for each in ASSUMPTIONS for line in each.settles]
LISTED = [line for each in NOT_SETTLED for line in each.lines]


@pytest.mark.parametrize("line", assumed_lines())
def test_each_assumed_line_is_asked_or_listed(line):
    assert any(line.startswith(each) for each in SETTLED + LISTED), (
        "no assumption in tools/verify_aws settles it, and not_settled.py does not list it"
    )


def test_the_lines_are_found():
    lines = assumed_lines()
    assert len(lines) >= 18
    assert "SageMaker knows a job as soon as the create call has answered" in lines


@pytest.mark.parametrize("beginning", SETTLED + LISTED)
def test_each_line_that_is_settled_stands_in_a_document(beginning):
    pages = ("docs/outcomes.md", "docs/engines.md", "local_aws/corrections/README.md")
    text = "".join((ROOT / page).read_text() for page in pages)
    assert re.search(rf"^[|*] {re.escape(beginning)}", text, re.MULTILINE)


@pytest.mark.parametrize("page", sorted({each.page for each in ASSUMPTIONS}))
def test_the_page_that_must_change_exists(page):
    assert (ROOT / page).is_file()
