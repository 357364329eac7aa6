"""The permissions of the state machine role, where the server enforces permissions.

https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local_aws.corrections.iam import roles as iam_roles
from local_aws.corrections.iam.context import sagemaker_context
from local_aws.corrections.states.integrations.sdk_errors import LAMBDA, STEP_FUNCTIONS
from local_aws.sagemaker import arns
from local_aws.sagemaker.errors import SageMakerError

SDK_STATES = "arn:aws:states:::aws-sdk:sfn:"


def check_sagemaker(role_arn: str, operation: str, request: Mapping[str, Any]) -> None:
    """Check a call of SageMaker: the action itself, the tags it sets, the role it passes.

    `.sync` sets tags of its own, so that it always needs sagemaker:AddTags.

    Raises:
        SageMakerError: AccessDeniedException.
    """
    if not iam_roles.enforced():
        return
    arn = arns.resource_arn(operation, request, region=get_region(), account=get_account_id())
    context = sagemaker_context(request)
    _require(role_arn, f"sagemaker:{operation}", arn, context)
    if operation.startswith("Create") and request.get("Tags"):
        _require(role_arn, "sagemaker:AddTags", arn, context)
    if "RoleArn" in request:
        passed = {"iam:passedtoservice": "sagemaker.amazonaws.com"}
        _require(role_arn, "iam:PassRole", str(request["RoleArn"]), passed)


def check_lambda(role_arn: str, resource: str, arguments: Any) -> None:
    """Check the invocation of a function.

    Raises:
        _ExecutionError: Lambda.AWSLambdaException.
    """
    if not iam_roles.enforced():
        return
    name = arguments.get("FunctionName", "") if "states:::lambda:invoke" in resource else resource
    text = iam_roles.denied(role_arn, "lambda:InvokeFunction", _function_arn(str(name)))
    if text:
        raise LAMBDA.optimized_error("AccessDeniedException", text, 403)


def check_start_execution(role_arn: str, arn: str) -> None:
    """Check states:StartExecution, for which a version or an alias counts as its state machine.

    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html

    Raises:
        _ExecutionError: StepFunctions.AWSStepFunctionsException.
    """
    parts = arn.split(":")
    machine, qualifier = ":".join(parts[:7]), ":".join(parts[7:])
    context = {"states:statemachinequalifier": qualifier} if qualifier else None
    _check_states(role_arn, "StartExecution", machine, context)


def check_execution(role_arn: str, operation: str, arn: str) -> None:
    """Check DescribeExecution or StopExecution of a nested execution.

    Raises:
        _ExecutionError: StepFunctions.AWSStepFunctionsException.
    """
    _check_states(role_arn, operation, arn)


def check_states_sdk(role_arn: str, resource: str, arguments: Mapping[str, Any]) -> None:
    """Check a call of `aws-sdk:sfn:<operation>`; reports of tasks name no resource.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html

    Raises:
        _ExecutionError: Sfn.SfnException, for the SDK has no class for a denial.
    """
    if not iam_roles.enforced():
        return
    operation = resource.removeprefix(SDK_STATES).partition(".")[0]
    arn = arguments.get("ExecutionArn") or arguments.get("StateMachineArn") or "*"
    text = iam_roles.denied(role_arn, f"states:{operation[0].upper()}{operation[1:]}", str(arn))
    if text:
        raise STEP_FUNCTIONS.sdk_error("AccessDeniedException", text, 400)


def _check_states(
    role_arn: str, operation: str, arn: str, context: Mapping[str, str] | None = None
) -> None:
    action = f"states:{operation}"
    text = iam_roles.enforced() and iam_roles.denied(role_arn, action, arn, context)
    if text:
        raise STEP_FUNCTIONS.optimized_error("AccessDeniedException", text, 400)


def _require(role_arn: str, action: str, resource: str, context: Mapping[str, Any]) -> None:
    text = iam_roles.denied(role_arn, action, resource, context)
    if text:
        raise SageMakerError("AccessDeniedException", text)


def _function_arn(name: str) -> str:
    if name.startswith("arn:"):
        return name
    short = name.rpartition(":function:")[2]
    return f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{short}"
