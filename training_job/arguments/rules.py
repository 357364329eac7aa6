"""Rules that span arguments.

`RULES` names, for each, the arguments that it reads: it is checked when all of them are right by
themselves. A rule returns its problems, in the caller's words.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from training_job.arguments.checking import Rule
from training_job.arguments.images import image
from training_job.arguments.limits import MAX_CHANNELS, MAX_HYPERPARAMETER_VALUE
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
        return [_of_groups(arguments, problem) for problem in error.problems]
    return []


def _of_groups(arguments: TrainingArguments, problem: Problem) -> Problem:
    """Return the problem under the name of what gave the instance types."""
    groups = arguments.instance_groups and problem.argument == "instance_type"
    return Problem("instance_groups", problem.message) if groups else problem


def _source(arguments: TrainingArguments) -> list[Problem]:
    if arguments.image or arguments.source_dir:
        return []
    message = "is required with a toolkit image, which holds no code; got none"
    return [Problem("source_dir", f"{message}; allowed: an S3 URI s3://BUCKET/KEY.tar.gz")]


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
    message = f"got {wait} s, which with spot_instance includes the run time"
    return [Problem("max_wait_time", f"{message}; allowed: at least max_run ({run} s)")]


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


def _groups_or_type(arguments: TrainingArguments) -> list[Problem]:
    if not arguments.instance_groups:
        return []
    message = "is given together with instance_groups, which names the types and the counts"
    alone = ("instance_type", "instance_count")
    both = [name for name in alone if name in arguments.model_fields_set]
    problems = [Problem(name, f"{message}; leave one of them out") for name in both]
    if arguments.fallback_instance_types:
        message = "do not apply to instance_groups; leave one of them out"
        problems.append(Problem("fallback_instance_types", message))
    return problems


def _group_names(arguments: TrainingArguments) -> list[Problem]:
    """Return what is wrong with the groups that channels name: all channels name some, or none."""
    groups = {group.InstanceGroupName for group in arguments.instance_groups}
    named = {name: channel.instance_group_names for name, channel in arguments.inputs.items()}
    problems = [
        Problem("inputs", f"{name} names the instance group {shown(group)}; {_listed(groups)}")
        for name, wanted in named.items()
        for group in wanted
        if group not in groups
    ]
    without = [name for name, wanted in named.items() if not wanted]
    if without and len(without) < len(named):
        message = f"{', '.join(without)}: InstanceGroupNames are given to other channels"
        problems.append(Problem("inputs", f"{message}; allowed: on all channels, or on none"))
    return problems


def _listed(groups: set[str]) -> str:
    return f"instance_groups has {', '.join(sorted(groups))}" if groups else "there are no groups"


def _channel_count(arguments: TrainingArguments) -> list[Problem]:
    code = bool(arguments.source_dir and arguments.network_isolation)
    ours = code + bool(arguments.initial_model)
    if not arguments.inputs or len(arguments.inputs) + ours <= MAX_CHANNELS:
        return []
    message = f"has {len(arguments.inputs)} channels, and {ours} more carry the code or the model"
    return [Problem("inputs", f"{message}; allowed: {MAX_CHANNELS} together")]


def _file_systems(arguments: TrainingArguments) -> list[Problem]:
    if arguments.vpc_subnets:
        return []
    return [
        Problem("inputs", f"{name} is a file system, which needs vpc_subnets to be reached from")
        for name, channel in arguments.inputs.items()
        if channel.DataSource.FileSystemDataSource
    ]


def _augmented_manifests(arguments: TrainingArguments) -> list[Problem]:
    """Return what is wrong with augmented manifests, which SageMaker streams only.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
    """
    problems = []
    for name, channel in arguments.inputs.items():
        source = channel.DataSource.S3DataSource
        augmented = source is not None and source.S3DataType == "AugmentedManifestFile"
        mode = channel.mode(arguments.training_input_mode)
        if augmented and mode != "Pipe":
            message = f"{name} is an AugmentedManifestFile with input mode {mode}; allowed: Pipe"
            problems.append(Problem("inputs", message))
        if source is not None and bool(source.AttributeNames) != augmented:
            message = f"{name} {'lacks' if augmented else 'has'} AttributeNames"
            allowed = "an AugmentedManifestFile has them, and nothing else has"
            problems.append(Problem("inputs", f"{message}; {allowed}"))
    return problems


def _warm_pool(arguments: TrainingArguments) -> list[Problem]:
    """Return what SageMaker keeps no warm pool for.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
    """
    if not arguments.keep_alive:
        return []
    excluded = {
        "spot_instance": arguments.spot_instance,
        "instance_groups": bool(arguments.instance_groups),
    }
    return [
        Problem(
            "keep_alive", f"got {arguments.keep_alive} s; SageMaker keeps no warm pool with {name}"
        )
        for name, given in excluded.items()
        if given
    ]


RULES: tuple[Rule[TrainingArguments], ...] = (
    (("image", *_TOOLKIT), _image_or_toolkit),
    (("image", *_TOOLKIT, "instance_type", "instance_groups", "region"), _image_exists),
    (("image", "source_dir"), _source),
    _fits_hyperparameter("source_dir"),
    _fits_hyperparameter("model_artifact_path"),
    (("vpc_security_group_ids", "vpc_subnets"), _vpc),
    (("spot_instance", "max_wait_time", "max_run"), _spot_wait),
    (("environment", "job_name"), _environment),
    (("endpoint_url", "region"), _endpoint),
    (
        ("instance_groups", "instance_type", "instance_count", "fallback_instance_types"),
        _groups_or_type,
    ),
    (("inputs", "instance_groups"), _group_names),
    (("inputs", "source_dir", "network_isolation", "initial_model"), _channel_count),
    (("inputs", "vpc_subnets"), _file_systems),
    (("inputs", "training_input_mode"), _augmented_manifests),
    (("keep_alive", "spot_instance", "instance_groups"), _warm_pool),
)
