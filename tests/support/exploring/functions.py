"""The project's functions as the state machines call them, and what Lambda may do instead."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.exploring.machine import Call
from tests.support.exploring.outcomes import Raised, Returned

_KEPT = 50_000  # results

_LAMBDA = {
    "Lambda is busy": Raised({"Error": "Lambda.TooManyRequestsException", "Cause": "Rate"}),
    "Lambda does not answer": Raised({"Error": "States.Timeout", "Cause": ""}),
    "Lambda fails": Raised({"Error": "Lambda.Unknown", "Cause": None}),
}
_BROKEN = Raised({"Error": "KeyError"}, for_good=True)
_NOT_REPORTED = ("Sfn.SfnException", "Sfn.InvalidTokenException", "States.Timeout")


@dataclass
class Functions:
    """The functions.

    Attributes:
        handlers: By the ARN that the definition calls.
    """

    handlers: Mapping[str, Callable[[Any, Any], Any]]
    _results: dict[tuple[str, str], Returned] = field(default_factory=dict)

    def answers(self, state: str, world: Any, call: Call) -> Iterator[tuple[str, int, Any, Any]]:
        """Yield what may come of a function's call; what breaks, breaks until a redrive."""
        if state in world.broken:
            yield "", 0, world, _BROKEN
            return
        key = (state, call.text)
        if len(self._results) > _KEPT:
            self._results.clear()
        if key not in self._results:
            given = call.arguments
            payload = self.handlers[given["FunctionName"]](given["Payload"], None)
            text = json.dumps({"Payload": payload, "StatusCode": 200}, allow_nan=False)
            self._results[key] = Returned(text)
        yield "", 0, world, self._results[key]
        if world.deviations:
            for label, trouble in _LAMBDA.items():
                yield f"{state}: {label}", 1, world, trouble
            broken = world._replace(broken=(*world.broken, state))
            yield f"{state} breaks", 1, broken, _BROKEN


def reported(world: Any, call: Call) -> Iterator[tuple[str, int, Any, Raised]]:
    """Yield what may come of the task that reports the execution's own failure."""
    given = {name: call.arguments[name] for name in ("Error", "Cause")}
    yield "", 0, world, Raised(given, for_good=True)
    for error in _NOT_REPORTED:
        refused = Raised({"Error": error, "Cause": None}, for_good=True)
        yield f"failure not reported: {error}", 1, world, refused
