"""When a sweep has failed, and what it says then: `TrialsFailed` and its cause."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from training_job.failure import cause
from training_sweep.arguments.model import SweepArguments
from training_sweep.records import Record
from training_sweep.results.configurations import ConfigurationResults
from training_sweep.results.output import counts
from training_sweep.trials import Trial

TRIALS_FAILED = "TrialsFailed"
"""Beside it a sweep fails with two errors of a training: InvalidArguments and RequestRejected."""

_NAMED = 5
_REASONS = 20
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
_AGAIN = "A redrive trains what has no result, and nothing else, in jobs of new names."


def max_failed_trials(arguments: SweepArguments, trials: int) -> int:
    """Return how many of so many trials may fail."""
    given = arguments.max_failed_trials
    return trials // 10 if given is None else given


def trials_failed(
    arguments: SweepArguments,
    trials: Sequence[Trial],
    records: Mapping[int, Record],
    found: Sequence[ConfigurationResults],
) -> str:
    """Return the cause of a sweep that has failed; empty text for one that has not.

    Args:
        arguments: The sweep's.
        trials: All of them.
        records: Of every trial that has ended.
        found: The results of the configurations.
    """
    failed = [record for record in records.values() if not record.succeeded]
    why = _why(arguments, len(trials), failed, found)
    if not why:
        return ""
    reasons = _reasons(failed)
    most = reasons[0]
    often = "Most often " if len(reasons) > 1 else ""
    reason = f"{often}{most['error']}, in {_named(most['trials'])}: {most['message']}"
    return cause(
        f"{why} {reason.rstrip('.')}. {_AGAIN}",
        counts=counts(trials, records),
        failures=reasons,
        trials=_table(trials, records),
    )


def _table(trials: Sequence[Trial], records: Mapping[int, Record]) -> dict[str, list[Any]]:
    """Return every trial as a row that is short enough for a cause to hold 500."""
    rows: list[list[Any]] = [
        [trial.number, trial.configuration, trial.seed, _result(records.get(trial.number))]
        for trial in trials
    ]
    return {"columns": ["trial", "configuration", "seed", "result"], "rows": rows}


def _result(record: Record | None) -> float | str:
    if record is None:
        return "not started"
    return "failed" if record.value is None else float(f"{record.value:.6g}")


def _why(
    arguments: SweepArguments,
    trials: int,
    failed: Sequence[Record],
    found: Sequence[ConfigurationResults],
) -> str:
    if not failed:
        return ""
    allowed = max_failed_trials(arguments, trials)
    if arguments.pilot and failed[0].trial == 1:
        return "The pilot, trial 1, failed, so no other was started."
    if len(failed) > allowed:
        return f"{len(failed)} of {trials} trials failed; max_failed_trials allows {allowed}."
    if not any(each.eligible for each in found):
        half = "no configuration has a result for at least half of its seeds"
        return f"{len(failed)} of {trials} trials failed, and {half}."
    return ""


def _reasons(failed: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the different reasons, the most frequent first, with the trials of each.

    Messages are one reason where they differ in the job's name and in times; the first is shown.
    """
    grouped: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in failed:
        message = record.message.replace(record.job, "JOB") if record.job else record.message
        grouped[record.error, _TIME.sub("TIME", message)].append(record)
    ordered = sorted(grouped.values(), key=len, reverse=True)[:_REASONS]
    return [
        {
            "error": records[0].error,
            "message": records[0].message,
            "trials": [record.trial for record in records],
        }
        for records in ordered
    ]


def _named(numbers: Sequence[int]) -> str:
    listed = ", ".join(f"t{number:03}" for number in numbers[:_NAMED])
    more = ", ..." if len(numbers) > _NAMED else ""
    return f"{len(numbers)} ({listed}{more})" if len(numbers) > 1 else listed
