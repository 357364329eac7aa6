"""What a page quotes of a program's output, and whether that is what the program printed.

A block of a page that quotes has a name behind its language: ```` ```text the-name ````. Where it
says `...`, anything may stand: in a line, or as a line.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def quoted(page: str, name: str) -> list[str]:
    """Return the lines of a page's block of the name."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```\w+ {name}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return block.splitlines()


def masked(text: str) -> str:
    """Return the text without what differs between runs: ids, numbers, times."""
    return re.sub(r"\d+(?:\.\d+)*", "N", re.sub(r"(?=[a-f]*\d)[0-9a-f]{8,}", "ID", text))


def assert_printed(lines: list[str], printed: str) -> None:
    """Every line stands in what was printed, in this order, but for what differs between runs."""
    rest = [masked(line.strip()) for line in printed.splitlines()]
    for line in lines:
        if line == "...":
            continue
        pattern = re.escape(masked(line)).replace(r"\.\.\.", ".*")
        found = next(
            (index for index, each in enumerate(rest) if re.fullmatch(pattern, each)), None
        )
        assert found is not None, f"not printed: {line}\nbut:\n{printed[-6000:]}"
        rest = rest[found + 1 :]
