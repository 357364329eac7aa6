"""What a sweep's execution does next, by its input and the records of its trials.

    Initialise -> PlanSweep -> Route -> RunWave (inline Map) -> PlanSweep -> ... -> Succeeded

The decision is made anew each time: the states carry nothing but records, one for each trial that
has ended. A wave is what runs at once: the pilot alone, then all others, and after a redrive all
that have no result. A wave's items are a few bytes each, since 500 inputs would not fit a state:
each iteration asks for its own (`trial_start`).

What a state carries stays below 262,144 bytes: a call of PlanSweep takes the input (85,000) and the
records of 500 trials (173,500); what it returns is the records or an output (250,000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from training_job.arguments.problems import InvalidArguments
from training_job.attempt import ExecutionContext
from training_job.failure import Failure, invalid_arguments
from training_sweep.arguments.model import SweepArguments
from training_sweep.failure import TRIALS_FAILED, trials_failed
from training_sweep.guard_rails import SweepGuardRails
from training_sweep.parsing import parse_sweep, read_sweep
from training_sweep.records import Record, latest
from training_sweep.results.configurations import best, results
from training_sweep.results.output import dry_run, output
from training_sweep.trials import (
    Trial,
    execution_input,
    execution_name,
    started_by,
    sweep_name,
    trials_of,
)


@dataclass(frozen=True)
class Decision:
    """What the execution does next; every field is always there, since JSONata needs each.

    Attributes:
        decision: `run`, `succeed` or `fail`.
        trials: How many the sweep has, with `run`: of these a wave may be a few.
        wave: The trials to run, with `run`: {trial, start} of each, the item of an iteration.
        max_parallel: How many of them at once.
        objective_metric: By which name an iteration finds its value among the final metrics.
        model_artifact_path: What an iteration leaves out of the model's URL.
        records: Carried on, in place of all before; of no trial that is in the wave.
        output: Of a success.
        error: Name of a failure.
        cause: Its cause, as JSON.
    """

    decision: str
    trials: int = 0
    wave: list[dict[str, int]] = field(default_factory=list)
    max_parallel: int = 1
    objective_metric: str = ""
    model_artifact_path: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    output: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the states carry it."""
        return asdict(self)


def decide(
    given: Any, *, records: Any, execution: ExecutionContext, guard_rails: SweepGuardRails
) -> Decision:
    """Return what the execution of a sweep does next.

    Args:
        given: The execution's input, whatever it is.
        records: Of the trials that ended (records.py), those of the last wave among them.
        execution: The execution.
        guard_rails: Defaults and limits of the deployment.

    Example:
        >>> execution = ExecutionContext("arn:aws:states:...:RlSweep:lr", "2026-01-31T10:00:00Z")
        >>> decide({}, records=[], execution=execution, guard_rails=SweepGuardRails()).decision
        'fail'
    """
    try:
        begun = bool(records)
        arguments = (read_sweep if begun else parse_sweep)(given, guard_rails)
    except InvalidArguments as error:
        text = invalid_arguments(error.problems)
        return Decision("fail", error=Failure.INVALID_ARGUMENTS, cause=text)
    trials = trials_of(arguments)
    if arguments.dry_run:
        return Decision("succeed", output=dry_run(arguments, trials, execution))
    ended = latest(records, len(trials))
    wave = _wave(arguments, trials, ended, execution.redrives)
    if not wave:
        return _end(arguments, trials, ended, execution)
    return _run(arguments, len(trials), wave, ended)


def trial_start(
    given: Mapping[str, Any],
    *,
    trial: int,
    start: int,
    execution: ExecutionContext,
    guard_rails: SweepGuardRails,
) -> dict[str, Any]:
    """Return name and input of a trial's execution.

    Args:
        given: The input of the sweep's execution, which `decide` has found right.
        trial: Its number.
        start: Which of its executions, from 1.
        execution: The sweep's execution.
        guard_rails: Defaults of the deployment.
    """
    arguments = read_sweep(given, guard_rails)
    sweep = sweep_name(execution)
    found = trials_of(arguments)[trial - 1]
    values = execution_input(arguments, found, sweep=sweep, start=start)
    return {
        "name": execution_name(sweep, found, start),
        "input": started_by(values, execution.arn),
    }


def _wave(
    arguments: SweepArguments,
    trials: Sequence[Trial],
    ended: Mapping[int, Record],
    redrives: int,
) -> list[dict[str, int]]:
    """Return the items of the next wave; none where everything is known that will be."""
    pilot = ended.get(1)
    if arguments.pilot and not (pilot and pilot.succeeded):
        trials = trials[:1]
    return [
        {"trial": trial.number, "start": _next_start(ended.get(trial.number))}
        for trial in trials
        if _has_to_run(ended.get(trial.number), redrives)
    ]


def _has_to_run(record: Record | None, redrives: int) -> bool:
    """Whether a trial has not ended, or failed before the execution was redriven."""
    return record is None or (not record.succeeded and record.redrives < redrives)


def _next_start(record: Record | None) -> int:
    """Return which execution of a trial is next.

    Of one whose end was not learnt, the same: it may run, or have been trained. Where it has ended
    otherwise, the iteration goes on to the next by itself.
    """
    if record is None:
        return 1
    return record.start + (record.error != Failure.REQUEST_REJECTED)


def _run(
    arguments: SweepArguments, trials: int, wave: list[dict[str, int]], ended: Mapping[int, Record]
) -> Decision:
    running = {item["trial"] for item in wave}
    return Decision(
        "run",
        trials=trials,
        wave=wave,
        max_parallel=arguments.max_parallel,
        objective_metric=arguments.objective_metric,
        model_artifact_path=arguments.model_artifact_path,
        records=[record.to_json() for number, record in ended.items() if number not in running],
    )


def _end(
    arguments: SweepArguments,
    trials: Sequence[Trial],
    ended: Mapping[int, Record],
    execution: ExecutionContext,
) -> Decision:
    found = results(trials, ended)
    winner = best(arguments, found)
    cause = trials_failed(arguments, trials, ended, found)
    if cause or winner is None:
        records = [record.to_json() for record in ended.values()]
        return Decision("fail", records=records, error=TRIALS_FAILED, cause=cause)
    sweep = sweep_name(execution)
    return Decision("succeed", output=output(arguments, trials, ended, found, winner, sweep=sweep))
