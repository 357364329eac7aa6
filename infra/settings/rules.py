"""Rules between settings: each names the settings it reads and returns what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable

from training_job import TrainingArguments

from .model import Settings

Rule = tuple[tuple[str, ...], Callable[[Settings], list[str]]]


def _argument_defaults(settings: Settings) -> list[str]:
    known = TrainingArguments.model_fields
    return [
        f"argument_defaults: {name} is not an argument of a training run"
        for name in settings.argument_defaults
        if name not in known
    ]


def _existing_network(settings: Settings) -> list[str]:
    if settings.network != "existing":
        return [
            f"{name}: is read with network=existing only; network is {settings.network}"
            for name in ("vpc_id", "subnet_ids", "route_table_ids")
            if getattr(settings, name)
        ]
    return [
        f"{name}: is required with network=existing"
        for name in ("vpc_id", "subnet_ids")
        if not getattr(settings, name)
    ]


def _endpoints(settings: Settings) -> list[str]:
    problems = []
    if settings.network == "none":
        problems += [
            f"{name}: needs a VPC; network is none"
            for name in ("endpoints", "launcher_security_groups")
            if getattr(settings, name)
        ]
    twice = {name for name in settings.endpoints if settings.endpoints.count(name) > 1}
    problems += [f"endpoints: names {name} twice" for name in sorted(twice)]
    if settings.network == "create" and "s3" not in settings.endpoints:
        problems.append(
            "endpoints: should have s3 with network=create; training jobs in that VPC have no "
            "other way to their code and their results"
        )
    lacks_routes = settings.network == "existing" and not settings.route_table_ids
    if lacks_routes and "s3" in settings.endpoints:
        problems.append("route_table_ids: is required with the endpoint s3")
    return problems


def _required_key(settings: Settings) -> list[str]:
    """A default that the guard rail itself refuses would fail every run."""
    named = settings.argument_defaults.get("output_encryption_key")
    required = settings.required_encryption_key
    if named is None or required is None or named == required:
        return []
    return [f"argument_defaults: output_encryption_key is {named}, not required_encryption_key"]


RULES: tuple[Rule, ...] = (
    (("argument_defaults",), _argument_defaults),
    (("network", "vpc_id", "subnet_ids", "route_table_ids"), _existing_network),
    (("network", "endpoints", "launcher_security_groups", "route_table_ids"), _endpoints),
    (("argument_defaults", "required_encryption_key"), _required_key),
)
"""Every rule; parse_settings applies those whose settings are each right on their own."""
