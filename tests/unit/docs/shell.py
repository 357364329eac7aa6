"""The commands that a page gives, as bash reads them.

Bash itself runs the blocks of a page, in their order and an empty directory, and then each command
in the prose, with no program on the PATH: what would be run is written down, and nothing else is.
"""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.unit.docs.pages import PAGES, blocks, name, prose
from tests.unit.docs.programs import PROGRAMS

_RECORD = r"""
command_not_found_handle() { printf '%s\0' "$@" $'\x1e' >> "$RECORD"; }
export PATH=/nonexistent
"""
_ASSIGNED = re.compile(r"(?:^|\s)([A-Z][A-Z0-9_]+)=")
_TOLD = re.compile(r"\b((?:git|cdk|aws|make) [a-z][a-z-]+)")


class Given(NamedTuple):
    """What a page tells a reader to type.

    Attributes:
        page: where.
        commands: The words of each program's call.
        variables: Names that are set, by `export` or before a command.
        made: Files that the commands write.
    """

    page: Path
    commands: tuple[tuple[str, ...], ...]
    variables: frozenset[str]
    made: frozenset[str]


def inline(page: Path) -> list[str]:
    """Return what stands between backticks in the prose of a page, each on one line."""
    paragraphs = prose(page).split("\n\n")
    return [
        " ".join(code.split())
        for each in paragraphs
        for _, code in re.findall(r"(`+)(.+?)\1", each, re.DOTALL)
    ]


def script(page: Path) -> str:
    """Return the shell blocks of a page; of a console, what is typed."""
    typed = [
        "\n".join(re.findall(r"^\$ (.*)$", each.text, re.MULTILINE))
        if each.language == "console"
        else each.text
        for each in blocks("sh", "bash", "console")
        if each.page == page
    ]
    return "\n".join(typed)


@cache
def given(page: Path) -> Given:
    """Return what a page tells a reader to type.

    Raises:
        subprocess.CalledProcessError: What it says is not shell.
    """
    text = script(page)
    single = [code for code in inline(page) if _is_command(code)]
    told = _TOLD.findall("\n".join(re.findall(r"(?:^|\s)#(.*)$", text, re.MULTILINE)))
    lines = "\n".join([text, *(f"({code})" for code in [*single, *told])])
    lines = re.sub(r"<(\w[\w -]*)>", lambda found: found[1].upper().replace(" ", "-"), lines)
    with tempfile.TemporaryDirectory() as directory:
        record = Path(directory) / ".record"
        record.touch()
        subprocess.run(["bash", "-n"], input=lines, text=True, check=True)
        subprocess.run(
            ["bash", "--norc"],
            input=_RECORD + lines,
            text=True,
            cwd=directory,
            env={"RECORD": str(record), "LC_ALL": "C"},
            capture_output=True,
            check=False,  # a condition at a page's end may well be false here
            timeout=60,
        )
        calls = record.read_bytes().decode().split("\0\x1e\0")[:-1]
        made = frozenset(path.name for path in Path(directory).iterdir() if path != record)
    commands = [tuple(word for word in call.split("\0") if word != "...") for call in calls]
    variables = _ASSIGNED.findall("\n".join([text, *single, *filter(_only_sets, inline(page))]))
    return Given(page, tuple(dict.fromkeys(commands)), frozenset(variables), made)


def commands(program: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return every call of a program on all pages, as (page, words after its name)."""
    return [
        (name(page), tuple(words[1:]))
        for page in PAGES
        for words in given(page).commands
        if words[0].rpartition("/")[2] == program
    ]


def _is_command(code: str) -> bool:
    words = re.sub(r"^(?:[A-Z_]+=\S* )+", "", code).split()
    return len(words) > 1 and words[0] in PROGRAMS


def _only_sets(code: str) -> bool:
    return re.fullmatch(r"(?:[A-Z][A-Z0-9_]+=\S+ ?)+", code) is not None
