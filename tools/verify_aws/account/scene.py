"""What the questions of a stage are put to: an account with a template, or with a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.settings.model import Settings
from tools.verify_aws.account.aws import Aws
from tools.verify_aws.account.template import Template

STACK = "RlTrainingVerify"
"""Of the stack and of its state machine: never those of a deployment that is used."""
SWEEPS = Settings(state_machine_name=STACK).sweep_state_machine_name
"""Of the state machine of sweeps."""
JOBS = "rl-verify-aws"
"""How the names of the training jobs begin."""
ABSENT_ROLE = "RlTrainingVerifyAbsent"
"""A role that nobody made, for what happens when it is named."""
INSTANCE_TYPE = "ml.m5.large"
"""Of the training jobs, and whose quota is looked up."""
LONGEST_JOB = 600
"""Seconds; `max_run` of each job, so that none can cost more."""


@dataclass(frozen=True)
class Scene:
    """Something to read: nothing is created.

    Attributes:
        aws: The account.
        template: Of the app, for the settings in question.
        instance_types: Whose quotas are looked up.
    """

    aws: Aws
    template: Template
    instance_types: tuple[str, ...] = (INSTANCE_TYPE,)


@dataclass(frozen=True)
class Deployment:
    """A stack that was deployed for the purpose.

    Attributes:
        aws: The account.
        outputs: Of the stack, by name.
        run: Text that makes the names of this run its own.
        image: Of the training jobs; a prebuilt one of AWS's when None.
    """

    aws: Aws
    outputs: Mapping[str, str]
    run: str
    image: str | None = None

    @property
    def absent_role(self) -> str:
        """ARN of a role that does not exist, which the deployment allows to name."""
        return absent_role(self.aws)


def absent_role(aws: Aws) -> str:
    """Return the ARN of a role of the account that does not exist."""
    return f"arn:{aws.partition}:iam::{aws.account}:role/{ABSENT_ROLE}"
