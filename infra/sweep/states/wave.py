"""The states of a sweep itself: what is next, and a wave of trials."""

from __future__ import annotations

from typing import Any

from ...workflow.states.expressions import REDRIVES, State
from ...workflow.states.functions import EXECUTION, invoke, named_failure
from .catch import catch_everything

_PLAN_SWEEP_RETRIES = 100
"""About eight hours, as of JudgeAttempt: what was trained is not given up for Lambda's sake."""


def initialise(*, then: str) -> State:
    """Give every variable a value: reading one that has none would fail the execution."""
    assign = {"records": [], "objective": "{% '' %}", "prefix": "{% '' %}", "redrives": 0}
    return {"Type": "Pass", "Assign": assign, "Next": then}


def plan_sweep(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    """Decide by the records of the trials that ended what is next."""
    payload = {
        "arguments": "{% $states.context.Execution.Input %}",
        "execution": EXECUTION,
        "records": "{% $records %}",
    }
    assign = {
        "records": "{% [$states.result.Payload.records] %}",
        "objective": "{% $states.result.Payload.objective_metric %}",
        "prefix": "{% $states.result.Payload.model_artifact_path %}",
        "redrives": f"{{% {REDRIVES} %}}",
    }
    called = invoke(tasks, function_arn, payload, assign, retries=_PLAN_SWEEP_RETRIES)
    return {**called, "Catch": _failed("PlanSweep", broken), "Next": then}


def run_wave(iteration: dict[str, State], *, then: str, broken: str) -> State:
    """Run the trials of a wave, so many at once, and keep a record of each.

    It fails only by what no Catch of an iteration can catch (States.Runtime); then a redrive looks
    at every trial of the wave again, and records those that have ended well.
    """
    return {
        "Type": "Map",
        "Items": "{% $states.input.wave %}",
        "MaxConcurrency": "{% $states.input.max_parallel %}",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": next(iter(iteration)),
            "States": iteration,
        },
        "Assign": {"records": "{% $append($records, $states.result) %}"},
        "Output": {},
        "Catch": _failed("RunWave", broken),
        "Next": then,
    }


def _failed(where: str, broken: str) -> list[dict[str, Any]]:
    """Catch everything, and fail with the name of the state that failed."""
    assign = {"redrives": f"{{% {REDRIVES} %}}"}
    output = named_failure("RequestRejected", where)
    return catch_everything(output, Assign=assign, Next=broken)
