"""State machine versions and aliases, which ministack lacks in templates, and definition checks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_StepFunctions.html
"""

from typing import Any

from ministack.services import stepfunctions as states
from ministack.services.cloudformation import provisioners

from local_aws.corrections.cloudformation.resource import (
    Created,
    Properties,
    ResourceType,
    answer,
    replaced_on_update,
    updated_in_place,
)
from local_aws.corrections.states.api.machine_role import machine_problem


def _create_version(_logical_id: str, props: Properties, _stack_name: str) -> Created:
    request = {
        "stateMachineArn": props["StateMachineArn"],
        "description": props.get("Description", ""),
    }
    if props.get("StateMachineRevisionId"):
        request["revisionId"] = props["StateMachineRevisionId"]
    arn = answer(states._publish_state_machine_version(request))["stateMachineVersionArn"]
    return arn, {"Arn": arn}


def _delete_version(arn: str, _props: Properties) -> None:
    answer(states._delete_state_machine_version({"stateMachineVersionArn": arn}))


def _routing(props: Properties) -> list[dict[str, Any]]:
    """Return where an alias leads: with a DeploymentPreference, at once where that ends."""
    preference = props.get("DeploymentPreference")
    if preference:
        return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]
    return [
        {"stateMachineVersionArn": way["StateMachineVersionArn"], "weight": int(way["Weight"])}
        for way in props["RoutingConfiguration"]
    ]


def _create_alias(logical_id: str, props: Properties, stack_name: str) -> Created:
    request = {
        "name": props.get("Name") or provisioners._physical_name(stack_name, logical_id),
        "description": props.get("Description", ""),
        "routingConfiguration": _routing(props),
    }
    arn = answer(states._create_state_machine_alias(request))["stateMachineAliasArn"]
    return arn, {"Arn": arn}


def _update_alias(
    arn: str, old: Properties, new: Properties, stack_name: str, logical_id: str
) -> Created:
    if old.get("Name") != new.get("Name"):
        created = _create_alias(logical_id, new, stack_name)
        provisioners._delete_predecessor(_delete_alias, arn, old)
        return created
    request = {
        "stateMachineAliasArn": arn,
        "description": new.get("Description", ""),
        "routingConfiguration": _routing(new),
    }
    answer(states._update_state_machine_alias(request))
    return arn, {"Arn": arn}


def _delete_alias(arn: str, _props: Properties) -> None:
    answer(states._delete_state_machine_alias({"stateMachineAliasArn": arn}))


def state_machine(original: ResourceType) -> ResourceType:
    """Wrap the state machine, so that its definition is checked when a stack creates it.

    ministack checks one that CreateStateMachine or an update brings, and takes any from a template.
    """

    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        definition = provisioners._sfn_definition(props)
        problem = states._validate_definition_jsonata(definition)
        if not problem and "RoleArn" in props:
            name = props.get("StateMachineName") or provisioners._physical_name(
                stack_name, logical_id, max_len=80
            )
            problem = machine_problem(name, props["RoleArn"], definition)
        if problem:
            raise ValueError(problem)
        created: Created = original["create"](logical_id, props, stack_name)
        return created

    return {**original, "create": create}


VERSION = replaced_on_update(_create_version, _delete_version)
ALIAS = updated_in_place(_create_alias, _update_alias, _delete_alias)
