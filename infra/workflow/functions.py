"""A Lambda function of the state machine, with a role that writes its own log."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from training_job import GuardRails

from ..grants.permissions import acknowledge, allow
from ..settings.model import Settings
from ..storage.log_group import log_group


def as_variable(scope: Construct, rails: GuardRails) -> str:
    """Return guard rails as the environment variable of a function."""
    return Stack.of(scope).to_json_string(rails.model_dump(exclude_none=True))


_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class WorkflowFunction(Construct):
    """A Lambda function of a state machine; file, class and state, if it has one, share its name.

    Args:
        scope: Where it is made.
        name: Of the function.
        code: What the functions share.
        handler: The function in it.
        settings: Of the runtime and the log.
        environment: variables.
        of: Name of the state machine; that of the trainings when None.
        key: Encrypts its variables and its log; keys of AWS when None.

    Attributes:
        role: What the function runs as; it may write its own log, and nothing else yet.
        function: The function.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        code: lambda_.Code,
        handler: str,
        settings: Settings,
        environment: dict[str, str] | None = None,
        of: str | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, name)
        of = of or settings.state_machine_name
        log = log_group(self, f"/aws/lambda/{of}-{name}", settings, key)
        self.role = self._role(log)
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"{name} of the state machine {of}",
            code=code,
            handler=handler,
            runtime=lambda_.Runtime(settings.lambda_runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=_ARCHITECTURES[settings.lambda_architecture],
            role=self.role,
            log_group=log,
            environment=environment,
            environment_encryption=key,
            memory_size=512,
            timeout=Duration.seconds(30),
            # An execution may outlive many deployments and keeps calling the version it began with.
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
        )
        reason = "The newest runtime that this project is tested on."
        acknowledge(self.function, "AwsSolutions-L1", reason=reason)

    @property
    def version(self) -> lambda_.Version:
        """The version that the current definition of the state machine calls, made on first use."""
        return self.function.current_version

    def _role(self, log: logs.ILogGroup) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        allow(role, "WriteOwnLog", actions, [log.log_group_arn])
        return role
