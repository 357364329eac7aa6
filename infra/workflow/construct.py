"""The training workflow, usable in any stack: the state machine, its functions and its role."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from training_job.timeouts import execution_timeout

from ..grants.permissions import allow
from ..settings.context import checked
from ..settings.guard_rails import guard_rails
from ..settings.model import Settings
from ..settings.rules import ENVIRONMENT_VARIABLE
from ..storage.log_group import log_group
from .bundle import lambda_code
from .definition import definition
from .functions import WorkflowFunction
from .orphans import Orphans
from .role import state_machine_role

ALIAS = "live"
"""The alias that names the version deployed last."""


class RlTrainingWorkflow(Construct):
    """A state machine that trains models on SageMaker: its input is the documented arguments.

    Attributes:
        state_machine: the state machine.
        role: what its executions run as.
        alias_arn: ARN of the alias `live`, the version deployed last.
        functions: the two Lambda functions that it calls, and the one that stops orphans.

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
            scope: any construct of a stack.
            construct_id: its name there.
            job_roles: roles that executions may name, besides those of the settings; SageMaker
                must be trusted by them.
            settings: names, functions, data and guard rails; the defaults when None. The settings
                of other parts (launcher role, network, ...) are not read.
            argument_defaults: values of arguments that callers leave out, below those of the
                settings.
            key: encrypts logs and the state machine's data; keys of AWS when None.

        Raises:
            InvalidSettings: the settings contradict each other.
        """
        super().__init__(scope, construct_id)
        self._settings = checked(settings or Settings())
        self._key = key
        self._code = lambda_code(self._settings.lambda_runtime, self._settings.lambda_architecture)
        own = [role.role_arn for role in job_roles]
        build_request, judge_attempt = self._functions(own, argument_defaults or {})
        self.role = state_machine_role(
            self,
            self._settings,
            job_role_arns=[*own, *self._settings.allowed_job_roles],
            function_arns=[each.function.function_arn for each in (build_request, judge_attempt)],
        )
        self.state_machine = self._state_machine(build_request, judge_attempt)
        stop_orphans = Orphans(self, self._settings, self.state_machine, self._code, key).function
        self.functions = (build_request.function, judge_attempt.function, stop_orphans)
        self.alias_arn = self._alias()

    def grant_launch(self, role: iam.IRole) -> None:
        """Allow a role to start executions, follow them to their end and stop them."""
        machine = self.state_machine.state_machine_arn
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self._settings.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        start = [machine, f"{machine}:{ALIAS}"]
        allow(role, "StartExecutions", ["states:StartExecution"], start)
        allow(
            role,
            "FollowExecutions",
            ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"],
            [executions],
            wildcard="Callers name the executions of this one state machine.",
        )

    def _functions(
        self, job_roles: Sequence[str], argument_defaults: dict[str, object]
    ) -> tuple[WorkflowFunction, WorkflowFunction]:
        settings = self._settings
        rails = guard_rails(
            settings,
            region=Aws.REGION,
            job_roles=job_roles,
            argument_defaults=argument_defaults,
        )
        build_request = WorkflowFunction(
            self,
            "BuildRequest",
            code=self._code,
            handler="lambdas.build_request.handler",
            settings=settings,
            environment={
                ENVIRONMENT_VARIABLE: Stack.of(self).to_json_string(
                    rails.model_dump(exclude_none=True)
                )
            },
            key=self._key,
        )
        judge_attempt = WorkflowFunction(
            self,
            "JudgeAttempt",
            code=self._code,
            handler="lambdas.judge_attempt.handler",
            settings=settings,
            key=self._key,
        )
        return build_request, judge_attempt

    def _state_machine(
        self, build_request: WorkflowFunction, judge_attempt: WorkflowFunction
    ) -> sfn.StateMachine:
        settings = self._settings
        body = definition(
            partition=Aws.PARTITION,
            build_request_arn=build_request.version.function_arn,
            judge_attempt_arn=judge_attempt.version.function_arn,
            assume_role=bool(settings.assumable_roles),
            timeout_seconds=(
                settings.execution_timeout_seconds or execution_timeout(settings.max_run_limit)
            ),
        )
        # Step Functions delivers logs best to groups of this prefix:
        # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
        prefix = f"/aws/vendedlogs/states/{settings.state_machine_name}"
        return sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=settings.state_machine_name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(Stack.of(self).to_json_string(body)),
            role=self.role,
            logs=sfn.LogOptions(
                destination=log_group(self, prefix, settings, self._key),
                level=sfn.LogLevel.ALL,
                include_execution_data=settings.execution_data_in_logs,
            ),
            tracing_enabled=True,
            encryption_configuration=(
                sfn.CustomerManagedEncryptionConfiguration(self._key) if self._key else None
            ),
        )

    def _alias(self) -> str:
        version = sfn.CfnStateMachineVersion(
            self,
            "Version",
            state_machine_arn=self.state_machine.state_machine_arn,
            state_machine_revision_id=self.state_machine.state_machine_revision_id,
        )
        # Executions of an earlier version go on, and an alias can go back to it.
        version.apply_removal_policy(RemovalPolicy.RETAIN)
        alias = sfn.CfnStateMachineAlias(
            self,
            "Alias",
            name=ALIAS,
            deployment_preference=sfn.CfnStateMachineAlias.DeploymentPreferenceProperty(
                state_machine_version_arn=version.ref, type="ALL_AT_ONCE"
            ),
        )
        return alias.ref
