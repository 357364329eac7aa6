"""Reports of made-up sweeps: `python -m tests.support.step.sweep_report_samples <directory>`.

Each is an HTML file; a browser shows it light or dark, wide or at 420 px as KFP's panel may be.
"""

import math
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kfp_component.execution.result import Swept
from kfp_component.execution.run import EndedExecution
from kfp_component.report.sweep.page import SweepReport, render
from kfp_component.watch.ended_logs import Curves, chosen
from tests.support.arguments import CUSTOM_IMAGE
from training_sweep.parsing import parse_sweep
from training_sweep.records import Record
from training_sweep.results.configurations import best, results
from training_sweep.results.output import output
from training_sweep.trials import trials_of

BEGIN = datetime(2026, 1, 31, 22, 12, tzinfo=UTC)
NAME = "kfp-0f8fad5b-d9cb-469f-a165-70867728950e-1f2e3d4c5b6a"
ARN = f"arn:aws:states:eu-west-1:123456789012:execution:RlSweep:{NAME}"
REASON = "Training job {} failed: AlgorithmError: ExecuteUserScriptError: ExitCode 1"


def arguments(configurations: int, seeds: int) -> dict[str, Any]:
    """The arguments of a sweep of so many configurations and seeds."""
    vary = [
        {
            "lr": float(f"{1e-4 * 10 ** (2 * index / max(1, configurations)):.3g}"),
            "layers": 1 + index % 3,
        }
        for index in range(configurations)
    ]
    return {
        **CUSTOM_IMAGE,
        "metric_definitions": {"episode_reward_mean": "reward: (.*)"},
        "objective_metric": "episode_reward_mean",
        "configurations": vary,
        "seeds": seeds,
        "hyperparameters": {"gamma": 0.99},
    }


def sweep(configurations: int, seeds: int, fail_every: int = 0) -> tuple[dict[str, Any], Curves]:
    """The output of a sweep, made by its own functions, and its learning curves."""
    given = parse_sweep(arguments(configurations, seeds))
    trials, chance = trials_of(given), random.Random(2)
    records, curves = {}, {}
    for trial in trials:
        job = f"TrainingJob-20260131221203-t{trial.number:03}"
        if fail_every and trial.number % fail_every == 0:
            message = REASON.format(job)
            records[trial.number] = Record(
                trial.number, job=job, error="TrainingJobFailed", message=message
            )
            continue
        place = trial.configuration / (configurations + 1)
        top = 430 - 900 * (place - 0.6) ** 2 + chance.gauss(0, 25)
        pace = 2 + 4 * chance.random()
        curves[trial.number] = [
            (at, top * (1 - math.exp(-pace * at / 150)) + chance.gauss(0, 12)) for at in range(150)
        ]
        took = 600 + int(120 * chance.random())
        records[trial.number] = Record(
            trial.number,
            job=job,
            model=f"/{job}/output/model.tar.gz",
            value=round(curves[trial.number][-1][1], 2),
            training_seconds=took,
            billable_seconds=took // 3,
        )
    found = results(trials, records)
    winner = best(given, found)
    assert winner is not None
    made = output(given, trials, records, found, winner, sweep=NAME)
    own = [trial.number for trial in trials if trial.configuration == winner.number]
    drawn = chosen(list(curves), own)
    shown = Curves("episode_reward_mean", {each: curves[each] for each in drawn}, len(curves))
    return made, shown


def sample(configurations: int, seeds: int, fail_every: int = 0) -> str:
    """The report of a sweep."""
    made, curves = sweep(configurations, seeds, fail_every)
    ended = EndedExecution(
        ARN, {"startDate": BEGIN, "stopDate": BEGIN + timedelta(seconds=600 * seeds)}
    )
    last = {
        f"TrainingJob-20260131221203-t{fail_every:03}": [
            "Traceback (most recent call last):",
            '  File "train.py", line 3, in <module>',
            "RuntimeError: CUDA out of memory, tried to allocate 2.00 GiB on a device of 16.00 GiB",
        ]
    }
    given = arguments(configurations, seeds)
    return render(SweepReport(given, ended, Swept(made), curves, last if fail_every else {}))


def reports() -> Iterator[tuple[str, str]]:
    """Yield the name and the HTML of each sample."""
    yield "one-trial", sample(1, 1)
    yield "four-trials", sample(2, 2)
    yield "twenty-trials", sample(4, 5)
    yield "two-hundred-trials", sample(20, 10, fail_every=19)
    yield "five-hundred-configurations", sample(500, 1, fail_every=50)
    yield "five-hundred-seeds", sample(2, 250)


def main(directory: Path) -> None:
    """Write every sample."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, html in reports():
        (directory / f"{name}.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
