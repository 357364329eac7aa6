"""The results of each configuration, by its trials and their records, and which is the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from training_sweep.arguments.model import SweepArguments
from training_sweep.records import Record
from training_sweep.space import Configuration
from training_sweep.statistics import Summary, summarise
from training_sweep.trials import Trial


@dataclass(frozen=True)
class ConfigurationResults:
    """What the seeds of a configuration came to.

    Attributes:
        number: Of the configuration, from 1.
        hyperparameters: Those that vary.
        seeds: How many it was to be trained with.
        ended: The trials that have a result, with their records.
        summary: Of their values; None without any.
    """

    number: int
    hyperparameters: Configuration
    seeds: int
    ended: list[tuple[Trial, Record]]
    summary: Summary | None

    @property
    def eligible(self) -> bool:
        """Whether it may be the best: at least half of its seeds have a result."""
        return self.summary is not None and 2 * len(self.ended) >= self.seeds

    def best_trial(self, arguments: SweepArguments) -> tuple[Trial, Record]:
        """Return the trial with the best value; of equals the first."""
        return max(self.ended, key=lambda item: better(arguments, item[1].value or 0.0))


def results(trials: Sequence[Trial], records: Mapping[int, Record]) -> list[ConfigurationResults]:
    """Return the results of every configuration, in their order.

    Args:
        trials: All of them.
        records: Those there are, by the trial's number.
    """
    found = []
    for number, group in groupby(trials, key=lambda trial: trial.configuration):
        own = list(group)
        ended = [
            (trial, records[trial.number])
            for trial in own
            if trial.number in records and records[trial.number].succeeded
        ]
        values = [record.value for _, record in ended if record.value is not None]
        summary = summarise(values) if values else None
        found.append(ConfigurationResults(number, own[0].hyperparameters, len(own), ended, summary))
    return found


def best(
    arguments: SweepArguments, found: Sequence[ConfigurationResults]
) -> ConfigurationResults | None:
    """Return the configuration with the best interquartile mean; of equals the first.

    None where no configuration has a result for at least half of its seeds.
    """
    eligible = [each for each in found if each.eligible]
    if not eligible:
        return None
    return max(eligible, key=lambda each: better(arguments, iqm(each)))


def iqm(found: ConfigurationResults) -> float:
    """Return the interquartile mean of a configuration that has a result."""
    assert found.summary is not None
    return found.summary.iqm


def better(arguments: SweepArguments, value: float) -> float:
    """Return a value of the objective so that more of it is better."""
    return value if arguments.objective_type == "maximize" else -value
