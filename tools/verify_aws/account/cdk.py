"""The project's own CDK CLI: synthesize the app for given settings, and deploy it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class CdkFailed(Exception):
    """The last words of the CLI."""


def synthesize(settings: Mapping[str, object], output: Path, region: str) -> dict[str, Any]:
    """Write the cloud assembly of these settings over the project's; return the stack's template.

    Args:
        settings: By name (docs/settings.md).
        output: A directory to write.
        region: Of the CLI's environment.

    Raises:
        CdkFailed: The settings are refused, or the CLI is missing.
    """
    words = ["synth", "--quiet", "--output", str(output)]
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--context", f"{name}={text}"]
    _run(words, region)
    (path,) = output.glob("*.template.json")
    template: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return template


def deploy(assembly: Path, region: str) -> dict[str, str]:
    """Deploy the stack of an assembly; return its outputs.

    Raises:
        CdkFailed: It could not be deployed; the account may not be bootstrapped.
    """
    outputs = assembly / "outputs.json"
    _run(
        ["deploy", "--app", str(assembly), "--require-approval", "never", "-O", str(outputs)],
        region,
    )
    (found,) = json.loads(outputs.read_text(encoding="utf-8")).values()
    return dict(found)


def _run(words: list[str], region: str) -> None:
    # In a session of its own, so that Ctrl-C reaches it through us alone.
    try:
        process = subprocess.Popen(
            [ROOT / "node_modules/.bin/cdk", *words, "--no-notices", "--no-color"],
            cwd=ROOT,
            env={**os.environ, "AWS_REGION": region, "CI": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        raise CdkFailed(f"the CDK CLI is missing ({error}); run `make environment`") from error
    try:
        printed, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
        raise
    if process.returncode:
        raise CdkFailed("\n".join(printed.splitlines()[-15:]))
