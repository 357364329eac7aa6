"""Inline Map states in JSONata.

ministack goes on to the next item whatever became of the one before, after a StopExecution too,
begins again from the first item when an execution is redriven, and records no event.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import CURRENT, Run
from local_aws.corrections.states.expressions import jsonata as states_jsonata
from local_aws.corrections.states.flow.iterations import Iterations

Transition = tuple[Any, str | None]
MOST_AT_ONCE = 40
"""Iterations of an inline Map that run at the same time, whatever MaxConcurrency says."""


def corrected(original: Callable[..., Transition]) -> Callable[..., Transition]:
    """Wrap the work of Map states; JSONPath, DISTRIBUTED and Iterator stay with ministack."""

    def execute_map(
        state_def: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
    ) -> Transition:
        run = CURRENT.get()
        if run is None or not _corrected_here(state_def, ctx):
            return original(state_def, raw_input, execution, ctx)
        return _execute(run, state_def, raw_input, ctx)

    return execute_map


def _corrected_here(state_def: dict[str, Any], ctx: dict[str, Any]) -> bool:
    processor = state_def.get("ItemProcessor")
    if processor is None or states._state_query_language(state_def, ctx) != "JSONata":
        return False
    return bool(processor.get("ProcessorConfig", {}).get("Mode") != "DISTRIBUTED")


def _execute(
    run: Run, state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]
) -> Transition:
    """Run the state under its Retry and Catch; a retry begins anew, only a redrive goes on."""
    left = [run.position.pop("iterations", {})]

    def attempt() -> Transition:
        return _attempt(run, state_def, raw_input, ctx, left.pop() if left else {})

    def failed(error: states._ExecutionError) -> None:
        history.add_event(run.execution, "MapStateFailed")
        if error.error == "States.DataLimitExceeded":
            run.position.pop("iterations", None)  # then a redrive runs all of them again

    output, target = states._with_retry_and_catch(state_def, raw_input, ctx, attempt, failed)
    return output, target


def _attempt(
    run: Run,
    state_def: dict[str, Any],
    raw_input: Any,
    ctx: dict[str, Any],
    kept: dict[int, dict[str, Any]],
) -> Transition:
    """Attempt it once; `kept` are positions and outputs of iterations before a redrive."""
    items = _items(state_def, raw_input, ctx)
    at_once = _at_once(state_def, raw_input, ctx)
    run.position["iterations"] = kept
    length = {"mapStateStartedEventDetails": {"length": len(items)}}
    history.add_event(run.execution, "MapStateStarted", length)
    results = Iterations(run, state_def, raw_input, ctx, kept).run(items, at_once)
    states_errors.check_size(results, ctx["State"]["Name"], ctx)
    output = states_jsonata.output(state_def, raw_input, ctx, result=results, default=results)
    states_jsonata.assign(state_def, raw_input, ctx, result=results)
    history.add_event(run.execution, "MapStateSucceeded", beside=history.last())
    return output, states._next_or_end(state_def)


def _items(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> list[Any]:
    if "Items" in state_def:
        return list(states_jsonata.typed(state_def, "Items", "array", raw_input, ctx))
    if not isinstance(raw_input, list):
        cause = f"Map state input must be an array but was: {history.text(raw_input)}"
        raise states_jsonata.evaluation_error(cause, "", ctx)
    return raw_input


def _at_once(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> int:
    if "MaxConcurrency" not in state_def:
        return MOST_AT_ONCE
    given = states_jsonata.typed(state_def, "MaxConcurrency", "number", raw_input, ctx)
    if given < 0 or not float(given).is_integer():
        cause = f"The MaxConcurrency field must be a non-negative integer: {history.text(given)}"
        raise states_jsonata.evaluation_error(cause, "MaxConcurrency", ctx)
    return min(int(given) or MOST_AT_ONCE, MOST_AT_ONCE)
