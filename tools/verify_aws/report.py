"""The findings, for a person and for a program."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.verify_aws.assumption import FALSE, NOT_ASKED, TRUE, Answer, Finding

_WIDTH = 100


def table(findings: Sequence[Finding]) -> str:
    """Return the findings, four lines or more each: the verdict, what was expected and seen."""
    return "\n".join(row(each) for each in findings)


def row(finding: Finding) -> str:
    """Return one finding as text."""
    lines = [f"{finding.verdict:10}{finding.statement}"]
    lines += _wrapped("expected", finding.expected)
    lines += _wrapped("why" if finding.verdict == NOT_ASKED else "seen", finding.seen)
    if finding.verdict == FALSE:
        lines += _wrapped("change", finding.page)
    return "\n".join(lines)


def summary(findings: Sequence[Finding]) -> str:
    """Return how many assumptions are true, false and not asked, and the pages to change."""
    count = Counter(each.verdict for each in findings)
    said = ", ".join(f"{count[verdict]} {verdict}" for verdict in (TRUE, FALSE, NOT_ASKED))
    pages = sorted({each.page for each in findings if each.verdict == FALSE})
    return said + "." + (f" These pages must change: {', '.join(pages)}." if pages else "")


def write(path: Path, findings: Sequence[Finding], answers: Mapping[str, Answer | str]) -> None:
    """Write the findings and, for whoever mends the documents, every answer as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"findings": [each.to_json() for each in findings], "answers": answers}
    path.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 1 if an assumption is false, otherwise 0."""
    return int(any(each.verdict == FALSE for each in findings))


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        textwrap.shorten(text, 400, placeholder=" ..."),
        _WIDTH,
        initial_indent=f"{'':10}{label:10}",
        subsequent_indent=" " * 20,
    )
