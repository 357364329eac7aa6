"""Choice states in JSONata: a condition must be true or false.

ministack takes any value for a condition and asks whether it is truthy, and it keeps neither the
Output of the Default way nor the field names of errors.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution.errors import engine_error
from local_aws.corrections.states.expressions import jsonata as states_jsonata

Transition = tuple[Any, str | None]


def corrected(original: Callable[..., Transition]) -> Callable[..., Transition]:
    """Wrap the work of Choice states; JSONPath states stay with ministack."""

    def execute_choice(
        state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]
    ) -> Transition:
        if states._state_query_language(state_def, ctx) != "JSONata":
            return original(state_def, raw_input, ctx)
        for index, rule in enumerate(state_def.get("Choices", [])):
            place = f"Choices[{index}]"
            if states_jsonata.typed(rule, f"{place}/Condition", "boolean", raw_input, ctx):
                return _leave(rule, rule["Next"], raw_input, ctx, f"{place}/")
        if "Default" not in state_def:
            raise engine_error(
                "States.NoChoiceMatched", "Failed to transition out of the state.", ctx
            )
        return _leave(state_def, state_def["Default"], raw_input, ctx, "")

    return execute_choice


def _leave(
    way: dict[str, Any], target: str, raw_input: Any, ctx: dict[str, Any], place: str
) -> Transition:
    """Apply Output and Assign of the way taken; both see the variables as they were before."""
    output = states_jsonata.output(way, raw_input, ctx, default=raw_input, field=f"{place}Output")
    states_jsonata.assign(way, raw_input, ctx, field=f"{place}Assign")
    return output, target
