"""The expressions of the driver: conditions of tasks, and fields of loop items.

`v2/expression/expression.go` evaluates CEL with cel-go; here the Rust implementation does, held
by cel-go's own answers in `recordings/go.json`.
"""

import json
from typing import Any

import cel

from tests.kfp_backend.errors import DriverFailed
from tests.kfp_backend.go_text import to_text


def condition(inputs: dict[str, Any], expression: str) -> bool:
    """Whether a task runs (expression.go: Condition).

    Args:
        inputs: `artifacts` and `parameterValues` of the executor input.
        expression: The task's `triggerPolicy.condition`.

    Raises:
        DriverFailed: The expression names an input that is not there, or gives no boolean.
    """
    fields = {
        "artifacts": inputs.get("artifacts", {}),
        "parameter_values": _doubles(inputs.get("parameterValues", {})),
    }
    result = _evaluate(expression, {"inputs": fields})
    if not isinstance(result, bool):
        raise DriverFailed(f"evaluation error: return type is not bool, got {result!r}")
    return result


def select(value: Any, expression: str) -> Any:
    """A part of a value (expression.go: Select), such as a field of a loop item.

    The expression sees the value's JSON text as `string_value`.

    Raises:
        DriverFailed: There is no such part, or it is null, for which structpb has no conversion.
    """
    fields: dict[str, Any] = {"string_value": to_text(value)}
    for name, kind in (("struct_value", dict), ("list_value", list), ("bool_value", bool)):
        if isinstance(value, kind):
            fields[name] = _doubles(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        fields["number_value"] = float(value)
    result = _evaluate(expression, fields)
    if result is None:
        raise DriverFailed(
            "failed to convert result to protobuf.Value: proto: invalid type: structpb.NullValue"
        )
    return result


def _evaluate(expression: str, fields: dict[str, Any]) -> Any:
    context = cel.Context(variables=fields, functions={"parseJson": _parse_json})
    try:
        return cel.evaluate(expression, context)
    except (ArithmeticError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DriverFailed(f"evaluation error: {error}") from None


def _parse_json(text: str) -> Any:
    try:
        return _doubles(json.loads(text))
    except ValueError as error:
        raise RuntimeError(f"failed to unmarshal JSON: {error}") from None


def _doubles(value: Any) -> Any:
    """Every number of JSON is a double to Go."""
    if isinstance(value, dict):
        return {key: _doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
