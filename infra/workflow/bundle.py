"""The Lambda functions' code: our packages and their pinned dependencies, made without Docker.

pip installs wheels of the functions' platform, whatever this machine is. The dependencies are kept
by content in the user's cache directory, so a synth that changes none of them runs no pip.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

import training_job
import training_sweep

_HERE = Path(__file__).resolve()
_PINS = _HERE.with_name("functions-requirements.txt")
"""pydantic and what it needs, with hashes; `make generate` takes it out of requirements.txt."""

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
        for name, file in _sources():
            target = output / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        return True


def lambda_code(scope: Construct, runtime: str, architecture: str) -> lambda_.Code:
    """Return the code that the functions share.

    Args:
        scope: Where the functions are made.
        runtime: A Lambda runtime, for instance `python3.13`.
        architecture: `arm64` or `x86_64`.

    Raises:
        BundlingFailed: Pip cannot install the dependencies, or they cannot be kept.
    """
    if Stack.of(scope).bundling_required:
        # Here, for what `try_bundle` raises reaches nobody but as an error of jsii.
        _dependencies(runtime, architecture)
    return lambda_.Code.from_asset(
        str(_packages()["lambdas"]),
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
    for name, file in _sources():
        digest.update(f"\n{name}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _packages() -> dict[str, Path]:
    """Return the folders of our packages, by the name that each has in the functions.

    The wheel holds `lambdas` within this package, the repository beside it.
    """
    within, beside = (_HERE.parents[number] / "lambdas" for number in (1, 2))
    return {
        "lambdas": within if within.is_dir() else beside,
        "training_job": Path(training_job.__file__).parent,
        "training_sweep": Path(training_sweep.__file__).parent,
    }


def _sources() -> Iterator[tuple[str, Path]]:
    for package, folder in _packages().items():
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".json"}:
                yield f"{package}/{file.relative_to(folder).as_posix()}", file


def _pins() -> str:
    return _PINS.read_text(encoding="utf-8")


def _cache() -> Path:
    """Source: https://specifications.freedesktop.org/basedir-spec/latest/."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "sagemaker-rl-kubeflow"


def _dependencies(runtime: str, architecture: str) -> Path:
    pins, cache = _pins(), _cache()
    key = hashlib.sha256(pins.encode()).hexdigest()[:16]
    kept = cache / f"{runtime}-{architecture}-{key}"
    if kept.exists():
        return kept
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = _install(pins, runtime, architecture, Path(scratch))
            # Two synths at once may both get here; the second rename finds the first one's result.
            if not kept.exists():
                made.replace(kept)
    except OSError as error:
        raise BundlingFailed(
            f"The dependencies of the Lambda functions cannot be kept in {cache}: {error}. "
            "XDG_CACHE_HOME names another directory for caches."
        ) from error
    return kept


def _install(pins: str, runtime: str, architecture: str, scratch: Path) -> Path:
    requirements, target = scratch / "requirements.txt", scratch / "packages"
    requirements.write_text(pins, encoding="utf-8")
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
