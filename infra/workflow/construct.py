"""The training workflow, usable in any stack: the state machine, its functions and its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from training_job import Problem
from training_job.timeouts import execution_timeout

from ..settings.context import checked
from ..settings.guard_rails import guard_rails
from ..settings.model import Settings
from ..settings.rules import ENVIRONMENT_VARIABLE, OF_A_MADE_NETWORK
from .bundle import lambda_code
from .definition import definition
from .functions import WorkflowFunction, as_variable
from .machine import allow_launching, live_alias, state_machine
from .orphans import Orphans
from .role import state_machine_role


class RlTrainingWorkflow(Construct):
    """A state machine that trains models on SageMaker: its input is the documented arguments.

    Attributes:
        state_machine: The state machine.
        role: What its executions run as.
        alias_arn: ARN of the alias `live`, the version deployed last.
        functions: The two Lambda functions that it calls, and the one that stops orphans.
        code: What these functions share with those of sweeps.
        guard_rails: Defaults and limits of the deployment.
        timeout_seconds: After which an execution ends by itself.

    Example:
        In a stack, with a bucket and settings of its own (docs/construct.md has all of it)::

            trainer = job_role(self, settings, bucket)
            workflow = RlTrainingWorkflow(self, "Training", job_roles=[trainer], settings=settings)
            workflow.grant_launch(pipeline_role)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        job_roles: Sequence[iam.IRole],
        settings: Settings | None = None,
        argument_defaults: dict[str, object] | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        """Make the workflow.

        Args:
            scope: Any construct of a stack.
            construct_id: Its name there.
            job_roles: Roles that executions may name, besides those of the settings; SageMaker
                must be trusted by them. At least one, unless the settings name one.
            settings: Names, functions, data and guard rails; the defaults when None. The settings
                of other parts (launcher role, network, ...) are not read.
            argument_defaults: Values of arguments that callers leave out, below those of the
                settings, and checked with them; what only a deployment makes known (a token of the
                CDK) is taken as it is.
            key: Encrypts logs and the state machine's data; keys of AWS when None.

        Raises:
            InvalidSettings: The settings contradict each other, a default is not what its argument
                takes, or there is no job role.
            BundlingFailed: The functions' dependencies cannot be installed (a RuntimeError).
        """
        super().__init__(scope, construct_id)
        self._settings = settings or Settings()
        self._key = key
        own = [role.role_arn for role in job_roles]
        _check(self._settings, own, argument_defaults or {})
        self.code = lambda_code(
            self, self._settings.lambda_runtime, self._settings.lambda_architecture
        )
        self.guard_rails = guard_rails(
            self._settings,
            region=Aws.REGION,
            job_roles=own,
            argument_defaults=argument_defaults or {},
        )
        build_request, judge_attempt = self._functions()
        self.role = state_machine_role(
            self,
            self._settings,
            job_role_arns=[*own, *self._settings.allowed_job_roles],
            function_arns=[each.function.function_arn for each in (build_request, judge_attempt)],
        )
        self.timeout_seconds = self._settings.execution_timeout_seconds or execution_timeout(
            self._settings.max_run_limit
        )
        self.state_machine = state_machine(
            self,
            self._settings.state_machine_name,
            self._definition(build_request, judge_attempt),
            role=self.role,
            settings=self._settings,
            key=key,
        )
        stop_orphans = Orphans(self, self._settings, self.state_machine, self.code, key).function
        self.functions = (build_request.function, judge_attempt.function, stop_orphans)
        self.alias_arn = live_alias(self, self.state_machine)

    def grant_launch(self, role: iam.IRole) -> None:
        """Allow a role to start executions, follow them to their end and stop them."""
        name = self._settings.state_machine_name
        allow_launching(role, self.state_machine, name, "Executions")

    def _functions(self) -> tuple[WorkflowFunction, WorkflowFunction]:
        settings = self._settings
        build_request = WorkflowFunction(
            self,
            "BuildRequest",
            code=self.code,
            handler="lambdas.build_request.handler",
            settings=settings,
            environment={ENVIRONMENT_VARIABLE: as_variable(self, self.guard_rails)},
            key=self._key,
        )
        judge_attempt = WorkflowFunction(
            self,
            "JudgeAttempt",
            code=self.code,
            handler="lambdas.judge_attempt.handler",
            settings=settings,
            key=self._key,
        )
        return build_request, judge_attempt

    def _definition(
        self, build_request: WorkflowFunction, judge_attempt: WorkflowFunction
    ) -> dict[str, Any]:
        return definition(
            partition=Aws.PARTITION,
            build_request_arn=build_request.version.function_arn,
            judge_attempt_arn=judge_attempt.version.function_arn,
            assume_role=bool(self._settings.assumable_roles),
            timeout_seconds=self.timeout_seconds,
        )


def _check(settings: Settings, own: Sequence[str], defaults: Mapping[str, object]) -> None:
    """Check the settings with what they get of the construct: roles of its own, and defaults."""
    known = {
        name: value if _is_known(value) else OF_A_MADE_NETWORK.get(name)
        for name, value in defaults.items()
    }
    with_own = {
        "argument_defaults": known | settings.argument_defaults,
        "allowed_job_roles": [*settings.allowed_job_roles, *filter(_is_known, own)],
    }
    message = "names none, and neither does the setting allowed_job_roles; allowed: at least one"
    lacking = not own and not settings.allowed_job_roles
    checked(
        settings.model_copy(update=with_own), [Problem("job_roles", message)] if lacking else []
    )


def _is_known(value: object) -> bool:
    """Whether a value is itself, and nothing in it stands for what a deployment makes."""
    if Token.is_unresolved(value):
        return False
    if isinstance(value, Mapping):
        return all(map(_is_known, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_known, value))
