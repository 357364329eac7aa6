"""pip: its own parser, and what wheels of this project and their extras are called."""

import contextlib
import io
import re
import tomllib
from collections.abc import Sequence

from pip._internal.commands import commands_dict, create_command

from tests.unit.docs.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WHEEL = f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}-py3-none-any.whl"


def problems(words: Sequence[str]) -> list[str]:
    """Return what is wrong with the words after `pip`."""
    command, *rest = words
    if command not in commands_dict:
        return [f"no such command: {command}"]
    refused = io.StringIO()
    try:
        with contextlib.redirect_stderr(refused):
            _, arguments = create_command(command).parser.parse_args(rest)
    except SystemExit:
        return [refused.getvalue().splitlines()[-1]]
    return [problem for argument in arguments for problem in _requirement(argument)]


def _requirement(text: str) -> list[str]:
    if text == ".":
        return []
    wheel, extras = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", text).groups()
    if wheel != WHEEL:
        return [f"the wheel is {WHEEL}; got {wheel}"]
    unknown = set((extras or "").split(",")) - {"", *PROJECT["optional-dependencies"]}
    return [f"no such extra: {extra}" for extra in unknown]
