"""The prebuilt RL image that toolkit, version, framework, instance type and region mean together.

The table (rl_images.json) restates the image tables of the SageMaker Python SDK 2.257.7, which are
closed: AWS has added no RL image since ray 1.6.0.
Source: https://github.com/aws/sagemaker-rl-container and
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-rl-workflow.html
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training_job.arguments.problems import InvalidArguments, Problem

_TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("rl_images.json").read_text())

TOOLKITS: dict[str, dict[str, dict[str, dict[str, str]]]] = _TABLE["toolkits"]
"""toolkit -> version -> framework -> {repository, tag, registry}; tag has a {processor} place."""

REGISTRY_ACCOUNTS: tuple[str, ...] = tuple(
    sorted({account for each in _TABLE["registries"].values() for account in each.values()})
)
"""The AWS accounts, of every region and partition, whose registries hold the prebuilt images."""

DEFAULT_METRIC_DEFINITIONS: dict[str, list[dict[str, str]]] = _TABLE["default_metric_definitions"]
"""toolkit -> the metric definitions RLEstimator adds when none are given and no image is."""

_INSTANCE_FAMILY = re.compile(r"ml\.([a-z\d-]+)\.\w+")
_NO_RL_IMAGE = re.compile(r"(inf|trn)\w*|(m6gd?|c6g[dn]?|c7g|r6gd?)")


def resolve(
    toolkit: str | None,
    version: str | None,
    framework: str | None,
    *,
    instance_types: Sequence[str],
    region: str,
) -> str:
    """Return the image's registry path.

    Args:
        toolkit: `coach` or `ray`.
        version: Version of the toolkit, exactly as in the table ("0.11" and "0.11.0" differ).
        framework: `tensorflow`, `mxnet` or `pytorch`.
        instance_types: Of the job, at least one; their families choose the cpu image, or the gpu
            image if any has a GPU.
        region: Region of the registry; the image must exist there.

    Raises:
        InvalidArguments: There is no such image; the problem names the argument to change.
    """
    if toolkit is None or version is None or framework is None:
        raise InvalidArguments(missing(toolkit, version, framework))
    image = TOOLKITS[toolkit].get(version, {}).get(framework)
    if image is None:
        raise InvalidArguments([_unsupported(toolkit, version, framework)])
    processors = {each: _processor(each) for each in instance_types}
    if unfit := [each for each, processor in processors.items() if processor is None]:
        message = (
            f"got {', '.join(unfit)}; the {toolkit} images run on CPU and GPU (g, p) families; "
            "for this one give an `image` of your own"
        )
        raise InvalidArguments([Problem("instance_type", message)])
    account = _TABLE["registries"][image["registry"]].get(region)
    if account is None:
        regions = ", ".join(sorted(_TABLE["registries"][image["registry"]]))
        message = (
            f"got {region}; the {toolkit} {version} image exists in: {regions}; "
            "elsewhere give an `image` of your own"
        )
        raise InvalidArguments([Problem("region", message)])
    suffix = _TABLE["dns_suffixes"].get(region, "amazonaws.com")
    processor = "gpu" if "gpu" in processors.values() else "cpu"
    tag = image["tag"].format(processor=processor)
    return f"{account}.dkr.ecr.{region}.{suffix}/{image['repository']}:{tag}"


def missing(toolkit: str | None, version: str | None, framework: str | None) -> list[Problem]:
    """Return a problem for each of the three that is not given: together they name an image."""
    given = {"toolkit": toolkit, "toolkit_version": version, "framework": framework}
    message = "is required without `image`: toolkit, toolkit_version and framework name an image"
    return [Problem(name, message) for name, value in given.items() if value is None]


def runs_on(instance_type: str) -> bool:
    """Return whether the prebuilt images run on instances of this type."""
    return _processor(instance_type) is not None


def _processor(instance_type: str) -> str | None:
    match = _INSTANCE_FAMILY.fullmatch(instance_type)
    if match is None or _NO_RL_IMAGE.fullmatch(match[1]):
        return None
    return "gpu" if match[1][0] in "gp" else "cpu"


def _unsupported(toolkit: str, version: str, framework: str) -> Problem:
    """Name the wrong one of the three arguments, and what is supported beside the others."""
    versions = TOOLKITS[toolkit]
    if version in versions:
        allowed = " or ".join(sorted(versions[version]))
        others = [other for other, frameworks in versions.items() if framework in frameworks]
        also = f"; {framework} comes with {toolkit} {', '.join(others)}" if others else ""
        return Problem("framework", f"got {framework}; {toolkit} {version} runs on {allowed}{also}")
    nearest = (difflib.get_close_matches(version, versions, n=1) or [max(versions)])[0]
    known = ", ".join(sorted(versions))
    frameworks = " or ".join(sorted(versions[nearest]))
    message = f"got {version}; {toolkit} has {known}. The nearest, {nearest}, runs on {frameworks}"
    return Problem("toolkit_version", message)
