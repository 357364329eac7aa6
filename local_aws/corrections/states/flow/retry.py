"""Retry and Catch of Task, Parallel and Map states.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution.run import Ended
from local_aws.corrections.states.expressions import jsonata as states_jsonata

Transition = tuple[Any, str | None]


def delay_seconds(
    retrier: dict[str, Any], retries: int, uniform: Callable[[float, float], float]
) -> float:
    """Return the seconds to wait before the next attempt, after `retries` retries so far.

    ministack caps every delay at 60 s and ignores MaxDelaySeconds and JitterStrategy.
    """
    delay = float(retrier.get("IntervalSeconds", 1)) * (
        float(retrier.get("BackoffRate", 2.0)) ** retries
    )
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    if retrier.get("JitterStrategy") == "FULL":
        return uniform(0.0, delay)
    return delay


def with_retry_and_catch(
    state_def: dict[str, Any],
    raw_input: Any,
    ctx: dict[str, Any],
    attempt: Callable[[], Transition],
    failed: Callable[[states._ExecutionError], object] = lambda _: None,
) -> Transition:
    """Attempt the state until it succeeds, is caught, or fails.

    Every retrier counts its own attempts; `$states.context.State.RetryCount` is their sum.

    Args:
        state_def: The state.
        raw_input: Its input.
        ctx: The context object and the variables.
        attempt: Does the state's work.
        failed: Called with an error that is not retried, before it is caught.
    """
    state = ctx["State"]
    retries: dict[int, int] = {}
    while True:
        ctx["State"] = {**state, "RetryCount": sum(retries.values())}
        try:
            return attempt()
        except Ended:
            raise
        except states._ExecutionError as error:
            retrier, index = states._find_matching_retrier(
                state_def.get("Retry", []), error.error, retries
            )
            if retrier is None:
                failed(error)
                return _catch(state_def, raw_input, ctx, error)
            delay = delay_seconds(retrier, retries.get(index, 0), random.uniform)
            states._scaled_sleep(delay)
            retries[index] = retries.get(index, 0) + 1


def _catch(
    state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any], error: states._ExecutionError
) -> Transition:
    """Take the way of a Catch; raise the error again when no entry is meant for it."""
    for index, catcher in enumerate(state_def.get("Catch", [])):
        if not states._error_matches(catcher.get("ErrorEquals", []), error.error):
            continue
        caught = {"Error": error.error, "Cause": error.cause}
        if states._state_query_language(state_def, ctx) != "JSONata":
            path = catcher.get("ResultPath", "$")
            return states._apply_result_path_raw(path, raw_input, caught), catcher["Next"]
        place = f"Catch[{index}]"
        output = states_jsonata.output(
            catcher,
            raw_input,
            ctx,
            error_output=caught,
            default=caught,
            field=f"{place}/Output",
        )
        states_jsonata.assign(catcher, raw_input, ctx, error_output=caught, field=f"{place}/Assign")
        return output, catcher["Next"]
    raise error
