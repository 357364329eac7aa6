"""Task states: timeouts that work, tasks that can be ended, and the events AWS records.

https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""

from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import CURRENT, Ended, Run, TaskTimedOut
from local_aws.corrections.states.expressions import jsonata as states_jsonata
from local_aws.corrections.states.integrations import callback, credentials, service
from local_aws.corrections.states.integrations.task import Task

Transition = tuple[Any, str | None]
_MAXIMUM_CAUSE = 32_768  # characters, as of every cause in the API


def execute_task(
    state_def: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> Transition:
    """Run a Task state under its Retry and Catch."""
    del execution  # the run knows it
    run = CURRENT.get()
    if run is None:
        raise RuntimeError("a Task state runs only within an execution")
    output, target = states._with_retry_and_catch(
        state_def, raw_input, ctx, lambda: _attempt(run, state_def, raw_input, ctx)
    )
    return output, target


def _attempt(
    run: Run, state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]
) -> Transition:
    """Attempt it once, from its arguments to its output and variables."""
    task = _prepare(run, state_def, raw_input, ctx)
    role = task.role_arn if "Credentials" in state_def else None
    history.task_scheduled(run.execution, task.resource, task.arguments, task.timeout, role)
    result = _perform(run, task)
    if states._state_query_language(state_def, ctx) == "JSONata":
        output = states_jsonata.output(state_def, raw_input, ctx, result=result, default=result)
        states_jsonata.assign(state_def, raw_input, ctx, result=result)
    else:
        selected = states._apply_result_selector(state_def, result)
        output = states._apply_result_path(state_def, raw_input, selected)
        output = states._apply_output_path(state_def, output, ctx)
    return output, states._next_or_end(state_def)


def _prepare(run: Run, state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> Task:
    """Evaluate what an attempt needs, in the order AWS names errors: arguments first."""
    resource = state_def.get("Resource", "")
    token = new_uuid() if resource.endswith(callback.SUFFIX) else None
    if token:
        ctx["Task"] = {"Token": token}
    if states._state_query_language(state_def, ctx) == "JSONata":
        arguments = states_jsonata.arguments(state_def, raw_input, ctx)
    else:
        effective = states._apply_input_path(state_def, raw_input, ctx)
        arguments = states._apply_parameters(state_def, effective, ctx)
    states_errors.check_size(arguments, resource, ctx)
    service.check_fields(resource, arguments, ctx)
    timeout = _timeout(state_def, raw_input, ctx)
    deadline = None if timeout is None else run.clock() + timeout
    role = credentials.role_arn(state_def, raw_input, ctx, run.role_arn)
    return Task(resource, arguments, role, timeout, deadline, token)


def _timeout(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> float | None:
    """Return TimeoutSeconds, which may be an expression: with one, ministack crashes."""
    if "TimeoutSecondsPath" in state_def:
        value = states._resolve_path_or_ctx(state_def["TimeoutSecondsPath"], raw_input, ctx)
    elif "TimeoutSeconds" in state_def:
        value = states_jsonata.typed(state_def, "TimeoutSeconds", "number", raw_input, ctx)
    else:
        return None
    if not states._is_num(value) or value <= 0 or not float(value).is_integer():
        raise states_errors.engine_error(
            "States.QueryEvaluationError",
            f"The TimeoutSeconds field must be a positive integer: {history.text(value)}",
            ctx,
        )
    return float(value)


def _perform(run: Run, task: Task) -> Any:
    """Make the call and record how it went; an ended execution records nothing more."""
    kind = history.resource_names(task.resource)["resourceType"]
    try:
        history.task_event(run.execution, task.resource, "TaskStarted")
        result = service.call(run, task)
        states_errors.check_size(result, kind, None)
    except Ended:
        raise
    except TaskTimedOut as error:
        history.task_event(run.execution, task.resource, "TaskTimedOut", error=error.error)
        raise
    except states._ExecutionError as error:
        run.check()
        error.cause = error.cause and error.cause[:_MAXIMUM_CAUSE]
        history.task_event(
            run.execution, task.resource, "TaskFailed", error=error.error, cause=error.cause
        )
        raise
    history.task_event(run.execution, task.resource, "TaskSucceeded", output=history.text(result))
    return result
