"""A change set of outputs only, which ministack takes for one without changes.

AWS executes it like any other, though it lists no change of a resource:
https://github.com/jenkinsci/pipeline-aws-plugin/issues/210 describes one.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation

Response = tuple[int, Any, bytes]

_READY = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "StatusReason": ""}


def with_outputs(original: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Wrap CreateChangeSet, so that a change of the template's outputs is one."""

    def create(params: Any) -> Response:
        response = original(params)
        made = re.search(rb"<Id>(.+?)</Id>", response[2])
        if made:
            _count_outputs(cloudformation._change_sets[made[1].decode()])
        return response

    return create


def _count_outputs(change_set: dict[str, Any]) -> None:
    if not change_set["StatusReason"].startswith("The submitted information didn't contain"):
        return
    before = cloudformation._stacks[change_set["StackName"]]["_template"]
    if before.get("Outputs") != change_set["_template"].get("Outputs"):
        change_set.update(_READY)
