"""Bare names in JSONata expressions, which Step Functions refuses when a definition is created.

An expression has no document to look a bare name up in: everything comes from `$states` and from
variables. ministack stores such a definition, and its executions fail.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html; the text of the error
is quoted in https://github.com/floci-io/floci/issues/2670.
"""

from collections.abc import Iterator
from typing import Any

import jsonata

from local_aws.corrections.states.expressions.jsonata import is_expression

# What an expression's parts are called. Predicates, the later steps of a path, transforms and the
# bodies of functions are left out: a bare name in them means the item at hand.
_PARTS = (
    "lhs",
    "rhs",
    "condition",
    "then",
    "_else",
    "expression",
    "expressions",
    "arguments",
    "procedure",
    "lhs_object",
)
_OWN_CONTEXT = {"lambda", "transform"}


def unsupported_references(value: Any, place: str = "") -> Iterator[str]:
    """Yield what AWS says about each bare name in the expressions of a definition."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from unsupported_references(item, f"{place}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unsupported_references(item, f"{place}[{index}]")
    elif is_expression(value):
        for name in bare_names(jsonata.Jsonata.jsonata(value[2:-2].strip()).ast):
            yield (
                f"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not "
                f"supported. at {place}"
            )


def bare_names(node: Any) -> Iterator[str]:
    """Yield the names that an expression, as the library parsed it, looks up in no object."""
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from bare_names(item)
        return
    kind = getattr(node, "type", None)
    if kind is None or kind in _OWN_CONTEXT:
        return
    if kind == "path":
        first = node.steps[0]
        if first.type == "name":
            yield str(first.value)
        else:
            yield from bare_names(first)
        return
    for part in _PARTS:
        yield from bare_names(getattr(node, part, None))
