"""The Lambda functions' code: our packages and their pinned dependencies, made without Docker.

pip installs wheels of the functions' platform, whatever this machine is. The dependencies are kept
by content under `build/`, so a synth that changes none of them runs no pip.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

_ROOT = Path(__file__).resolve().parents[2]
_PINS = _ROOT / "requirements.txt"
_CACHE = _ROOT / "build" / "lambda"
_PACKAGES = ("lambdas", "training_job")
_DEPENDENCIES = frozenset(
    {"annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection"}
)
"""pydantic and what it needs; pip refuses to go on when one of them is missing here."""

_PLATFORMS = {"arm64": "aarch64", "x86_64": "x86_64"}


class BundlingFailed(RuntimeError):
    """The functions' dependencies could not be installed; the message says why."""


@jsii.implements(ILocalBundling)
class _LocalBundling:
    def __init__(self, runtime: str, architecture: str) -> None:
        self._runtime = runtime
        self._architecture = architecture

    def try_bundle(
        self, output_dir: str, _options: BundlingOptions | None = None, **_unpacked: Any
    ) -> bool:
        output = Path(output_dir)
        dependencies = _dependencies(self._runtime, self._architecture)
        shutil.copytree(dependencies, output, dirs_exist_ok=True)
        for package in _PACKAGES:
            for file in _sources(package):
                target = output / file.relative_to(_ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        return True


def lambda_code(runtime: str, architecture: str) -> lambda_.Code:
    """Return the code that the functions share.

    Args:
        runtime: a Lambda runtime, for instance `python3.13`.
        architecture: `arm64` or `x86_64`.

    Raises:
        BundlingFailed: at synth, when pip cannot install the dependencies.
    """
    return lambda_.Code.from_asset(
        str(_ROOT / "lambdas"),
        asset_hash_type=AssetHashType.CUSTOM,
        asset_hash=_content_hash(runtime, architecture),
        bundling=BundlingOptions(
            # Never run: local bundling either succeeds or raises.
            image=DockerImage.from_registry("unused"),
            local=_LocalBundling(runtime, architecture),
        ),
    )


def _content_hash(runtime: str, architecture: str) -> str:
    digest = hashlib.sha256(f"{runtime} {architecture}\n{_pins()}".encode())
    for package in _PACKAGES:
        for file in _sources(package):
            digest.update(f"\n{file.relative_to(_ROOT).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(package: str) -> list[Path]:
    return sorted(
        file
        for file in (_ROOT / package).rglob("*")
        if file.is_file() and file.suffix in {".py", ".json"}
    )


def _pins() -> str:
    """The lines of requirements.txt, with their hashes, of the functions' dependencies."""
    entries = re.split(r"\n(?=\S)", _PINS.read_text(encoding="utf-8"))
    return "\n".join(entry for entry in entries if entry.split("==")[0] in _DEPENDENCIES)


def _dependencies(runtime: str, architecture: str) -> Path:
    pins = _pins()
    key = hashlib.sha256(pins.encode()).hexdigest()[:16]
    kept = _CACHE / f"{runtime}-{architecture}-{key}"
    if not kept.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            made = _install(pins, runtime, architecture, Path(scratch))
            # Two synths at once may both get here; the second rename finds the first one's result.
            if not kept.exists():
                made.replace(kept)
    return kept


def _install(pins: str, runtime: str, architecture: str, scratch: Path) -> Path:
    requirements, target = scratch / "requirements.txt", scratch / "packages"
    requirements.write_text(pins + "\n", encoding="utf-8")
    machine = _PLATFORMS[architecture]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command += ["--require-hashes", "--requirement", str(requirements), "--target", str(target)]
    command += ["--only-binary", ":all:", "--python-version", runtime.removeprefix("python")]
    command += ["--platform", f"manylinux_2_28_{machine}", "--platform", f"manylinux2014_{machine}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise BundlingFailed(
            f"pip could not install the dependencies of the Lambda functions for {runtime} on "
            f"{architecture}:\n{run.stderr.strip()}"
        )
    for record in target.glob("*.dist-info"):
        shutil.rmtree(record)
    return target
