"""The CDK CLI: its commands and options, by the list that it reads itself."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from infra.settings.model import Settings
from tests.unit.docs.pages import ROOT


def problems(words: Sequence[str]) -> list[str]:
    """Return what is wrong with the words after `cdk`."""
    command, *rest = words
    commands = _registry()["commands"]
    if command not in commands:
        return [f"no such command: {command}"]
    options = {**_registry()["globalOptions"], **commands[command].get("options", {})}
    known = {f"--{name}": option for name, option in options.items()}
    known |= {f"-{option['alias']}": option for option in options.values() if "alias" in option}
    wrong = []
    while rest:
        word = rest.pop(0)
        option = known.get(word)
        if option is None:
            wrong.append(f"unknown option or argument {word}")
        elif option["type"] != "boolean":
            value = rest.pop(0)
            setting = value.partition("=")[0]
            if option is options["context"] and setting not in {*Settings.model_fields, "name"}:
                wrong.append(f"no such setting: {setting}")
            if value not in option.get("choices", [value]):
                wrong.append(f"{word} does not take {value}")
    return wrong


@cache
def _registry() -> Any:
    path = ROOT / "node_modules" / "aws-cdk" / "lib" / "cli" / "cli-type-registry.json"
    return json.loads(path.read_text())
