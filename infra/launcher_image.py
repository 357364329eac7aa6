"""The image of the KFP step: one that exists, or one that `cdk deploy` builds and pushes."""

from __future__ import annotations

from pathlib import Path

from constructs import Construct

from training_job import Problem
from training_job.arguments.checking import Rule

from .settings.model import Settings

BUILD = "build"
"""The value of `launcher_image` that has `cdk deploy` build the image."""

_REPOSITORY = Path(__file__).resolve().parents[1]


def launcher_image_uri(scope: Construct, settings: Settings) -> str | None:
    """Return the registry path of the image, if the settings name one or have it built.

    It is built for linux/amd64, whatever this machine is, and goes to the account's own registry:
    https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ecr_assets-readme.html
    """
    if settings.launcher_image != BUILD:
        return settings.launcher_image
    from aws_cdk import aws_ecr_assets as assets  # noqa: PLC0415  seldom needed

    image = assets.DockerImageAsset(
        scope,
        "LauncherImage",
        directory=str(_REPOSITORY),
        platform=assets.Platform.LINUX_AMD64,
    )
    return image.image_uri


def _source_is_here(settings: Settings) -> list[Problem]:
    if settings.launcher_image != BUILD or (_REPOSITORY / "Dockerfile").exists():
        return []
    message = "got build, which takes a clone of the project; an installed package has no"
    return [Problem("launcher_image", f"{message} Dockerfile; allowed: a registry path")]


BUILDS_FROM_A_CLONE: Rule[Settings] = (("launcher_image",), _source_is_here)
"""The rule that what is to be built is there."""
