"""The state machine role: what an execution may do in this account.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html lists what
`createTrainingJob.sync` needs; each statement says what it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..grants.permissions import allow
from ..settings.model import Settings


def state_machine_role(
    scope: Construct,
    settings: Settings,
    *,
    job_role_arns: Sequence[str],
    function_arns: Sequence[str],
) -> iam.Role:
    """Return the role that executions of the state machine run as.

    Args:
        scope: Where the role is made.
        settings: Its guard rails become conditions.
        job_role_arns: The only roles that executions may pass to SageMaker.
        function_arns: The functions that the definition calls, without a version.
    """
    role = iam.Role(
        scope,
        "Role",
        description=f"Executions of {settings.state_machine_name}",
        assumed_by=step_functions(Stack.of(scope), settings.state_machine_name),
    )
    allow_functions(role, function_arns)
    _allow_training(role, settings)
    allow(
        role,
        "PassJobRoles",
        ["iam:PassRole"],
        job_role_arns,
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    allow_events(role, "HearOfTrainingJobs", "StepFunctionsGetEventsForSageMakerTrainingJobsRule")
    if settings.assumable_roles:
        allow(role, "AssumeAllowedRoles", ["sts:AssumeRole"], settings.assumable_roles)
    allow_own_failure(role)
    return role


def step_functions(stack: Stack, state_machine: str) -> iam.IPrincipal:
    """Return Step Functions for the state machine of this name, and for no other."""
    machine = stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=state_machine,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.ServicePrincipal("states.amazonaws.com").with_conditions(
        {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            # By itself, and by an alias or a version.
            "ArnLike": {"aws:SourceArn": [machine, f"{machine}:*"]},
        }
    )


def _allow_training(role: iam.Role, settings: Settings) -> None:
    jobs = Stack.of(role).format_arn(
        service="sagemaker", resource="training-job", resource_name="*"
    )
    names = "Callers name the jobs."
    for number, conditions in enumerate(guard_rail_conditions(settings)):
        allow(
            role,
            f"CreateTrainingJobs{number or ''}",
            ["sagemaker:CreateTrainingJob"],
            [jobs],
            conditions=conditions,
            wildcard=names,
        )
    # SageMaker asks for AddTags whenever CreateTrainingJob carries tags, and Step Functions adds
    # MANAGED_BY_AWS; ListTags is how .sync reads the tags that it returns with the job.
    allow(
        role,
        "FollowTrainingJobs",
        [
            "sagemaker:AddTags",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:ListTags",
            "sagemaker:StopTrainingJob",
        ],
        [jobs],
        wildcard=names,
    )


_OUTPUT_KEYS = ("sagemaker:OutputKmsKeyArn", "sagemaker:OutputKmsKey")
"""The condition key of the output's encryption, and its deprecated name: a request is known by one
of them, so each has a statement of its own."""


def guard_rail_conditions(settings: Settings) -> list[dict[str, Any]]:
    """Return the guard rails as conditions on sagemaker:CreateTrainingJob, a statement each.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    """
    conditions: dict[str, Any] = {
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(settings.max_run_limit)},
        # Absent from a request without a warm pool.
        "NumericLessThanEqualsIfExists": {
            "sagemaker:KeepAlivePeriod": str(settings.max_keep_alive)
        },
    }
    present = [f"aws:RequestTag/{key}" for key in settings.required_tags]
    if settings.allowed_instance_types is not None:
        conditions["ForAllValues:StringEquals"] = {
            "sagemaker:InstanceTypes": settings.allowed_instance_types
        }
        # ForAllValues is true of a request without the key.
        present.append("sagemaker:InstanceTypes")
    if present:
        conditions["Null"] = dict.fromkeys(present, "false")
    required = settings.required_encryption_key
    if required is None:
        return [conditions]
    return [{**conditions, "ArnEquals": {key: required}} for key in _OUTPUT_KEYS]


def allow_functions(role: iam.IRole, function_arns: Sequence[str]) -> None:
    """Let a state machine call its functions, named without a version."""
    allow(
        role,
        "CallFunctions",
        ["lambda:InvokeFunction"],
        [f"{arn}:*" for arn in function_arns],
        wildcard=(
            "The versions of each function: an execution that began before a deployment goes on "
            "calling those it began with."
        ),
    )


def allow_events(role: iam.IRole, sid: str, rule: str) -> None:
    """Let .sync hear of the end of what it started through a rule that Step Functions manages."""
    arn = Stack.of(role).format_arn(service="events", resource="rule", resource_name=rule)
    allow(role, sid, ["events:DescribeRule", "events:PutRule", "events:PutTargets"], [arn])


def allow_own_failure(role: iam.IRole) -> None:
    """Let the state Failed report the failure of its own execution.

    The state machine adds the statements for its log and its traces itself.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
    """
    allow(
        role,
        "ReportOwnFailure",
        ["states:SendTaskFailure"],
        ["*"],
        wildcard=(
            "SendTaskFailure has no resource to name: the task token, which only the task itself "
            "knows, says which task fails. Nor have log delivery and X-Ray."
        ),
    )
