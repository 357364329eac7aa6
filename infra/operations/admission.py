"""Refusing new executions of a state machine, and taking them again.

Step Functions has no switch for it. What refuses is another definition: a change of it ends no
execution that runs, for each goes on with the definition that it began with.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
"""

from __future__ import annotations

import json
from typing import Any

_MESSAGE = "This deployment is being taken down and starts no training (make drain)."
_REFUSING = json.dumps(
    {
        "Comment": _MESSAGE,
        "StartAt": "Refused",
        "QueryLanguage": "JSONata",
        "States": {
            "Refused": {
                "Type": "Fail",
                "Error": "RequestRejected",
                "Cause": json.dumps({"message": _MESSAGE}),
            }
        },
    }
)


def refuse_new(states: Any, machine: str) -> None:
    """Let executions that are started from now on fail at once with a sentence that says why.

    Starts by the state machine's ARN and by its aliases are refused. A start by the ARN of an
    earlier version, and a redrive, go on as ever: what Step Functions keeps of them cannot change.

    Args:
        states: A client of Step Functions.
        machine: ARN of the state machine.
    """
    if _definition(states, machine) == _REFUSING:
        return
    refusing = states.update_state_machine(
        stateMachineArn=machine, definition=_REFUSING, publish=True
    )
    _lead_aliases(states, machine, refusing["stateMachineVersionArn"])


def take_again(states: Any, machine: str) -> bool:
    """Undo `refuse_new`; return whether there was anything to undo.

    The version that was deployed last is the newest of those that do not refuse.

    Args:
        states: A client of Step Functions.
        machine: ARN of the state machine.
    """
    if _definition(states, machine) != _REFUSING:
        return False
    versions = _all(states, "list_state_machine_versions", "stateMachineVersions", machine)
    arns = [each["stateMachineVersionArn"] for each in versions]
    definitions = {arn: _definition(states, arn) for arn in arns}
    taking = [arn for arn in arns if definitions[arn] != _REFUSING]
    last = max(taking, key=lambda arn: int(arn.rpartition(":")[2]))
    states.update_state_machine(stateMachineArn=machine, definition=definitions[last])
    _lead_aliases(states, machine, last)
    for arn in set(arns) - set(taking):
        states.delete_state_machine_version(stateMachineVersionArn=arn)
    return True


def _definition(states: Any, arn: str) -> str:
    found: str = states.describe_state_machine(stateMachineArn=arn)["definition"]
    return found


def _lead_aliases(states: Any, machine: str, version: str) -> None:
    for alias in _all(states, "list_state_machine_aliases", "stateMachineAliases", machine):
        states.update_state_machine_alias(
            stateMachineAliasArn=alias["stateMachineAliasArn"],
            routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
        )


def _all(states: Any, operation: str, key: str, machine: str) -> list[dict[str, Any]]:
    """Return every page of a list that botocore has no paginator for."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = getattr(states, operation)(stateMachineArn=machine, **more)
        found += page[key]
        if not page.get("nextToken"):
            return found
        more = {"nextToken": page["nextToken"]}
