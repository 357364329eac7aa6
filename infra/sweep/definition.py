"""The sweep's definition: waves of trials, each trial an execution of RlTraining.

`definition` is the flow, as docs/sweeps.md draws it; each state has a function in `states/`, or is
one of a training's (infra/workflow/states).

An iteration never fails: all that can be caught becomes a record of a trial that failed, so that
the others go on. A trial's execution is known by its name, which follows from the sweep's name and
the trial's number: whatever is tried again or redriven, nothing is started twice.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

from typing import Any

from ..workflow.states import ends, flow
from ..workflow.states.expressions import State
from .states import trial, wave

TIMEOUT_SECONDS = 364 * 86_400
"""An execution lasts a year at most; a trial has the timeout of a training."""


def definition(
    *,
    partition: str,
    plan_sweep_arn: str,
    training_arn: str,
    training_executions: str,
    training_timeout_seconds: int,
) -> dict[str, Any]:
    """Return the definition in the Amazon States Language.

    Args:
        partition: of the integrations' ARNs, such as `aws`.
        plan_sweep_arn: of the PlanSweep function.
        training_arn: of the state machine that a trial is an execution of, or of its alias.
        training_executions: what the ARNs of these executions begin with.
        training_timeout_seconds: after which such an execution ends by itself.

    Example:
        >>> made = definition(
        ...     partition="aws",
        ...     plan_sweep_arn="arn:aws:lambda:eu-west-1:123456789012:function:PlanSweep:1",
        ...     training_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:RlTraining:live",
        ...     training_executions="arn:aws:states:eu-west-1:123456789012:execution:RlTraining:",
        ...     training_timeout_seconds=86_400,
        ... )
        >>> made["StartAt"]
        'Initialise'
    """
    tasks = f"arn:{partition}:states:::"
    iteration = {
        "PlanTrial": trial.plan_trial(tasks, plan_sweep_arn, then="Train", broken="Recorded"),
        "Train": trial.train(tasks, training_arn, training_timeout_seconds, caught="DescribeTrial"),
        "DescribeTrial": trial.describe_trial(tasks, training_executions, then="WhatBecame"),
        "WhatBecame": flow.choose(
            record="Recorded",
            wait="WaitForTrial",
            start_again="WaitBeforeTrial",
            otherwise="PlanTrial",
        ),
        "WaitForTrial": trial.wait(then="DescribeTrial"),
        "WaitBeforeTrial": trial.wait(then="PlanTrial"),
        "Recorded": trial.recorded(),
    }
    states = {
        "Initialise": wave.initialise(then="PlanSweep"),
        "PlanSweep": wave.plan_sweep(tasks, plan_sweep_arn, then="Route", broken="Failed"),
        "Route": flow.choose(run="RunWave", succeed="Succeeded", otherwise="Failed"),
        "RunWave": wave.run_wave(_commented(iteration), then="PlanSweep", broken="Failed"),
        "Succeeded": ends.succeeded(),
        "Failed": ends.failed(tasks, redriven="PlanSweep", unreported="FailedForGood"),
        "FailedForGood": ends.failed_for_good(),
    }
    return {
        "Comment": "Trains a reinforcement-learning model many times on SageMaker, and compares. "
        "docs/sweeps.md describes the input and the ends of an execution.",
        "QueryLanguage": "JSONata",
        "StartAt": "Initialise",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "States": _commented(states),
    }


def _commented(states: dict[str, State]) -> dict[str, State]:
    return {name: {"Comment": _COMMENTS[name], **state} for name, state in states.items()}


# What the console shows of a state to a person who has not read this.
_COMMENTS = {
    "Initialise": "Gives the variables their first values.",
    "PlanSweep": "Checks the arguments and all trials; decides by the records of the trials that "
    "ended whether there is a wave to run, or the sweep has succeeded or failed.",
    "Route": "Follows PlanSweep's decision.",
    "RunWave": "Runs the trials of the wave, max_parallel at once, and keeps a record of each.",
    "PlanTrial": "Works out name and input of the trial's execution.",
    "Train": "Starts the trial's execution of the state machine that trains, or joins it, and "
    "awaits its end.",
    "DescribeTrial": "Reads what became of the trial's execution. Its description is the truth, "
    "not the way in which the task has ended.",
    "WhatBecame": "Records the trial, waits, or starts it (again) by this name or the next.",
    "WaitForTrial": "The execution runs, although no task awaits it: looks again later.",
    "WaitBeforeTrial": "The start has failed: starts it again by the same name.",
    "Recorded": "Ends with the trial's record: its result, or why it has none.",
    "Succeeded": "Returns the statistics, the best configuration and every trial.",
    "Failed": "Reports the sweep's failure, or, once redriven, leads back to PlanSweep.",
    "FailedForGood": "Fails as Failed does, which could not report it; every redrive ends here.",
}
