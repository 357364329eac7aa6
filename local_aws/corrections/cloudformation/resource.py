"""What the CloudFormation resource types added here have in common.

A type is a mapping of functions in ministack's registry: create(logical_id, props, stack_name) and
update(physical_id, old_props, new_props, stack_name, logical_id) return the physical id, which is
what Ref gives, and the attributes for Fn::GetAtt; delete(physical_id, props) returns nothing.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
Create = Callable[[str, Properties, str], Created]
Delete = Callable[[str, Properties], None]
ResourceType = dict[str, Any]


def replaced_on_update(create: Create, delete: Delete) -> ResourceType:
    """Return a type of which every change means a new resource and the end of the old one."""

    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Created:
        created = create(logical_id, new, stack_name)
        provisioners._delete_predecessor(delete, physical_id, old)
        return created

    return updated_in_place(create, update, delete)


def updated_in_place(
    create: Create, update: Callable[..., Created], delete: Delete
) -> ResourceType:
    """Return a type that changes without a new physical id."""
    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def with_attributes(
    attributes: Callable[[str, Properties], dict[str, Any]],
) -> Callable[[ResourceType], ResourceType]:
    """Add attributes for Fn::GetAtt to a type that ministack has: (physical id, props) to more."""

    def corrected(original: ResourceType) -> ResourceType:
        def create(logical_id: str, props: Properties, stack_name: str) -> Created:
            physical_id, known = original["create"](logical_id, props, stack_name)
            return physical_id, {**known, **attributes(physical_id, props)}

        def update(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Created:
            physical_id, known = original["update"](physical_id, old, new, *rest)
            return physical_id, {**known, **attributes(physical_id, new)}

        return {**original, "create": create, "update": update}

    return corrected


def answer(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    """Return the body of a service's answer; a refusal fails the stack with the service's words."""
    status, _, body = response
    content = json.loads(body) if body else {}
    if status >= 400:
        raise ValueError(content.get("message") or content.get("Message") or str(content))
    return dict(content)
