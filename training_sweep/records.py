r"""What became of a trial, as the state machine notes it down: a map of at most 345 bytes.

A record holds what no argument tells: `trial` (its number), `start` (which of its executions this
was, from 1), `redrives` (of the sweep, when it ended) and `job` (its training job's name; left out
where there was none). Of an execution that succeeded it has `value` (the objective among its
`final_metrics`; left out where there is none), `model` (its URL without `model_artifact_path`,
which begins it), `training` and `billable` (seconds); of any other, `error` and `message`, which is
cut to 160 characters of printable ASCII without " and \.

An iteration makes it in JSONata: from the output OUTPUT of a training execution::

    {'trial': t, 'start': start, 'redrives': redrives, 'job': OUTPUT.job_name,
     'value': $lookup(OUTPUT.final_metrics, objective_metric),
     'model': $substringAfter(OUTPUT.model_artifact_url, model_artifact_path),
     'training': OUTPUT.training_seconds, 'billable': OUTPUT.billable_seconds}

and from the error and the cause of one that failed, where CAUSE is the cause as an object::

    {'trial': t, 'start': start, 'redrives': redrives, 'job': CAUSE.job_name, 'error': ERROR,
     'message': $substring($replace(CAUSE.message, /\\|"|[^ -~]/, ' '), 0, 160)}

where of a script that failed, the command is cut off before, and of a job's name that is taken, the
advice to choose another: it is for whoever starts a training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training_job.arguments.problems import shown

LONGEST_MESSAGE = 160
LONGEST_ERROR = 40
_LONGEST_JOB = 63
_LONGEST_MODEL = 100

OBJECTIVE_MISSING = "ObjectiveMissing"
OBJECTIVE_NOT_A_NUMBER = "ObjectiveNotANumber"
_UNKNOWN = "UnknownOutcome"

_LONG_IN_JSON = re.compile(r'\\|"|[^ -~]')

_LARGEST_VALUE = 1e300
"""SageMaker's metrics are 32-bit floats, far below; sums of these are numbers still."""


@dataclass(frozen=True)
class Record:
    """What became of a trial.

    Attributes:
        trial: Its number.
        start: Which of its executions this was.
        redrives: Of the sweep's execution when it ended.
        job: Name of the training job; empty for none.
        model: URL of its model without `model_artifact_path`; empty for none.
        value: Of the objective; None for a trial that failed.
        training_seconds: None where not known, as of a trial that failed.
        billable_seconds: The same.
        error: Name of the failure; empty for a trial that succeeded.
        message: Of the failure.
    """

    trial: int
    start: int = 1
    redrives: int = 0
    job: str = ""
    model: str = ""
    value: float | None = None
    training_seconds: int | None = None
    billable_seconds: int | None = None
    error: str = ""
    message: str = ""

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> Record:
        """Return the record of a map that a state carried, whatever it lacks but `trial`."""
        value = noted.get("value")
        error, message = noted.get("error"), noted.get("message")
        if not (isinstance(error, str) and error):
            error, message = _objective_error(noted)
        return cls(
            trial=_whole(noted["trial"]) or 0,
            start=_whole(noted.get("start")) or 1,
            redrives=_whole(noted.get("redrives")) or 0,
            job=_cut(noted.get("job"), _LONGEST_JOB),
            model="" if error else _cut(noted.get("model"), _LONGEST_MODEL),
            value=None if error else value,
            training_seconds=_whole(noted.get("training")),
            billable_seconds=_whole(noted.get("billable")),
            error=_cut(error, LONGEST_ERROR),
            message=_cut(message, LONGEST_MESSAGE),
        )

    @property
    def succeeded(self) -> bool:
        """Whether the trial has a result."""
        return not self.error

    def to_json(self) -> dict[str, Any]:
        """Return it as a state carries it, without the fields that have no value."""
        noted = {
            "trial": self.trial,
            "start": self.start,
            "redrives": self.redrives,
            "job": self.job or None,
            "model": self.model or None,
            "value": self.value,
            "training": self.training_seconds,
            "billable": self.billable_seconds,
            "error": self.error or None,
            "message": self.message or None,
        }
        return {name: value for name, value in noted.items() if value is not None}


def latest(noted: Any, trials: int) -> dict[int, Record]:
    """Return the record of each trial that has one, by its number.

    A result is never given up for a failure; of two failures the later one counts.

    Args:
        noted: What the states carried: a list of records, of lists of them, or a single one, for
            JSONata takes a list of one for its item.
        trials: How many there are; records of no trial are left out.
    """
    found: dict[int, Record] = {}
    for item in _flat(noted):
        if not 1 <= (_whole(item.get("trial")) or 0) <= trials:
            continue
        record = Record.of(item)
        before = found.get(record.trial)
        if before is None or record.succeeded or not before.succeeded:
            found[record.trial] = record
    return dict(sorted(found.items()))


def _flat(noted: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(noted, Mapping):
        yield noted
    elif isinstance(noted, Iterable) and not isinstance(noted, str):
        for item in noted:
            yield from _flat(item)


def _objective_error(noted: Mapping[str, Any]) -> tuple[str, str]:
    """Return why an execution that succeeded is no result; two empty texts for one that is."""
    value = noted.get("value")
    if not (noted.get("job") and noted.get("model")):
        return _UNKNOWN, "Neither a training job with a model nor an error was noted."
    if value is None:
        return OBJECTIVE_MISSING, "It was trained, but its log showed no value of the objective."
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and abs(value) <= _LARGEST_VALUE:  # NaN is not
        return "", ""
    return OBJECTIVE_NOT_A_NUMBER, f"It was trained, but the objective was {shown(value)[:40]}."


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _cut(value: Any, length: int) -> str:
    return _LONG_IN_JSON.sub(" ", value)[:length] if isinstance(value, str) else ""
