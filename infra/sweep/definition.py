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
        partition: Of the integrations' ARNs, such as `aws`.
        plan_sweep_arn: Of the PlanSweep function.
        training_arn: Of the state machine that a trial is an execution of, or of its alias.
        training_executions: What the ARNs of these executions begin with.
        training_timeout_seconds: After which such an execution ends by itself.

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
        "The input is described in docs/sweep-arguments.md, a sweep in docs/sweeps.md.",
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
    "PlanSweep": "Checks the arguments, then decides by the trials that have ended: another wave "
    "of trials, or the end.",
    "Route": "Goes where PlanSweep decided.",
    "RunWave": "Runs a wave of trials, max_parallel at once, and records what became of each.",
    "PlanTrial": "Gives the trial's execution its name and input.",
    "Train": "Runs the trial: starts an execution that trains, or joins it, and waits for its end.",
    "DescribeTrial": "The trial did not simply succeed: asks what became of its execution.",
    "WhatBecame": "Goes by the answer: records the trial, looks again later, or starts it again.",
    "WaitForTrial": "The trial's execution still runs: waits, then looks again.",
    "WaitBeforeTrial": "The trial's execution did not start: waits, then starts it again.",
    "Recorded": "The trial has ended, well or not. The other trials go on.",
    "Succeeded": "The output has the statistics and the best model; of a dry run, the trials.",
    "Failed": "Fails the sweep: its error and cause say why. Redrive goes on where it ended.",
    "FailedForGood": "Fails the sweep where Failed could not. Start a new one, do not redrive.",
}
