"""This project's programs: each is asked whether it takes the words, by its own parser."""

import argparse
import contextlib
import io
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from unittest import mock

from infra.settings.model import Settings
from tests.unit.docs.pages import ROOT
from tests.unit.docs.programs import pip

WITHOUT_PARSER = {
    "kfp_component": r"--executor_input( .*)?",
    "tools.second_engine": r"\S*",
}
"""Programs that read their words themselves, and what they take."""


SCRIPTS = {"pipeline.py"}
"""Of a reader's own: docs/examples.md has it."""


class _Reached(BaseException):
    """The program would parse its words now."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def python(words: Sequence[str]) -> list[str]:
    """Return what is wrong with the words after `python`."""
    if words[0] != "-m":
        return [] if words[0] in SCRIPTS else [f"no such script: {words[0]}"]
    module, *arguments = words[1:]
    if module == "pip":
        return pip.problems(arguments)
    found = source(module)
    if found is None:
        return [f"no such module: {module}"]
    if "argparse" not in found.read_text():
        taken = re.fullmatch(WITHOUT_PARSER.get(module, ""), " ".join(arguments))
        return [] if taken else [f"{module} takes no {' '.join(arguments)}"]
    refused = io.StringIO()
    try:
        with contextlib.redirect_stderr(refused):
            parser(module).parse_args(arguments)
    except SystemExit as error:
        return [] if error.code == 0 else [refused.getvalue().splitlines()[-1]]
    named = re.findall(r"(?:^|-c )(\w+)=", "\n".join(arguments).replace("-c\n", "-c "), re.M)
    unknown = set(named) - set(Settings.model_fields) - {"name", "NAME"}
    return [f"no such setting: {name}" for name in unknown]


def source(module: str) -> Path | None:
    """Return the file that `python -m` would run, or None if there is none of ours."""
    path = ROOT.joinpath(*re.sub(r"^rl_training_cdk\b", "infra", module).split("."))
    for file in (path / "__main__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def parser(module: str) -> argparse.ArgumentParser:
    """Return the parser of a program, which is begun and ended where it would use it."""
    package = (ROOT.joinpath(*module.split(".")) / "__main__.py").is_file()
    main = import_module(f"{module}.__main__" if package else module).main

    def reached(self: argparse.ArgumentParser, *_: object) -> None:
        raise _Reached(self)

    with (
        mock.patch.object(argparse.ArgumentParser, "parse_args", reached),
        mock.patch.object(sys, "argv", [module]),
        contextlib.suppress(SystemExit),
    ):
        try:
            main()
        except _Reached as found:
            return found.parser
    raise AssertionError(f"{module} parses nothing")
