"""The role a task's call is made with: the state machine's own, or the one its Credentials name.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
"""

from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.iam import roles as iam_roles
from local_aws.corrections.states.expressions import jsonata as states_jsonata


def role_arn(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any], default: str) -> str:
    """Return Credentials.RoleArn, which ministack ignores; `default` without Credentials."""
    credentials = state_def.get("Credentials")
    if credentials is None:
        return default
    if states._state_query_language(state_def, ctx) == "JSONata":
        scope = states_jsonata.Scope(raw_input, ctx)
        chosen = states_jsonata.evaluate(credentials, "Credentials", scope)
    else:
        chosen = states._resolve_params_obj(credentials, raw_input, ctx)
    return str(chosen["RoleArn"])


def assume(role: str, source: str, state_machine_arn: str) -> None:
    """Check that the state machine role may assume the role of a task's Credentials.

    The role must exist and trust the state machine role, with the state machine's ARN as the
    external id if it asks for one; where permissions are enforced, the state machine role needs
    sts:AssumeRole on it too.

    Raises:
        _ExecutionError: States.TaskFailed in AWS's words, which public stacks catch.
    """
    if role == source:
        return
    if (
        iam_roles.enforced() and iam_roles.denied(source, "sts:AssumeRole", role)
    ) or not iam_roles.trusts_role(role, source, state_machine_arn):
        raise states._ExecutionError(
            "States.TaskFailed",
            f"The role {source} is not authorized to assume the task state's role, {role}.",
        )
