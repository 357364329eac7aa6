"""The guard rails that BuildRequest and PlanSweep get: the settings, as they read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training_job import GuardRails, TrainingArguments
from training_job.arguments.forms import is_given
from training_sweep.arguments.model import SweepArguments
from training_sweep.guard_rails import SweepGuardRails

from .model import Settings


def guard_rails(
    settings: Settings,
    *,
    job_roles: Sequence[str],
    region: str | None = None,
    argument_defaults: Mapping[str, Any] | None = None,
) -> GuardRails:
    """Return the defaults and limits of a deployment.

    Args:
        settings: The settings.
        job_roles: ARNs that `role` may name besides those of the settings.
        region: Where the state machine is.
        argument_defaults: Values of arguments that callers leave out, below those of the settings.
    """
    chosen = {**(argument_defaults or {}), **settings.argument_defaults}
    return GuardRails(
        region=region,
        argument_defaults={
            **_within(settings.max_run_limit, TrainingArguments, "max_run", "max_wait_time"),
            **_allowed_type(settings.allowed_instance_types, chosen),
            **chosen,
        },
        max_run_limit=settings.max_run_limit,
        assumable_roles=settings.assumable_roles,
        allowed_job_roles=[*job_roles, *settings.allowed_job_roles],
        allowed_instance_types=settings.allowed_instance_types,
        max_instance_count=settings.max_instance_count,
        max_keep_alive=settings.max_keep_alive,
        required_tags=settings.required_tags,
        required_encryption_key=settings.required_encryption_key,
    )


def sweep_guard_rails(rails: GuardRails, settings: Settings) -> SweepGuardRails:
    """Return the guard rails of trainings with those of sweeps."""
    most = settings.max_sweep_parallel
    within = {} if most is None else _within(most, SweepArguments, "max_parallel")
    return SweepGuardRails(
        **rails.model_dump(exclude={"argument_defaults"}),
        argument_defaults=rails.argument_defaults | within,
        max_trials=settings.max_trials,
        max_sweep_parallel=most,
    )


def _within(limit: int, model: type[TrainingArguments], *names: str) -> dict[str, Any]:
    """Return the limit as the default of arguments that have one beyond it.

    A run that names none of them is within it.
    """
    return {name: limit for name in names if model.model_fields[name].default > limit}


def _allowed_type(allowed: Sequence[str] | None, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first allowed type as the default, where the argument's own is not allowed.

    Not beside a default of instance groups, which name the types themselves.
    """
    own = TrainingArguments.model_fields["instance_type"].default
    if not allowed or own in allowed or is_given(chosen.get("instance_groups")):
        return {}
    return {"instance_type": allowed[0]}
