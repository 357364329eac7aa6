"""Docstrings speak one dialect, in what the linter's rules for Google's style leave open."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.deploying.deployment import ROOT

PACKAGES = "training_job training_sweep lambdas infra kfp_component local_aws examples bench tools"
FILES = sorted(
    file for package in [*PACKAGES.split(), "tests"] for file in (ROOT / package).rglob("*.py")
)
SECTION = re.compile(r"^( *)(?:Args|Attributes|Raises):\n((?:\1 +\S.*\n|\n)+)", re.MULTILINE)
NAMES = ("kfp", "boto3", "botocore", "pydantic", "numpy", "mypy")


def docstrings(file: Path) -> Iterator[str]:
    """Yield what stands where docstrings do, those of attributes too."""
    for node in ast.walk(ast.parse(file.read_text())):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def entries(docstring: str) -> Iterator[str]:
    """Yield what is said of each argument, attribute and error."""
    for indent, section in SECTION.findall(docstring + "\n"):
        for line in section.splitlines():
            entry = re.fullmatch(rf"{indent}    [*\w][*\w., ]*?: (\S.*)", line)
            if entry:
                yield entry[1]


def odd(docstring: str) -> Iterator[str]:
    """Yield what a docstring has that no other has."""
    if re.search("(?<!`)``(?!`)", docstring):
        yield "two backticks: one is enough"
    if re.fullmatch(r"https?://\S+", docstring.strip()):
        yield f"only an address: {docstring.strip()}"
    for entry in entries(docstring):
        word = re.match(r"[a-z]+(?![\w./:(\[])", entry)
        if word and word[0] not in NAMES:
            yield f"begins small: {entry}"


def test_what_is_odd_is_found():
    docstring = (
        "Do.\n\n    Args:\n        a: some ``x``.\n        b: An x.\n        c: s3://b.\n    "
    )
    assert list(odd(docstring)) == ["two backticks: one is enough", "begins small: some ``x``."]
    assert list(odd(" https://example.com ")) == ["only an address: https://example.com"]


def test_docstrings_are_of_one_dialect():
    assert len(FILES) > 500
    found = [
        (str(file.relative_to(ROOT)), each)
        for file in FILES
        for docstring in docstrings(file)
        for each in odd(docstring)
    ]
    assert found == []
