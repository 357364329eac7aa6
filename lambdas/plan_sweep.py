"""PlanSweep: what a sweep does next, or which execution a trial is.

The state PlanSweep sends `arguments` (the execution's input), `execution` (arn, started_at,
redrives) and `records` (those that the last decision returned, and those of the wave since); it
gets the decision (training_sweep/decision.py). An iteration of RunWave sends `arguments`,
`execution` and `item` (trial, start) and gets `name` and `input` of the training execution to
start.

    Initialise: records = []
    PlanSweep:  {arguments, execution, records}  -> {decision, trials, wave, max_parallel,
                objective_metric, model_artifact_path, records, output, error, cause};
                assign records, objective_metric, model_artifact_path
    Route:      run -> RunWave; succeed -> Succeeded; fail -> Failed, which a redrive leads back to
                PlanSweep with the records assigned
    RunWave:    Map over wave, MaxConcurrency max_parallel; afterwards records = $append(records,
                what the iterations returned: training_sweep/records.py) -> PlanSweep
    iteration:  PlanTrial: {arguments, execution, item} -> {name, input}
                Train: startExecution.sync:2 of {name, input} -> the record of a success
                caught: DescribeExecution of the name decides. It runs -> wait, look again.
                It succeeded -> the record of a success. It ended before this redrive of the sweep,
                or its input does not say that this sweep started it -> PlanTrial with start + 1.
                Any other end -> the record of a failure, with the error and cause it had.
                Not found, its start having failed -> the record of a failure of that error.

`input` says AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID, the sweep's ARN.
"""

from __future__ import annotations

import os
from typing import Any

from lambdas.log import logged
from training_job.attempt import ExecutionContext
from training_sweep.decision import decide, trial_start
from training_sweep.guard_rails import SweepGuardRails

_GUARD_RAILS = SweepGuardRails.model_validate_json(os.environ.get("SETTINGS", "{}"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Return the decision (training_sweep/decision.py), or an item's execution, as JSON."""
    with logged("PlanSweep", event["execution"]["arn"]) as decided:
        execution = ExecutionContext(**event["execution"])
        if "item" in event:
            item = event["item"]
            started = trial_start(
                event["arguments"],
                trial=item["trial"],
                start=item["start"],
                execution=execution,
                guard_rails=_GUARD_RAILS,
            )
            decided(trial=item["trial"], name=started["name"])
            return started
        found = decide(
            event["arguments"],
            records=event["records"],
            execution=execution,
            guard_rails=_GUARD_RAILS,
        )
        decided(decision=found.decision, wave=len(found.wave), error=found.error)
        return found.to_json()
