"""JSONata expressions of a state, evaluated and refused as Step Functions does.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. The texts of the errors
are those users of AWS quote: https://github.com/floci-io/floci/issues/2665.
"""

from dataclasses import dataclass
from typing import Any

import jsonata
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.errors import engine_error
from local_aws.corrections.states.execution.run import CURRENT, Run

_CONTEXT = ("Execution", "State", "StateMachine", "Task", "Map")


def is_expression(value: Any) -> bool:
    """Whether a value is `{% ... %}`."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


@dataclass(frozen=True)
class Scope:
    """What an expression can see.

    Attributes:
        raw_input: `$states.input`.
        ctx: The context object with the variables.
        result: `$states.result`, in a Task, Map or Parallel state.
        error_output: `$states.errorOutput`, in a Catch.
    """

    raw_input: Any
    ctx: dict[str, Any] | None
    result: Any = None
    error_output: Any = None


def evaluate(template: Any, field: str, scope: Scope) -> Any:
    """Return the value of a field: a template whose strings may be expressions.

    Args:
        template: The field's value in the definition.
        field: Where it stands, such as `Arguments` or `Catch[0]/Output`; errors name it.
        scope: What the expressions can see.

    Raises:
        _ExecutionError: States.QueryEvaluationError, naming expression and field.
    """
    if is_expression(template):
        return _expression(template[2:-2].strip(), field, scope)
    if isinstance(template, dict):
        return {key: evaluate(item, f"{field}/{key}", scope) for key, item in template.items()}
    if isinstance(template, list):
        return [evaluate(item, f"{field}[{at}]", scope) for at, item in enumerate(template)]
    return template


def typed(
    state_def: dict[str, Any], field: str, expected: str, raw_input: Any, ctx: dict[str, Any]
) -> Any:
    """Return a field that must be of a JSON type: Seconds, Cause, Choices[0]/Condition..."""
    template = state_def[field.rpartition("/")[2]]
    value = evaluate(template, field, Scope(raw_input, ctx))
    actual = states._json_type(value)
    if actual != expected:
        raise _refusal(
            field,
            str(template).strip("{%} "),
            f"returned an unexpected result type. Expected '{expected}', but was '{actual}' "
            f"for value: {history.text(value)}",
            ctx,
        )
    return value


def evaluate_expression(
    expression: str,
    raw_input: Any,
    ctx: dict[str, Any] | None = None,
    result: Any = None,
    error_output: Any = None,
) -> Any:
    """Evaluate for ministack's own callers, which name no field."""
    return _expression(expression, "", Scope(raw_input, ctx, result, error_output))


def arguments(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> Any:
    """Return what a task sends; the state's input when it has no Arguments."""
    if "Arguments" not in state_def:
        return raw_input
    return evaluate(state_def["Arguments"], "Arguments", Scope(raw_input, ctx))


def output(
    state_def: dict[str, Any],
    raw_input: Any,
    ctx: dict[str, Any] | None = None,
    *,
    result: Any = None,
    error_output: Any = None,
    default: Any = None,
    field: str = "Output",
) -> Any:
    """Return what a state passes on: its Output, or `default` without one."""
    if "Output" not in state_def:
        return default
    return evaluate(state_def["Output"], field, Scope(raw_input, ctx, result, error_output))


def assign(
    state_def: dict[str, Any],
    raw_input: Any,
    ctx: dict[str, Any] | None,
    *,
    result: Any = None,
    error_output: Any = None,
    field: str = "Assign",
) -> None:
    """Set a state's variables, all from the values as they were when the state began.

    ministack sets them one by one, so a later expression of the block sees an earlier one's value.
    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    """
    block = state_def.get("Assign")
    if ctx is None or not isinstance(block, dict):
        return
    values = evaluate(block, field, Scope(raw_input, ctx, result, error_output))
    ctx.setdefault("variables", {}).update(values)
    ctx.setdefault("assigned", {}).update(values)


_LONGEST_EVALUATION = 20_000
"""Milliseconds by the wall clock: ends what never would, and nothing ordinary on a busy machine."""


def _expression(expression: str, field: str, scope: Scope) -> Any:
    bindings = _bindings(scope)
    try:
        compiled = jsonata.Jsonata.jsonata(expression, timeout=_LONGEST_EVALUATION)
        states._register_sfn_jsonata_functions(compiled)
        value = compiled.evaluate(None, bindings)
    except Exception as error:  # the library raises its own and Python's errors alike
        code = getattr(error, "error", None)
        said = f"{code}: {error}" if isinstance(code, str) and code else str(error)
        what = f"threw an error during evaluation. {said}"
        raise _refusal(field, expression, what, scope.ctx) from None
    if value is None and not states._jsonata_result_defined(expression, bindings):
        raise _refusal(field, expression, "returned nothing (undefined).", scope.ctx)
    return value


def _bindings(scope: Scope) -> dict[str, Any]:
    """Return `$states` and the variables; the context is what AWS documents, not ministack's own.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    ctx = scope.ctx or {}
    null = jsonata.utils.Utils.NULL_VALUE  # the library reads a bound None as undefined
    bindings = {
        name: null if value is None else value for name, value in ctx.get("variables", {}).items()
    }
    bindings["states"] = {
        "input": scope.raw_input,
        "result": scope.result,
        "errorOutput": scope.error_output,
        "context": {key: ctx[key] for key in _CONTEXT if key in ctx},
    }
    return bindings


def evaluation_error(cause: str, field: str, ctx: dict[str, Any] | None) -> states._ExecutionError:
    """Return a States.QueryEvaluationError, recorded in the history as EvaluationFailed too."""
    error = engine_error("States.QueryEvaluationError", cause, ctx)
    run = CURRENT.get()
    if run is not None and not run.ended.is_set():
        _record(run, error, field, ctx or {})
    return error


def _refusal(
    field: str, expression: str, what: str, ctx: dict[str, Any] | None
) -> states._ExecutionError:
    where = f" specified for the field '{field}'" if field else ""
    return evaluation_error(f"The JSONata expression '{expression}'{where} {what}", field, ctx)


def _record(run: Run, error: states._ExecutionError, field: str, ctx: dict[str, Any]) -> None:
    """Add EvaluationFailed; on AWS it follows what a state follows that has done nothing yet."""
    if history.last() == ctx.get("entered"):
        history.chain_from(run.execution["events"][history.last() - 1]["previousEventId"])
    details = {"error": error.error, "cause": error.cause}
    if field:
        details["location"] = field
    details["state"] = ctx.get("State", {}).get("Name", "")
    history.add_event(run.execution, "EvaluationFailed", {"evaluationFailedEventDetails": details})
