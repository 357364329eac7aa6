"""What was seen of a sweep while it was awaited: its trials, and which configuration leads."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kfp_component.durations import as_text
from training_sweep.records import Record
from training_sweep.statistics import interquartile_mean, interval, resamples

# For a line that is shown: the output has 2,000 resamples, which take long for hundreds of seeds.
_RESAMPLED, _LEAST_RESAMPLES, _MOST_RESAMPLES = 40_000, 100, 2_000


@dataclass(frozen=True)
class StartedTrial:
    """A trial whose training is about to be started.

    Attributes:
        number: Of the trial, from 1.
        configuration: Number of its configuration.
        seed: Its seed, as text.
        hyperparameters: Those that vary.
    """

    number: int
    configuration: str
    seed: str
    hyperparameters: Mapping[str, Any]


class Leader(NamedTuple):
    """The configuration that is the best so far.

    Attributes:
        configuration: Its number.
        iqm: Interquartile mean of its results.
        interval: 95 % interval of it; None for a single result.
        results: How many there are.
    """

    configuration: str
    iqm: float
    interval: tuple[float, float] | None
    results: int


class Trials:
    """The trials of a sweep that were seen.

    Args:
        maximize: Whether more of the objective is better.

    Attributes:
        total: How many trials there are; 0 until it is known.
        running: Numbers of those that run.
        ended: The record of each that has ended, by its number.
    """

    def __init__(self, *, maximize: bool) -> None:
        self._sign = 1 if maximize else -1
        self._configurations: dict[str, Mapping[str, Any]] = {}
        self._of_trial: dict[int, tuple[str, str]] = {}
        self.total = 0
        self.running: set[int] = set()
        self.ended: dict[int, Record] = {}

    def wave(self, trials: int) -> None:
        """Note that of so many trials those without a result are run, or the pilot.

        Those that failed are among them: a wave after a failure is that of a redrive.
        """
        self.running.clear()
        self.ended = {number: each for number, each in self.ended.items() if each.succeeded}
        self.total = trials

    def start(self, trial: StartedTrial) -> None:
        """Note that a trial runs."""
        self.running.add(trial.number)
        self._of_trial[trial.number] = trial.configuration, trial.seed
        self._configurations.setdefault(trial.configuration, trial.hyperparameters)

    def end(self, record: Record) -> bool:
        """Note what became of a trial; return whether it is news."""
        self.running.discard(record.trial)
        known = self.ended.get(record.trial)
        if known == record:
            return False
        self.ended[record.trial] = record
        return True

    @property
    def done(self) -> int:
        """How many trials have a result."""
        return sum(record.succeeded for record in self.ended.values())

    @property
    def failed(self) -> int:
        """How many trials have failed."""
        return len(self.ended) - self.done

    def about(self, number: int) -> str:
        """Return a trial's hyperparameters that vary and its seed, such as `lr=0.001, seed 3`."""
        configuration, seed = self._of_trial.get(number, ("", ""))
        return ", ".join(filter(None, (self.named(configuration), f"seed {seed}" if seed else "")))

    def named(self, configuration: str) -> str:
        """Return the hyperparameters of a configuration that vary, such as `lr=0.001`."""
        return words(self._configurations.get(configuration, {}))

    def leader(self) -> Leader | None:
        """Return which configuration leads, of those with at least half as many results as any."""
        values: dict[str, list[float]] = defaultdict(list)
        for number, record in self.ended.items():
            if record.value is not None:
                values[self._of_trial.get(number, ("", ""))[0]].append(record.value)
        if not values:
            return None
        most = max(map(len, values.values()))
        means = {
            name: interquartile_mean(found)
            for name, found in values.items()
            if 2 * len(found) >= most
        }
        best = max(means, key=lambda name: self._sign * means[name])
        return Leader(best, means[best], _interval(values[best]), len(values[best]))


def words(hyperparameters: Mapping[str, Any]) -> str:
    """Return hyperparameters as people write them.

    Example:
        >>> words({"lr": 0.001, "optimizer": "adam", "double_q": True})
        'lr=0.001, optimizer=adam, double_q=true'
    """
    return ", ".join(f"{name}={as_text(value)}" for name, value in hyperparameters.items())


def _interval(values: Sequence[float]) -> tuple[float, float] | None:
    n = len(values)
    if n < 2:
        return None
    count = max(_LEAST_RESAMPLES, min(_MOST_RESAMPLES, _RESAMPLED // n))
    return interval(values, resamples(n, count))
