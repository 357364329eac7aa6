"""What the events of a sweep say: which trials begin, and what became of them.

Three things are read that infra/sweep promises: the state PlanSweep is left with a decision
(training_sweep/decision.py), an iteration leaves a state with the trial's record
(training_sweep/records.py), and a trial's execution is called SWEEP-t007. The rest is
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html . Whatever an
event lacks is done without: the history is shown, and decides nothing.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kfp_component.record.trials import StartedTrial
from training_sweep.records import Record

_TRIAL = re.compile(r"-t(\d{3})(?:-\d+)?$")
_OF_A_RECORD = frozenset({"trial", "start", "redrives"})
_LONGEST_RECORD = 1000


@dataclass(frozen=True)
class Wave:
    """Trials are about to be run: all of a sweep that have no result, or the pilot.

    Attributes:
        trials: How many trials the sweep has.
    """

    trials: int


TrialNews = Wave | StartedTrial | Record


def read_event(event: Mapping[str, Any], varying: Collection[str] = ()) -> TrialNews | None:
    """Return what an event of the history says of the trials; None if it is about others.

    Args:
        event: One of GetExecutionHistory.
        varying: Names of the hyperparameters that vary. No other is kept: a pod that joins a sweep
            of 500 trials reads all of their inputs, which may be large, before it shows any.

    Example:
        >>> left = {"name": "PlanSweep", "output": '{"decision": "run", "trials": 3}'}
        >>> read_event({"type": "TaskStateExited", "stateExitedEventDetails": left})
        Wave(trials=3)
    """
    try:
        if event["type"] == "TaskScheduled":
            return _started(event["taskScheduledEventDetails"], varying)
        left = event["stateExitedEventDetails"]
        return (_wave if left["name"] == "PlanSweep" else _record)(left["output"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _wave(output: str) -> Wave | None:
    decided = json.loads(output)
    return Wave(int(decided["trials"])) if decided["decision"] == "run" else None


def _started(details: Mapping[str, Any], varying: Collection[str]) -> StartedTrial | None:
    if not str(details.get("resource", "")).startswith("startExecution"):
        return None
    parameters = json.loads(details["parameters"])
    found = _TRIAL.search(str(parameters["Name"]))
    if found is None:
        return None
    given = parameters["Input"]
    given = json.loads(given) if isinstance(given, str) else given
    tags, hyperparameters = given.get("tags") or {}, given.get("hyperparameters") or {}
    return StartedTrial(
        int(found[1]),
        str(tags.get("rl-configuration", "")),
        str(tags.get("rl-seed", "")),
        {name: hyperparameters.get(name) for name in varying},
    )


def _record(output: str) -> Record | None:
    if len(output) > _LONGEST_RECORD:
        return None
    noted = json.loads(output)
    is_record = isinstance(noted, dict) and noted.keys() >= _OF_A_RECORD
    return Record.of(noted) if is_record else None
