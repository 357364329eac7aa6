"""Rules that span arguments.

`RULES` names, for each, the arguments that it reads: it is checked when all of them are right by
themselves. A rule returns its problems, in the caller's words.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from training_job.arguments import image
from training_job.arguments.checking import Rule
from training_job.arguments.limits import MAX_HYPERPARAMETER_VALUE
from training_job.arguments.model import TrainingArguments
from training_job.arguments.problems import InvalidArguments, Problem, shown
from training_job.job_name import OWNER_VARIABLE

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_VARIABLES_BESIDE_OWNER = 99
"""SageMaker's 100 environment variables less the one that goes with a chosen job name."""
_TOOLKIT = ("toolkit", "toolkit_version", "framework")


def _image_or_toolkit(arguments: TrainingArguments) -> list[Problem]:
    if arguments.image:
        return []
    return image.missing(arguments.toolkit, arguments.toolkit_version, arguments.framework)


def _image_exists(arguments: TrainingArguments) -> list[Problem]:
    if _image_or_toolkit(arguments):
        return []
    try:
        arguments.training_image(arguments.region)
    except InvalidArguments as error:
        return error.problems
    return []


def _source(arguments: TrainingArguments) -> list[Problem]:
    if arguments.image or arguments.source_dir:
        return []
    message = "is required with a toolkit image, which holds no code; got none"
    return [Problem("source_dir", f"{message}. Allowed: an S3 URI s3://BUCKET/KEY.tar.gz")]


def _fits_hyperparameter(name: str) -> Rule[TrainingArguments]:
    """Return the rule that a path, which the container gets as JSON, fits a hyperparameter."""

    def check(arguments: TrainingArguments) -> list[Problem]:
        length = len(json.dumps(getattr(arguments, name)))
        if length <= MAX_HYPERPARAMETER_VALUE:
            return []
        message = f"has {length} characters as JSON, which the container gets it as"
        return [Problem(name, f"{message}; allowed: {MAX_HYPERPARAMETER_VALUE}")]

    return (name,), check


def _vpc(arguments: TrainingArguments) -> list[Problem]:
    groups, subnets = arguments.vpc_security_group_ids, arguments.vpc_subnets
    if bool(groups) == bool(subnets):
        return []
    given, missing = (
        ("vpc_security_group_ids", "vpc_subnets")
        if groups
        else ("vpc_subnets", "vpc_security_group_ids")
    )
    return [Problem(missing, f"is required with {given}: SageMaker wants both or neither")]


def _spot_wait(arguments: TrainingArguments) -> list[Problem]:
    wait, run = arguments.max_wait_time, arguments.max_run
    if not arguments.spot_instance or wait >= run:
        return []
    message = f"got {wait} s; with spot_instance it includes the run time"
    return [Problem("max_wait_time", f"{message}: allowed: at least max_run ({run} s)")]


def _environment(arguments: TrainingArguments) -> list[Problem]:
    given, found = arguments.environment, []
    if OWNER_VARIABLE in given:
        what = "tells which execution a job is of, and is set by the state machine alone"
        found.append(Problem("environment", f"got the variable {OWNER_VARIABLE}, which {what}"))
    if arguments.job_name and len(given) > MAX_VARIABLES_BESIDE_OWNER:
        why = f"SageMaker takes 100, and with job_name {OWNER_VARIABLE} is one of them"
        message = f"got {len(given)} variables; allowed: {MAX_VARIABLES_BESIDE_OWNER}, for {why}"
        found.append(Problem("environment", message))
    return found


def _endpoint(arguments: TrainingArguments) -> list[Problem]:
    url, region = arguments.endpoint_url, arguments.region
    if url is None:
        return []
    allowed = f"allowed: an https URL of {region}'s Step Functions, or a loopback URL"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return [Problem("endpoint_url", f"got {shown(url)}, which is no URL; {allowed}")]
    loopback = parts.scheme in ("http", "https") and host in LOOPBACK
    if loopback or (parts.scheme == "https" and region in host.split(".")):
        return []
    return [Problem("endpoint_url", f"got {shown(url)}; {allowed}")]


RULES: tuple[Rule[TrainingArguments], ...] = (
    (("image", *_TOOLKIT), _image_or_toolkit),
    (("image", *_TOOLKIT, "instance_type", "region"), _image_exists),
    (("image", "source_dir"), _source),
    _fits_hyperparameter("source_dir"),
    _fits_hyperparameter("model_artifact_path"),
    (("vpc_security_group_ids", "vpc_subnets"), _vpc),
    (("spot_instance", "max_wait_time", "max_run"), _spot_wait),
    (("environment", "job_name"), _environment),
    (("endpoint_url", "region"), _endpoint),
)
