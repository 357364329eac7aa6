"""The role a task's call is made with: the state machine's own, or the one its Credentials name.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
"""

from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections import states_jsonata


def role_arn(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any], default: str) -> str:
    """The ARN in Credentials.RoleArn, which ministack ignores; `default` without Credentials."""
    credentials = state_def.get("Credentials")
    if credentials is None:
        return default
    if states._state_query_language(state_def, ctx) == "JSONata":
        chosen = states_jsonata.evaluate(
            credentials, "Credentials", states_jsonata.Scope(raw_input, ctx)
        )
    else:
        chosen = states._resolve_params_obj(credentials, raw_input, ctx)
    return str(chosen["RoleArn"])


def assume(role: str, source: str, state_machine_arn: str) -> None:
    """Check that the state machine role may use the role of Credentials."""
