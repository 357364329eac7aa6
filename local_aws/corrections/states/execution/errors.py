"""The errors the engine itself raises: who may catch them, and how their cause reads.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Sequence
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import Ended

MAXIMUM_BYTES = 256 * 1024
"""Of an input, an output, a result or a variable, as UTF-8 text.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

_NOT_IN_ALL = {"States.Runtime", "States.DataLimitExceeded"}


def error_matches(error_equals: Sequence[str], error: str) -> bool:
    """Whether a Retry or Catch entry is meant for this error.

    ministack lets States.ALL match everything. On AWS it leaves out States.Runtime and
    States.DataLimitExceeded, which is why an unknown field of a request ends an execution whatever
    it catches. States.TaskFailed matches every other error but States.Timeout.
    """
    if error == Ended().error:
        return False
    if error in error_equals:
        return error != "States.Runtime"
    if error in _NOT_IN_ALL:
        return False
    return "States.ALL" in error_equals or (
        "States.TaskFailed" in error_equals and error != "States.Timeout"
    )


def engine_error(error: str, cause: str, ctx: dict[str, Any] | None) -> states._ExecutionError:
    """Return an error of the engine, naming the state it happened in as AWS does."""
    state = (ctx or {}).get("State", {}).get("Name")
    if state is None:
        return states._ExecutionError(error, cause)
    where = f"'{state}' (entered at the event id #{(ctx or {}).get('entered', 0)})"
    return states._ExecutionError(
        error, f"An error occurred while executing the state {where}. {cause}"
    )


def parameters_error(
    arguments: Any, problems: Sequence[str], ctx: dict[str, Any]
) -> states._ExecutionError:
    """Return the error of a request that an optimized integration cannot send; uncatchable."""
    return engine_error(
        "States.Runtime",
        f"The Parameters '{history.text(arguments)}' could not be used to start the Task: "
        f"[{', '.join(problems)}]",
        ctx,
    )


def check_size(value: Any, what: str, ctx: dict[str, Any] | None) -> None:
    """Refuse a value over 256 KiB, as AWS does; ministack has no limit.

    Raises:
        _ExecutionError: States.DataLimitExceeded, which States.ALL does not catch; it names the
            state of `ctx`, or none for the result of a task.
    """
    if len(history.text(value).encode()) > MAXIMUM_BYTES:
        raise engine_error(
            "States.DataLimitExceeded",
            f"The state/task '{what}' returned a result with a size exceeding the maximum number "
            "of bytes service limit.",
            ctx,
        )
