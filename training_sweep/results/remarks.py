"""The remarks in the `notes` of a sweep, for whoever reads a number and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training_sweep.arguments.model import SweepArguments
from training_sweep.records import Record
from training_sweep.results.configurations import ConfigurationResults
from training_sweep.statistics import ROUGH_BELOW

_LISTED = 10
"""Configurations that a remark names."""


def remarks(
    arguments: SweepArguments,
    found: Sequence[ConfigurationResults],
    winner: ConfigurationResults,
    records: Mapping[int, Record],
) -> list[str]:
    """Return what to bear in mind about the results of a sweep."""
    return [
        _claim(arguments, winner),
        *_rough(found),
        *_as_good(found, winner),
        *_half(found),
        *_failed(records),
        *space_remarks(arguments, len(found)),
    ]


def space_remarks(arguments: SweepArguments, configurations: int) -> list[str]:
    """Return a remark on a space that held fewer configurations than asked for, or drew none."""
    if arguments.samples is None:
        given = "sampling_seed" in arguments.model_fields_set
        return ["`sampling_seed` did nothing: there are no `samples` to draw."] if given else []
    if configurations >= arguments.samples:
        return []
    asked = f"fewer than the {arguments.samples} samples asked for"
    return [f"The space holds {configurations} different configurations, {asked}."]


def _claim(arguments: SweepArguments, winner: ConfigurationResults) -> str:
    trial, record = winner.best_trial(arguments)
    summary = winner.summary
    assert summary is not None
    metric, value = arguments.objective_metric, f"{record.value:.6g}"
    if summary.interval is None:
        return (
            f"The model is that of seed {trial.seed}, with which alone configuration "
            f"{winner.number} has a result: its {metric} of {value} says nothing of other seeds. "
            f"Use at least {ROUGH_BELOW} seeds."
        )
    low, high = summary.interval
    return (
        f"The model is that of seed {trial.seed}, the best of {summary.n} of configuration "
        f"{winner.number}. Its own {metric} of {value} is optimistic, for luck had a part in it. "
        f"The claim is the interquartile mean, {summary.iqm:.6g} (95 % interval {low:.6g} to "
        f"{high:.6g})."
    )


def _rough(found: Sequence[ConfigurationResults]) -> list[str]:
    few = any(each.summary and 1 < each.summary.n < ROUGH_BELOW for each in found)
    return [f"Intervals of fewer than {ROUGH_BELOW} seeds are rough."] if few else []


def _as_good(found: Sequence[ConfigurationResults], winner: ConfigurationResults) -> list[str]:
    """Return a remark about configurations whose intervals overlap with the best one's."""
    own = winner.summary.interval if winner.summary else None
    if own is None:
        return []
    others = [
        each.number
        for each in found
        if each.eligible and each is not winner and each.summary and each.summary.interval
        if each.summary.interval[0] <= own[1] and own[0] <= each.summary.interval[1]
    ]
    if not others:
        return []
    return [f"Its interval overlaps with that of {_listed(others)}: the difference may be chance."]


def _half(found: Sequence[ConfigurationResults]) -> list[str]:
    left_out = [each.number for each in found if not each.eligible]
    if not left_out:
        return []
    they = "it" if len(left_out) == 1 else "they"
    seeds = f"Fewer than half of the seeds of {_listed(left_out)} have a result"
    return [f"{seeds}, so {they} could not be the best."]


def _failed(records: Mapping[int, Record]) -> list[str]:
    failed = [record for record in records.values() if not record.succeeded]
    if not failed:
        return []
    trials = "1 trial" if len(failed) == 1 else f"{len(failed)} trials"
    unknown = any(record.billable_seconds is None for record in failed)
    seconds = "; the seconds leave out what they took" if unknown else ""
    return [f"{trials} failed{seconds}."]


def _listed(numbers: Sequence[int]) -> str:
    """Return configurations as a sentence names them."""
    more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
    listed = ", ".join(str(number) for number in numbers[:_LISTED])
    return f"configuration{'' if len(numbers) == 1 else 's'} {listed}{more}"
