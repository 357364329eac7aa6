"""Rules between settings: each names the settings it reads and returns what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from training_job import GuardRails, Problem, TrainingArguments
from training_job.arguments.checking import Rule, accepted, check
from training_job.arguments.forms import is_given
from training_job.arguments.guard_rails import NO_LIMITS
from training_job.arguments.parsing import wording
from training_job.arguments.rules import RULES as ARGUMENT_RULES

from .guard_rails import guard_rails, sweep_guard_rails
from .model import Settings

MAX_ENVIRONMENT = 4096
"""Bytes of a Lambda function's environment variables.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

ENVIRONMENT_VARIABLE = "SETTINGS"
"""Where the functions BuildRequest and PlanSweep find their guard rails."""

_ROLE = "arn:aws-us-gov:iam::123456789012:role/" + 64 * "x"
OF_A_MADE_NETWORK = {
    "vpc_subnets": 2 * [f"subnet-{17 * '0'}"],
    "vpc_security_group_ids": [f"sg-{17 * '0'}"],
}
"""Arguments in place of those that only a deployment makes known."""

_KEY = f"arn:aws-us-gov:kms:ap-southeast-99:123456789012:key/{36 * 'x'}"

_STAND_INS = {
    name: accepted(field).example
    for name, field in TrainingArguments.model_fields.items()
    if field.is_required() or name == "framework"
}
"""What callers give beside the defaults: without a framework no rule would look at the toolkit."""

_LISTED_IN = {"role": "allowed_job_roles", "assume_role": "assumable_roles"}


def _argument_defaults(settings: Settings) -> list[Problem]:
    return _problems_of_defaults(settings, ARGUMENT_RULES)


def _within(limit: str) -> Rule[Settings]:
    """Return the rule that the defaults keep to one of the limits, whatever the others are."""

    def rule(settings: Settings) -> list[Problem]:
        value = getattr(guard_rails(settings, job_roles=()), limit)
        rails = NO_LIMITS.model_copy(update={limit: value})
        alone = _problems_of_defaults(settings)
        return [
            each for each in _problems_of_defaults(settings, rails.rules()) if each not in alone
        ]

    return ("argument_defaults", limit), rule


def _problems_of_defaults(
    settings: Settings, rules: Iterable[Rule[TrainingArguments]] = ()
) -> list[Problem]:
    """Check the defaults as a caller's arguments, beside examples of what callers must give.

    What a rule says of an argument that has no default here is for the caller to mend.
    """
    words = wording(guard_rails(settings, job_roles=()))
    defaults = {name: each for name, each in settings.argument_defaults.items() if is_given(each)}
    # Which region it is, in_region (region.py) checks where that is known.
    region = region_of(defaults.get("endpoint_url")) or _STAND_INS["region"]
    given = {**_STAND_INS, "region": region, **defaults}
    _, problems = check(TrainingArguments, given, rules, words)
    return [
        Problem("argument_defaults", f"{name}: {message}{_hint(name, settings)}")
        for name, message in problems
        if name in defaults
    ]


def region_of(url: object) -> str | None:
    """Return the region that an endpoint is in, if its host names one."""
    found = re.search(r"[./]([a-z]{2,3}(-[a-z]+)+-\d)\.", str(url))
    return found[1] if found else None


def _hint(name: str, settings: Settings) -> str:
    """Name the setting that would allow the role which is a default but is not listed."""
    role = settings.argument_defaults[name]
    if name not in _LISTED_IN or not isinstance(role, str) or ":role/" not in role:
        return ""
    also = ", also where it is the stack's own job role" if name == "role" else ""
    return f". List it in {_LISTED_IN[name]}{also}"


def _network(settings: Settings) -> list[Problem]:
    problems = [
        Problem(name, f"is read with network={choice} only; network is {settings.network}")
        for name, choice in (
            ("vpc_id", "existing"),
            ("subnet_ids", "existing"),
            ("route_table_ids", "existing"),
            ("vpc_cidr", "create"),
        )
        if settings.network != choice
        and name in settings.model_fields_set
        and getattr(settings, name)
    ]
    if settings.network == "existing":
        problems += [
            Problem(name, "is required with network=existing")
            for name in ("vpc_id", "subnet_ids")
            if not getattr(settings, name)
        ]
    return problems


def _endpoints(settings: Settings) -> list[Problem]:
    problems = []
    if settings.network == "none":
        problems += [
            Problem(name, "needs a VPC; network is none")
            for name in ("endpoints", "launcher_security_groups")
            if getattr(settings, name)
        ]
    twice = sorted({name for name in settings.endpoints if settings.endpoints.count(name) > 1})
    problems += [Problem("endpoints", f"names {name} twice") for name in twice]
    if settings.network == "create" and "s3" not in settings.endpoints:
        reason = "training jobs in that VPC have no other way to their code and their results"
        problems.append(Problem("endpoints", f"should have s3 with network=create; {reason}"))
    lacks_routes = settings.network == "existing" and not settings.route_table_ids
    if lacks_routes and "s3" in settings.endpoints:
        problems.append(Problem("route_table_ids", "is required with the endpoint s3"))
    return problems


def _service_accounts(settings: Settings) -> list[Problem]:
    providers = settings.launcher_oidc_provider or settings.launcher_eks_cluster
    if providers or "launcher_service_accounts" not in settings.model_fields_set:
        return []
    message = "is read with launcher_oidc_provider or launcher_eks_cluster only; neither is set"
    return [Problem("launcher_service_accounts", message)]


def _environment(settings: Settings) -> list[Problem]:
    """Check the size of the function's settings, with names as long as AWS may make them."""
    defaults: dict[str, object] = {}
    if settings.network != "none":
        defaults |= OF_A_MADE_NETWORK
    if settings.subnet_ids:
        defaults["vpc_subnets"] = settings.subnet_ids
    if settings.kms_key:
        defaults["output_encryption_key"] = _KEY
    rails = guard_rails(
        settings, job_roles=[_ROLE], region="ap-southeast-99", argument_defaults=defaults
    )
    rails = sweep_guard_rails(rails, settings)
    size = len(ENVIRONMENT_VARIABLE) + len(rails.model_dump_json(exclude_none=True).encode())
    if size <= MAX_ENVIRONMENT:
        return []
    lists = (
        "allowed_instance_types",
        "allowed_job_roles",
        "argument_defaults",
        "assumable_roles",
        "required_tags",
    )
    longest = max(lists, key=lambda name: len(str(getattr(settings, name))))
    message = f"makes the guard rails about {size} bytes with the other settings"
    limit = f"allowed: {MAX_ENVIRONMENT}, the environment of a Lambda function"
    return [Problem(longest, f"{message}; {limit}")]


_LIMITS = (
    "allowed_instance_types",
    "allowed_job_roles",
    "assumable_roles",
    "max_instance_count",
    "max_keep_alive",
    "max_run_limit",
    "max_sweep_parallel",
    "max_trials",
    "required_encryption_key",
    "required_tags",
)

RULES: tuple[Rule[Settings], ...] = (
    (("argument_defaults",), _argument_defaults),
    *(_within(limit) for limit in _LIMITS if limit in GuardRails.model_fields),
    (("argument_defaults", "kms_key", "network", "subnet_ids", *_LIMITS), _environment),
    (("network", "vpc_id", "subnet_ids", "route_table_ids", "vpc_cidr"), _network),
    (("network", "endpoints", "launcher_security_groups", "route_table_ids"), _endpoints),
    (
        ("launcher_service_accounts", "launcher_oidc_provider", "launcher_eks_cluster"),
        _service_accounts,
    ),
)
"""Every rule between settings that needs nothing but them."""
