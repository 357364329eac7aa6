"""What a deployment adds to the documented rules: defaults below the caller's, limits above them.

The CDK app hands them to the BuildRequest function; IAM enforces those limits for which SageMaker
has a condition key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from training_job.arguments.checking import Rule
from training_job.arguments.forms import is_given
from training_job.arguments.model import (
    MAX_RUN_LIMIT,
    SAGEMAKER_MAX_RUN,
    Switch,
    TrainingArguments,
)
from training_job.arguments.problems import Problem

_SWITCH: TypeAdapter[bool] = TypeAdapter(Switch)


class GuardRails(BaseModel):
    """Defaults and limits of one deployment; what is None limits nothing.

    Attributes:
        region: The state machine's region, which the training job shares.
        argument_defaults: Argument names to values, used where the caller gives none.
        max_run_limit: Most seconds that `max_run` and `max_wait_time` may say.
        assumable_roles: Role ARNs that `assume_role` may name.
        allowed_job_roles: Role ARNs that `role` may name.
        allowed_instance_types: Instance types of the job and its fallbacks.
        max_instance_count: Most instances of a job, over all its groups.
        max_keep_alive: Most seconds that `keep_alive` may say.
        required_tags: Tag keys that every job must carry.
        required_encryption_key: KMS key that `output_encryption_key` must be.

    Example:
        >>> GuardRails(max_run_limit=3600).max_run_limit
        3600
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str | None = None
    argument_defaults: dict[str, Any] = {}
    max_run_limit: int = MAX_RUN_LIMIT
    assumable_roles: list[str] | None = None
    allowed_job_roles: list[str] | None = None
    allowed_instance_types: list[str] | None = None
    max_instance_count: int | None = None
    max_keep_alive: int | None = None
    required_tags: list[str] = []
    required_encryption_key: str | None = None

    def defaults_below(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults that apply beside what the caller gave.

        Instance groups stand instead of a type and a count, so a default of the one does not
        apply where the caller gives the other; nor does an image where the caller names a toolkit,
        whose image that is, nor the waiting time without spot.

        Args:
            given: The caller's arguments.

        Example:
            >>> rails = GuardRails(argument_defaults={"instance_type": "ml.m5.large"})
            >>> rails.defaults_below({"instance_type": ""})
            {'instance_type': 'ml.m5.large'}
        """
        names = {name for name, value in given.items() if is_given(value)}
        one, groups = {"instance_type", "instance_count"}, {"instance_groups"}
        if given.get("instance_groups") in ([], "[]"):
            names -= groups
        superseded = one if names & groups else groups if names & one else set()
        by = given if "spot_instance" in names else self.argument_defaults
        if not _is_on(by.get("spot_instance")):
            superseded |= {"max_wait_time"}
        if "toolkit" in names:
            superseded |= {"image"}
        return {
            name: value
            for name, value in self.argument_defaults.items()
            if name not in superseded | names
        }

    def allowed(self) -> dict[str, str]:
        """Return what is accepted, in words, of arguments for which the deployment has its own."""
        if self.max_run_limit == MAX_RUN_LIMIT:
            return {}
        most = f"a whole number of seconds from 1 to {self.max_run_limit}, this deployment's limit"
        return {"max_run": most, "max_wait_time": f"{most}, and with spot at least max_run"}

    def rules(self) -> list[Rule[TrainingArguments]]:
        """Return the limits as rules between arguments (rules.py)."""
        return [
            (("region",), self._region),
            (("max_run",), lambda arguments: self._seconds("max_run", arguments.max_run)),
            (("spot_instance", "max_wait_time"), self._wait),
            (("assume_role",), self._assume_role),
            (("role",), lambda arguments: _among("role", arguments.role, self.allowed_job_roles)),
            (
                ("instance_type", "fallback_instance_types", "instance_groups"),
                self._instance_types,
            ),
            (("instance_count", "instance_groups"), self._instance_count),
            (("keep_alive",), self._keep_alive),
            (("tags",), self._tags),
            (("output_encryption_key",), self._encryption_key),
        ]

    def _region(self, arguments: TrainingArguments) -> list[Problem]:
        if self.region in (None, arguments.region):
            return []
        message = f"got {arguments.region}; this state machine trains in {self.region}"
        return [Problem("region", f"{message}. Start the one deployed in {arguments.region}")]

    def _seconds(self, name: str, value: int) -> list[Problem]:
        if value <= self.max_run_limit:
            return []
        message = f"got {value} s; this deployment allows at most {self.max_run_limit} s"
        return [Problem(name, message)]

    def _wait(self, arguments: TrainingArguments) -> list[Problem]:
        if not arguments.spot_instance and "max_wait_time" not in arguments.model_fields_set:
            return []  # it is neither given nor sent
        return self._seconds("max_wait_time", arguments.max_wait_time)

    def _assume_role(self, arguments: TrainingArguments) -> list[Problem]:
        if arguments.assume_role is None:
            return []
        return _among("assume_role", arguments.assume_role, self.assumable_roles)

    def _instance_types(self, arguments: TrainingArguments) -> list[Problem]:
        allowed = self.allowed_instance_types
        name = "instance_groups" if arguments.instance_groups else "instance_type"
        problems = []
        for instance_type in arguments.instance_types:
            problems += _among(name, instance_type, allowed)
        for fallback in arguments.fallback_instance_types:
            problems += _among("fallback_instance_types", fallback, allowed)
        return problems

    def _instance_count(self, arguments: TrainingArguments) -> list[Problem]:
        groups = arguments.instance_groups
        count = sum(group.InstanceCount for group in groups) or arguments.instance_count
        if self.max_instance_count is None or count <= self.max_instance_count:
            return []
        name, total = ("instance_groups", " in all") if groups else ("instance_count", "")
        most = f"this deployment allows at most {self.max_instance_count}"
        return [Problem(name, f"got {count}{total}; {most}")]

    def _keep_alive(self, arguments: TrainingArguments) -> list[Problem]:
        if self.max_keep_alive is None or arguments.keep_alive <= self.max_keep_alive:
            return []
        most = f"this deployment allows at most {self.max_keep_alive} s"
        return [Problem("keep_alive", f"got {arguments.keep_alive} s; {most}")]

    def _tags(self, arguments: TrainingArguments) -> list[Problem]:
        missing = [key for key in self.required_tags if key not in arguments.tags]
        return [Problem("tags", f"lack {key}, which this deployment requires") for key in missing]

    def _encryption_key(self, arguments: TrainingArguments) -> list[Problem]:
        required = self.required_encryption_key
        if required is None or arguments.output_encryption_key == required:
            return []
        got = arguments.output_encryption_key or "none"
        return [Problem("output_encryption_key", f"got {got}; this deployment requires {required}")]


NO_LIMITS = GuardRails(max_run_limit=SAGEMAKER_MAX_RUN)
"""Those of a deployment that adds nothing to SageMaker's own rules."""


def _is_on(switch: Any) -> bool:
    try:
        return _SWITCH.validate_python(switch)
    except ValidationError:  # not given, or a problem of its own
        return False


def _among(name: str, value: str, allowed: list[str] | None) -> list[Problem]:
    if allowed is None or value in allowed:
        return []
    listed = (
        f"this deployment allows {', '.join(allowed)}" if allowed else "this deployment has none"
    )
    return [Problem(name, f"got {value}; {listed}")]
