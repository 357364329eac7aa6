"""Every link leads somewhere, and every reader finds a road."""

import re

import pytest

from tests.unit.docs.pages import PAGES, ROOT, anchors, name, prose

LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_and_anchor_is_there(page):
    for linked, picture in LINK.findall(prose(page)):
        target = linked or picture
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_can_be_reached_from_the_index():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / found).resolve() for found, _ in LINK.findall(index.read_text())}
    pages = set((ROOT / "docs").glob("*.md")) - {index}
    assert pages <= linked


def test_the_road_of_each_role_has_at_most_four_pages():
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| ((?:run|write|start)[^|]*)\|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == 3
    for _, pages in rows:
        assert 3 <= len(LINK.findall(pages)) <= 4


ADDRESSED = [
    page
    for page in PAGES
    if page.parent.name != "decisions"
    and page.name != "CHANGELOG.md"
    and page != ROOT / "README.md"
]


@pytest.mark.parametrize("page", ADDRESSED, ids=name)
def test_every_page_begins_with_who_it_is_for(page):
    first = re.sub(r"<!--.*?-->|^# .*$", "", page.read_text(), flags=re.MULTILINE).split("\n\n")
    opening = next(text.strip() for text in first if text.strip())
    assert re.search(r"\b[Ff]or (anyone|authors|every|maintainers|ML|platform|who)", opening), (
        opening
    )


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("README.md", {"docs/sweeps.md", "make sweep"}),
        (
            "docs/console.md",
            {"inputs/sweep.json", "SweepStateMachineArn", "stateMachine:RlSweep`"}
            | {"execution:RlSweep:*`"},
        ),
        ("docs/costs.md", {"sweeps.md#costs-and-limits"}),
    ],
)
def test_sweeps_are_told_of_where_a_reader_looks_for_them(page, named):
    text = (ROOT / page).read_text()
    assert {each for each in named if each not in text} == set()


def test_the_readme_is_read_in_a_minute_and_shows_a_report():
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) <= 700
    assert "not been run in a live AWS account, nor on a Kubeflow cluster" in text
    for scheme in ("light", "dark"):
        picture = ROOT / "docs" / "pictures" / f"report-{scheme}.png"
        assert f'"{name(picture)}"' in text
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size <= 200_000
