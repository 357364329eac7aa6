"""Reading the settings from a CDK context: of an app, or of the project's files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from training_job import Problem
from training_job.arguments.checking import Rule, Wording, check

from .model import Settings
from .problems import InvalidSettings
from .rules import RULES

_WORDING = Wording(unknown="there is no such setting", page="docs/settings.md")


def read_settings(
    context: Mapping[str, object], rules: Iterable[Rule[Settings]] = RULES
) -> Settings:
    """Return the settings of a CDK context.

    Args:
        context: Settings by name, typed or as text; None and blank text leave the default. The
            CDK's own keys (feature flags, lookups, CLI data) contain `:` or `/`, which no setting
            does.
        rules: What must hold between settings.

    Raises:
        InvalidSettings: With every problem, a misspelt setting among them.

    Example:
        >>> read_settings({"required_tags": "team,project"}).required_tags
        ['team', 'project']
    """
    given = {name: value for name, value in context.items() if not set(name) & {":", "/"}}
    settings, problems = check(Settings, given, rules, _WORDING)
    if problems:
        raise InvalidSettings(problems)
    return settings


def checked(settings: Settings, besides: Iterable[Problem] = ()) -> Settings:
    """Return settings that were made directly, provided that they do not contradict each other.

    Args:
        settings: Each is right by itself.
        besides: What is wrong with anything else, to be told with them.

    Raises:
        InvalidSettings: With every contradiction.
    """
    problems = [*besides, *(problem for _, rule in RULES for problem in rule(settings))]
    if problems:
        raise InvalidSettings(problems)
    return settings


def project_context(directory: Path, options: Sequence[str] = ()) -> dict[str, Any]:
    """Return the context that the CDK CLI gives an app which it runs in a directory.

    Args:
        directory: Where cdk.json and cdk.context.json are.
        options: `name=value`, as the CLI's option `-c` takes them; they win.

    The CLI also reads ~/.cdk.json, below the others:
    https://docs.aws.amazon.com/cdk/v2/guide/context.html

    Raises:
        ValueError: A file holds no JSON object, or an option is no `name=value`.
    """
    home = _context(Path.home() / ".cdk.json")
    project = _context(directory / "cdk.json")
    found: dict[str, Any] = {}
    for above in (home, _json(directory / "cdk.context.json"), project, assigned(options)):
        found = _merged(found, above)
    return found


def assigned(options: Sequence[str]) -> dict[str, str]:
    """Return settings that were typed as `name=value`, by name.

    Raises:
        ValueError: Names every one that is not typed so; the CDK CLI would leave it out.

    Example:
        >>> assigned(["stack_name=Mine", "kms_key="])
        {'stack_name': 'Mine', 'kms_key': ''}
    """
    wrong = [option for option in options if "=" not in option]
    if wrong:
        raise ValueError(f"got {', '.join(wrong)}; a setting is given as name=value")
    return dict(option.split("=", 1) for option in options)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Maps within maps are merged too, as the CLI does."""
    both = {
        name: _merged(below[name], value)
        for name, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **both}


def _context(file: Path) -> dict[str, Any]:
    return _object(_json(file).get("context", {}), f"context of {file}")


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    return _object(found, str(file))


def _object(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f'{where}: not a JSON object, such as {{"retain_data": false}}')
    return found
