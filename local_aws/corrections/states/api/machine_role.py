"""The role of a state machine: checked when one is created or updated, as AWS does.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import stepfunctions as states

from local_aws.corrections.iam import roles as iam_roles

_MANAGED_RULES = {
    "sagemaker:createTrainingJob.sync": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "states:startExecution.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


def machine_problem(name: str, role_arn: str, definition: str) -> str | None:
    """Return why a state machine cannot be created with this role; None when it can.

    The role must trust Step Functions, for this account and state machine if it says so. For a
    `.sync` task of SageMaker or of a nested execution, Step Functions makes an EventBridge rule of
    its own in the role's name, at creation.
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
    for task, rule_name in _MANAGED_RULES.items():
        rule = f"arn:aws:events:{get_region()}:{account}:rule/{rule_name}"
        if task in definition and any(
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
