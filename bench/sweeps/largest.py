"""A sweep of the largest size through its own state machine: `python -m bench.sweeps.largest`.

500 trials, 40 at once, with the longest input that a sweep may have, every tenth of which fails.
In place of a training stands a state machine that ends at once, by another start in the definition
and nothing else; so what is measured is the sweep itself: its largest state, its history, its state
transitions and Lambda calls, and what they cost a trial. Exits with 1 when one is over its limit.

Prices: https://aws.amazon.com/step-functions/pricing/ https://aws.amazon.com/lambda/pricing/
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench.measured import record
from bench.overhead import cost
from bench.stage import deployed_stage
from tools import prices
from training_job.failure import cause
from training_sweep.limits import LARGEST_INPUT, LARGEST_STATE, MAX_PARALLEL, MAX_TRIALS

CONFIGURATIONS, SEEDS = 50, 10
MOST_EVENTS = 25_000
MOST_DOLLARS = 0.0005
"""Of a trial, beside its training."""

_JOB = 63
_SIZED = ("input", "output", "parameters")


def input_of_a_sweep(usual: dict[str, Any]) -> dict[str, Any]:
    """Return the longest input of a sweep of 500 trials."""
    given = {
        **usual,
        "metric_definitions": {"reward": "reward: (.*)"},
        "objective_metric": "reward",
        "configurations": [{"lr": (1 + number) / 10_000} for number in range(CONFIGURATIONS)],
        "seeds": SEEDS,
        "max_parallel": MAX_PARALLEL,
        "max_failed_trials": MAX_TRIALS // 10,
        "hyperparameters": {"padding": ""},
    }
    given["hyperparameters"] = {
        f"padding{number}": "x" * 2_400 for number in range((LARGEST_INPUT - 6_000) // 2_430)
    }
    return given


def stub() -> dict[str, Any]:
    """Return the definition in place of RlTraining's: the last seed fails, the others succeed."""
    name = "$substring($states.context.Execution.Name & 'x' & $pad('', 63, 'j'), 0, 63)"
    seed = "$states.input.hyperparameters.seed"
    output = (
        f"{{'job_name': {name}, 'model_artifact_url': $states.input.model_artifact_path & '/' &"
        f" {name} & '/output/model.tar.gz', 'final_metrics': {{'reward': 1000 + {seed} / 7}},"
        " 'training_seconds': 86400, 'billable_seconds': 86400}"
    )
    failed = cause(
        "A job of this name has failed for this reason: " + "x" * 400, job_name=_JOB * "j"
    )
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Condition": f"{{% {seed} = {SEEDS} %}}", "Next": "Failed"}],
                "Default": "Succeeded",
            },
            "Failed": {"Type": "Fail", "Error": "TrainingJobFailed", "Cause": failed},
            "Succeeded": {"Type": "Succeed", "Output": f"{{% {output} %}}"},
        },
    }


def machines(stage: Any) -> str:
    """Make the two state machines; return the ARN of the sweeps'."""
    states = stage.client("stepfunctions")
    deployed = states.describe_state_machine(stateMachineArn=stage.outputs["SweepStateMachineArn"])
    made = {"roleArn": deployed["roleArn"]}
    trials = states.create_state_machine(name="Stub", definition=json.dumps(stub()), **made)
    trials = trials["stateMachineArn"]
    text = deployed["definition"].replace(f"{stage.outputs['StateMachineArn']}:live", trials)
    text = text.replace(":execution:RlTraining:", ":execution:Stub:")
    sweeps = states.create_state_machine(name="StubSweep", definition=text, **made)
    arn: str = sweeps["stateMachineArn"]
    return arn


def sizes(event: dict[str, Any]) -> list[int]:
    """Return the sizes of what an event of the history carries, in bytes."""
    return [
        len(details[name].encode())
        for details in event.values()
        if isinstance(details, dict)
        for name in _SIZED
        if isinstance(details.get(name), str)
    ]


def main() -> int:
    """Print the figures; return 1 when one is over its limit."""
    with deployed_stage(wait_scale=1) as stage:
        states, began = stage.client("stepfunctions"), time.perf_counter()
        given = input_of_a_sweep(stage.arguments())
        execution = states.start_execution(stateMachineArn=machines(stage), input=json.dumps(given))
        arn = execution["executionArn"]
        while (ended := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.5)
        seconds = time.perf_counter() - began
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
    if ended["status"] != "SUCCEEDED":
        print(f"the sweep ended {ended['status']}: {str(ended.get('cause'))[:2000]}")
        return 1
    output = json.loads(ended["output"])
    largest = max(size for event in events for size in sizes(event))
    used = cost(events)
    dollars = (
        used.transitions * prices.TRANSITION
        + used.calls * (prices.FUNCTION_CALL + 0.3 * 0.5 * prices.FUNCTION_GB_SECOND)
    ) / MAX_TRIALS
    print(f"{MAX_TRIALS} trials, {MAX_PARALLEL} at once: {seconds:.0f} s, {output['counts']}")
    print(f"input                     {len(json.dumps(given)):9,} bytes  limit {LARGEST_INPUT:,}")
    print(f"largest state             {largest:9,} bytes  limit {LARGEST_STATE:,}")
    print(f"output                    {len(ended['output']):9,} bytes")
    print(f"history                   {len(events):9,} events limit {MOST_EVENTS:,}")
    print(f"transitions a trial       {used.transitions / MAX_TRIALS:9.1f}")
    print(f"Lambda calls a trial      {used.calls / MAX_TRIALS:9.1f}        (0.3 s each)")
    print(f"dollars a trial           {dollars:9.6f}        limit {MOST_DOLLARS}")
    record("bench.sweeps.largest", bytes=largest, events=len(events))
    failed = MAX_TRIALS // SEEDS
    right = output["counts"] == {
        "trials": MAX_TRIALS,
        "succeeded": MAX_TRIALS - failed,
        "failed": failed,
    }
    within = largest < LARGEST_STATE and len(events) < MOST_EVENTS and dollars <= MOST_DOLLARS
    return 0 if right and within else 1


if __name__ == "__main__":
    sys.exit(main())
