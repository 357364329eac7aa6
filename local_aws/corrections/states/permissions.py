"""The permissions of the state machine role, where the server enforces permissions.

https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    new_uuid,
)
from ministack.services import stepfunctions as states

from local_aws.corrections.iam import roles as iam_roles
from local_aws.corrections.iam.context import sagemaker_context
from local_aws.sagemaker import arns
from local_aws.sagemaker.errors import SageMakerError

_MANAGED_RULE = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


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
        raise states._ExecutionError(
            "Lambda.AWSLambdaException",
            f"{text} (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; "
            f"Request ID: {new_uuid()}; Proxy: null)",
        )


def check_report(role_arn: str, operation: str) -> None:
    """Check SendTaskSuccess, SendTaskFailure or SendTaskHeartbeat, which name no resource.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html

    Raises:
        _ExecutionError: Sfn.SfnException, for the SDK has no class for a denial.
    """
    text = iam_roles.enforced() and iam_roles.denied(role_arn, f"states:{operation}", "*")
    if text:
        raise states._ExecutionError(
            "Sfn.SfnException",
            f"{text} (Service: Sfn, Status Code: 400, Request ID: {new_uuid()})",
        )


def machine_problem(name: str, role_arn: str, definition: str) -> str | None:
    """Why a state machine cannot be created with this role; None when it can.

    The role must trust Step Functions, for this account and state machine if it says so. With a
    `.sync` task of SageMaker, Step Functions makes an EventBridge rule of its own in the role's
    name, at creation.
    https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html#connect-iam-sync-async
    """
    if not iam_roles.enforced():
        return None
    account = get_account_id()
    source = f"arn:aws:states:{get_region()}:{account}:stateMachine:{name}"
    trust = {"aws:sourceaccount": account, "aws:sourcearn": source}
    if not iam_roles.trusts_service(role_arn, "states.amazonaws.com", trust):
        return (
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role."
        )
    rule = f"arn:aws:events:{get_region()}:{account}:rule/{_MANAGED_RULE}"
    if "sagemaker:createTrainingJob.sync" in definition and any(
        iam_roles.denied(role_arn, action, rule) for action in _RULE_ACTIONS
    ):
        return f"'{role_arn}' is not authorized to create managed-rule."
    return None


def checked(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Wrap CreateStateMachine and UpdateStateMachine with the check of the role."""

    def handle(data: dict[str, Any]) -> Any:
        existing = states._state_machines.get(data.get("stateMachineArn")) or {}
        name, role_arn, definition = (
            str(data.get(key) or existing.get(key, "")) for key in ("name", "roleArn", "definition")
        )
        problem = machine_problem(name, role_arn, definition) if role_arn else None
        if problem:
            return error_response_json("AccessDeniedException", problem, 400)
        return original(data)

    return handle


def _require(role_arn: str, action: str, resource: str, context: Mapping[str, Any]) -> None:
    text = iam_roles.denied(role_arn, action, resource, context)
    if text:
        raise SageMakerError("AccessDeniedException", text)


def _function_arn(name: str) -> str:
    if name.startswith("arn:"):
        return name
    short = name.rpartition(":function:")[2]
    return f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{short}"
