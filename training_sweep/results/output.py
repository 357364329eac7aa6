"""The output of a sweep, and of its dry run.

A contract with users' scripts. `trials` is a table of columns and rows, since names in each of 500
rows would be most of the output; an empty text in a row stands for what there is none of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training_job.arguments.model import SAGEMAKER_MAX_RUN, TrainingArguments
from training_job.attempt import ExecutionContext
from training_job.job_name import default_job_name
from training_job.request.build import build_request
from training_job.request.remarks import remarks as training_remarks
from training_sweep.arguments.model import SweepArguments
from training_sweep.limits import MAX_TRIALS, size
from training_sweep.records import LONGEST_ERROR, LONGEST_MESSAGE, Record
from training_sweep.results.configurations import ConfigurationResults
from training_sweep.results.remarks import remarks, space_remarks
from training_sweep.statistics import Summary
from training_sweep.trials import Trial, execution_input, execution_name, job_name, sweep_name

TRIAL_COLUMNS = [
    *("trial", "configuration", "seed", "value", "error", "job_name", "start"),
    *("training_seconds", "billable_seconds"),
]
SHOWN_FAILURES = 20


def output(
    arguments: SweepArguments,
    trials: Sequence[Trial],
    records: Mapping[int, Record],
    found: Sequence[ConfigurationResults],
    winner: ConfigurationResults,
    *,
    sweep: str,
) -> dict[str, Any]:
    """Return the output of a sweep.

    Args:
        arguments: The sweep's.
        trials: All of them.
        records: Of every trial, by its number.
        found: The results of the configurations.
        winner: The best of them.
        sweep: Name of the sweep's execution.
    """
    trial, record = winner.best_trial(arguments)
    return {
        "model_artifact_url": arguments.model_artifact_path + record.model,
        "job_name": record.job,
        "best_hyperparameters": arguments.hyperparameters | winner.hyperparameters,
        "best_seed": trial.seed,
        "best": {
            "configuration": winner.number,
            "trial": trial.number,
            "execution": execution_name(sweep, trial, record.start),
            "value": record.value,
            **_summary(winner),
        },
        "objective": {"metric": arguments.objective_metric, "type": arguments.objective_type},
        "counts": counts(trials, records),
        "training_seconds": sum(each.training_seconds or 0 for each in records.values()),
        "billable_seconds": sum(each.billable_seconds or 0 for each in records.values()),
        "configurations": [
            {
                "configuration": each.number,
                "hyperparameters": each.hyperparameters,
                **_summary(each),
            }
            for each in found
        ],
        "trials": table(trials, records),
        "failures": failures(records),
        "notes": remarks(arguments, found, winner, records),
    }


def counts(trials: Sequence[Trial], records: Mapping[int, Record]) -> dict[str, int]:
    """Return how many trials there are, and how many of them succeeded and failed."""
    succeeded = sum(record.succeeded for record in records.values())
    return {
        "trials": len(trials),
        "succeeded": succeeded,
        "failed": len(records) - succeeded,
    }


def table(trials: Sequence[Trial], records: Mapping[int, Record]) -> dict[str, list[Any]]:
    """Return every trial as a row of `TRIAL_COLUMNS`."""
    rows = []
    for trial in trials:
        record = records.get(trial.number, Record(trial.number))
        row = [trial.number, trial.configuration, trial.seed, record.value, record.error]
        row += [record.job, record.start, record.training_seconds, record.billable_seconds]
        rows.append(["" if item is None else item for item in row])
    return {"columns": TRIAL_COLUMNS, "rows": rows}


def failures(records: Mapping[int, Record]) -> list[dict[str, Any]]:
    """Return why the first twenty of the trials that failed did."""
    failed = [record for record in records.values() if not record.succeeded]
    return [
        {"trial": record.trial, "error": record.error, "message": record.message}
        for record in failed[:SHOWN_FAILURES]
    ]


def dry_run(
    arguments: SweepArguments, trials: Sequence[Trial], execution: ExecutionContext
) -> dict[str, Any]:
    """Return the trials and the first request.

    Args:
        arguments: The sweep's.
        trials: All of them.
        execution: The sweep's.
    """
    sweep = sweep_name(execution)
    given = execution_input(arguments, trials[0], sweep=sweep)
    training = TrainingArguments.model_validate(given)
    name = default_job_name(execution.arn, execution.started_at)
    configurations = {trial.configuration: trial.hyperparameters for trial in trials}
    said = [*space_remarks(arguments, len(configurations)), *training_remarks(training)]
    if arguments.job_name:
        name = job_name(arguments.job_name, trials[0])
    else:
        said.append(f"{name} stands for the training job's name, of which each trial has another.")
    request = build_request(training, job_name=name, region=training.region)
    return {
        "dry_run": True,
        "configurations": [
            {"configuration": number, "hyperparameters": hyperparameters}
            for number, hyperparameters in configurations.items()
        ],
        "trials": {
            "columns": TRIAL_COLUMNS[:3],
            "rows": [[trial.number, trial.configuration, trial.seed] for trial in trials],
        },
        "first_execution": execution_name(sweep, trials[0]),
        "request": request,
        "notes": said,
    }


def _summary(found: ConfigurationResults) -> dict[str, Any]:
    return found.summary.to_json() if found.summary else {"n": 0}


_WIDE = -1.2345678901234567e-105
"""A number of as many characters as a number can have."""

_EPOCH = "1970-01-01T00:00:00Z"

_BESIDE = 4_000
"""Bytes of what is not counted below: other notes, names of executions."""


def largest_output(arguments: SweepArguments, trials: Sequence[Trial]) -> int:
    """Return the bytes of the largest output that a sweep of these trials can have."""
    several = (_WIDE, _WIDE) if len(arguments.seeds) > 1 else None
    summary = Summary(MAX_TRIALS, _WIDE, several, _WIDE, _WIDE, _WIDE)
    record = Record(
        MAX_TRIALS, 999, 999, "j" * 63, "m" * 100, _WIDE, SAGEMAKER_MAX_RUN, SAGEMAKER_MAX_RUN
    )
    found = [
        ConfigurationResults(
            trial.configuration, trial.hyperparameters, 1, [(trial, record)], summary
        )
        for trial in {trial.configuration: trial for trial in trials}.values()
    ]
    longest = max(found, key=lambda each: size(each.hyperparameters))
    records = dict.fromkeys((trial.number for trial in trials), record)
    failed = Record(MAX_TRIALS, error="e" * LONGEST_ERROR, message="m" * LONGEST_MESSAGE)
    failed_too = failures(dict.fromkeys(range(SHOWN_FAILURES), failed))
    whole = output(arguments, trials, records, found, longest, sweep="s" * 80)
    return size(whole) + size(failed_too) + _BESIDE


def largest_dry_run(arguments: SweepArguments, trials: Sequence[Trial]) -> int:
    """Return the bytes of the output of a dry run."""
    execution = ExecutionContext(
        "arn:aws:states:us-east-1:123456789012:execution:RlSweep:name", _EPOCH
    )
    return size(dry_run(arguments, trials, execution)) + _BESIDE
