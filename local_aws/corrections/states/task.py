"""Task states: timeouts that work, tasks that can be ended, and the events AWS records.

https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""

from dataclasses import dataclass
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as states

from local_aws.corrections.states import callback as states_callback
from local_aws.corrections.states import credentials as states_credentials
from local_aws.corrections.states import errors as states_errors
from local_aws.corrections.states import history
from local_aws.corrections.states import jsonata as states_jsonata
from local_aws.corrections.states import permissions as states_permissions
from local_aws.corrections.states import sagemaker as states_sagemaker
from local_aws.corrections.states.run import CURRENT, Ended, Run, TaskTimedOut

Transition = tuple[Any, str | None]


@dataclass(frozen=True)
class Task:
    """One attempt of a task.

    Attributes:
        resource: The state's Resource.
        arguments: What is sent.
        role_arn: The role the call is made with: the state machine's, or that of Credentials.
        timeout: Seconds it may take; None for the default of 99,999,999.
        deadline: When it times out, in seconds of the run's clock.
    """

    resource: str
    arguments: Any
    role_arn: str
    timeout: float | None
    deadline: float | None


def execute_task(
    state_def: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> Transition:
    """Run a Task state under its Retry and Catch."""
    run = CURRENT.get()
    if run is None:
        raise RuntimeError("a Task state runs only within an execution")
    output, target = states._with_retry_and_catch(
        state_def, raw_input, ctx, lambda: _attempt(run, state_def, raw_input, execution, ctx)
    )
    return output, target


def _attempt(
    run: Run,
    state_def: dict[str, Any],
    raw_input: Any,
    execution: dict[str, Any],
    ctx: dict[str, Any],
) -> Transition:
    """One attempt, from its arguments to its output and variables."""
    resource = state_def.get("Resource", "")
    if resource.endswith(states_callback.SUFFIX):
        ctx["Task"] = {"Token": new_uuid()}
    task = _prepare(run, state_def, raw_input, ctx)
    credentials = task.role_arn if "Credentials" in state_def else None
    history.task_scheduled(execution, resource, task.arguments, task.timeout, credentials)
    result = _perform(run, task, execution, ctx)
    states_errors.check_size(result, resource, ctx)
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
    if states._state_query_language(state_def, ctx) == "JSONata":
        arguments = states_jsonata.arguments(state_def, raw_input, ctx)
    else:
        effective = states._apply_input_path(state_def, raw_input, ctx)
        arguments = states._apply_parameters(state_def, effective, ctx)
    states_errors.check_size(arguments, state_def.get("Resource", ""), ctx)
    states_sagemaker.check_fields(state_def.get("Resource", ""), arguments, ctx)
    timeout = _timeout(state_def, raw_input, ctx)
    deadline = None if timeout is None else run.clock() + timeout
    role = states_credentials.role_arn(state_def, raw_input, ctx, run.role_arn)
    return Task(state_def.get("Resource", ""), arguments, role, timeout, deadline)


def _timeout(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> float | None:
    """TimeoutSeconds, which may be an expression: with one, ministack crashes."""
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


def _perform(run: Run, task: Task, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
    """Make the call and record how it went; an ended execution records nothing more."""
    try:
        history.task_event(execution, task.resource, "TaskStarted")
        result = _call(run, task, execution, ctx)
    except Ended:
        raise
    except TaskTimedOut as error:
        history.task_event(execution, task.resource, "TaskTimedOut", error=error.error)
        raise
    except states._ExecutionError as error:
        run.check()
        history.task_event(
            execution, task.resource, "TaskFailed", error=error.error, cause=error.cause
        )
        raise
    history.task_event(execution, task.resource, "TaskSucceeded", output=history.text(result))
    return result


def _call(run: Run, task: Task, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
    states_credentials.assume(task.role_arn, run.role_arn, run.execution["stateMachineArn"])
    if task.resource.startswith(states_sagemaker.CREATE_TRAINING_JOB):
        return states_sagemaker.create_training_job(run, task, execution)
    if task.resource.startswith(states_sagemaker.SDK):
        return run.call(
            lambda: states_sagemaker.call_sdk(task.role_arn, task.resource, task.arguments),
            task.deadline,
        )
    if "lambda:" in task.resource:
        states_permissions.check_lambda(task.role_arn, task.resource, task.arguments)
    if task.resource.endswith(states_callback.SUFFIX):
        return states._invoke_with_callback(run, task, execution, ctx["Task"]["Token"])
    return run.call(lambda: states._invoke_resource(task.resource, task.arguments), task.deadline)
