"""The iterations of an inline Map state: so many at once, until all succeed or one fails.

The events and their order are those of recordings: tests/support/recordings/step_functions.py.
"""

import contextvars
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import Ended, Run
from local_aws.corrections.states.expressions import jsonata as states_jsonata
from local_aws.corrections.states.flow.walk import walk

_logger = logging.getLogger("states")
_WITH_ABORTED_EVENT = {"Task", "Wait", "Parallel", "Map"}


@dataclass(frozen=True)
class _Failure:
    """What failed a Map state: the iteration, its error, and the last event before it."""

    index: int
    error: states._ExecutionError
    event: int


class Iterations:
    """One attempt at the iterations of a Map state.

    Args:
        run: The walk that the Map state is a state of.
        state_def: The Map state.
        raw_input: Its input.
        ctx: The context object and the variables.
        kept: By index, the position of each iteration that has begun, or its output. A redrive
            hands over those of the attempt before.
    """

    def __init__(
        self,
        run: Run,
        state_def: dict[str, Any],
        raw_input: Any,
        ctx: dict[str, Any],
        kept: dict[int, dict[str, Any]],
    ) -> None:
        self._run, self._state_def, self._raw_input, self._ctx = run, state_def, raw_input, ctx
        self._kept = kept
        self._name: str = ctx["State"]["Name"]
        self._lock = threading.Lock()
        self._running: dict[int, Run] = {}
        self._failure: _Failure | None = None
        self._last = history.last()

    def run(self, items: list[Any], at_once: int) -> list[Any]:
        """Return the iterations' outputs, in the order of the items.

        Raises:
            _ExecutionError: Of the first iteration that failed; the others were aborted.
            Ended: The execution ended first.
        """
        left = [index for index in range(len(items)) if "output" not in self._kept.get(index, {})]
        ahead = iter(left)
        workers = [
            threading.Thread(
                target=contextvars.copy_context().run, args=(self._work, items, ahead), daemon=True
            )
            for _ in range(min(at_once, len(left)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self._run.check()
        if self._failure is not None:
            self._record_failure(self._failure)
            raise self._failure.error
        history.chain_from(self._last)
        return [self._kept[index]["output"] for index in range(len(items))]

    def _work(self, items: list[Any], ahead: Iterator[int]) -> None:
        """Take one item after the other, until none is left or the Map state is over."""
        while True:
            with self._lock:
                index = None if self._over() else next(ahead, None)
            if index is None:
                return
            position = self._kept.setdefault(index, {})
            try:
                with self._run.iteration(self._state_def["ItemProcessor"], position) as part:
                    with self._lock:
                        if self._over():
                            return
                        self._running[index] = part
                    self._iterate(part, index, items[index])
            except Ended:
                continue
            except states._ExecutionError as error:
                self._fail(index, error)
            except Exception as error:  # a fault of the engine must not leave the state running
                _logger.exception("Unexpected error in iteration %s of %s", index, self._name)
                self._fail(index, states._ExecutionError("States.Runtime", str(error)))

    def _over(self) -> bool:
        return self._failure is not None or self._run.ended.is_set()

    def _iterate(self, part: Run, index: int, item: Any) -> None:
        self._event("MapIterationStarted", index)
        ctx = {**self._ctx, "Map": {"Item": {"Index": index, "Value": item}}}
        if "state" not in part.position:
            part.position.update(
                state=part.definition["StartAt"],
                input=self._selected(item, ctx),
                variables=ctx["variables"],
            )
        output = walk(part, ctx)
        part.check()
        with self._lock:
            if self._failure is not None:
                raise Ended
            del self._running[index]
            part.position.clear()
            part.position["output"] = output
            before = history.last()
            self._last = self._event("MapIterationSucceeded", index, beside=before)

    def _selected(self, item: Any, ctx: dict[str, Any]) -> Any:
        """Return an iteration's input: its item, or what ItemSelector makes of it."""
        if "ItemSelector" not in self._state_def:
            return item
        scope = states_jsonata.Scope(self._raw_input, ctx)
        selected = states_jsonata.evaluate(self._state_def["ItemSelector"], "ItemSelector", scope)
        states_errors.check_size(selected, self._name, ctx)
        return selected

    def _fail(self, index: int, error: states._ExecutionError) -> None:
        """Let this be the failure of the Map state, unless it has one, and end the others."""
        with self._lock:
            if self._over():
                return
            self._failure = _Failure(index, error, history.last())
            for other, part in self._running.items():
                if other != index:
                    part.end()

    def _record_failure(self, failure: _Failure) -> None:
        """Record the iteration that failed and those that were aborted with it."""
        history.chain_from(failure.event)
        self._event("MapIterationFailed", failure.index, beside=failure.event)
        if self._state_type(failure.index) == "Task":
            self._record_aborted_state(failure.index, failure.event)
        for index in sorted(self._running.keys() - {failure.index}):
            self._event("MapIterationAborted", index, beside=failure.event)
            self._record_aborted_state(index, failure.event)

    def _record_aborted_state(self, index: int, beside: int) -> None:
        state_type = self._state_type(index)
        if state_type in _WITH_ABORTED_EVENT:
            history.add_event(self._run.execution, f"{state_type}StateAborted", beside=beside)

    def _state_type(self, index: int) -> str | None:
        """Return the type of the state that an iteration is in; None before its first."""
        state = self._kept[index].get("state")
        found = self._state_def["ItemProcessor"]["States"].get(state, {})
        return found.get("Type") if state else None

    def _event(self, event_type: str, index: int, beside: int | None = None) -> int:
        key = event_type[0].lower() + event_type[1:] + "EventDetails"
        details = {key: {"name": self._name, "index": index}}
        return int(history.add_event(self._run.execution, event_type, details, beside=beside)["id"])
