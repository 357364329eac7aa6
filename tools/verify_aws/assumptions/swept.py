"""What sweeps of two trials show, at the price that `stages` prints."""

from __future__ import annotations

from tools.verify_aws.assumption import Answer, Assumption, NotAsked, Question, Verdict
from tools.verify_aws.questions import sweeping

_SWEPT = Question("swept", sweeping.swept)
_FAILED = Question("failed-trials", sweeping.failed_trials)
_REDRIVEN = Question("redriven-sweep", sweeping.stopped_and_redriven)

TRAINING_JOBS = 6
"""Two of the sweep, and of the one that is redriven two before and two after."""

_SWEEPS, _CORRECTIONS = "docs/sweeps.md", "local_aws/corrections/README.md"
_BOTH = ["t001", "t002"]
_ALL_SUCCEEDED = {"trials": 2, "succeeded": 2, "failed": 0}


def _ended(answer: Answer) -> str:
    return f"{answer['status']} {answer.get('error', '')} {answer.get('cause', '')}".strip()


def _statuses(answer: Answer) -> dict[str, str]:
    return {name: told["status"] for name, told in sorted(answer["trials"].items())}


def _shown(named: dict[str, str]) -> str:
    return ", ".join(f"{name} {status}" for name, status in named.items()) or "none"


def _kinds(answer: Answer) -> list[str]:
    return [each["type"] for each in answer["events"]]


def _both(answer: Answer) -> Verdict:
    if answer["status"] != "SUCCEEDED":
        return Verdict(False, _ended(answer))
    counts, statuses = answer["output"]["counts"], _statuses(answer)
    held = counts == _ALL_SUCCEEDED and statuses == dict.fromkeys(_BOTH, "SUCCEEDED")
    return Verdict(held, f"{counts['succeeded']} of {counts['trials']}; {_shown(statuses)}")


def _at_once(answer: Answer) -> Verdict:
    steps = [kind for kind in _kinds(answer) if kind.startswith("MapIteration")]
    if not steps:
        raise NotAsked("the sweep came to no iteration")
    return Verdict(steps[:2] == ["MapIterationStarted"] * 2, ", ".join(steps))


def _tagged(answer: Answer) -> Verdict:
    sweep = answer["arn"].rpartition(":")[2]
    if not answer["tags"]:
        raise NotAsked("the sweep has no training job")
    expected = [
        {"rl-sweep": sweep, "rl-configuration": "1", "rl-seed": seed} for seed in ("1", "2")
    ]
    return Verdict(
        [answer["tags"][name] for name in sorted(answer["tags"])] == expected, str(answer["tags"])
    )


def _nested_failure(answer: Answer) -> Verdict:
    first = answer["before"]
    failures = [each for each in first["events"] if each["type"] == "TaskFailed"]
    if not failures:
        raise NotAsked(f"no trial failed: {_ended(first)}")
    cause = failures[0].get("cause", "")
    held = failures[0].get("error") == "States.TaskFailed" and cause.startswith("{")
    return Verdict(held, f"{failures[0].get('error')}: {cause}")


def _told_failure(answer: Answer) -> Verdict:
    first = answer["before"]
    told = [each.get("error") for each in first["trials"].values()]
    named = bool(told) and all(str(error) in first.get("cause", "") for error in told)
    return Verdict(first.get("error") == "TrialsFailed" and named, _ended(first))


def _trained_again(answer: Answer) -> Verdict:
    statuses = _statuses(answer)
    expected = [*_BOTH, *(f"{name}-2" for name in _BOTH)]
    held = answer.get("error") == "TrialsFailed" and sorted(statuses) == sorted(expected)
    return Verdict(held, f"{_ended(answer)[:60]}; {_shown(statuses)}")


def _stopped_with_it(answer: Answer) -> Verdict:
    first = answer["before"]
    statuses, jobs = _statuses(first), first["jobs"]
    held = (
        first["status"] == "ABORTED"
        and statuses == dict.fromkeys(_BOTH, "ABORTED")
        and set(jobs.values()) == {"Stopped"}
    )
    return Verdict(held, f"{first['status']}; {_shown(statuses)}; jobs: {_shown(jobs)}")


def _nothing_recorded(answer: Answer) -> Verdict:
    first = answer["before"]
    ends = [kind for kind in _kinds(first) if "Abort" in kind]
    causes = [told.get("cause", "") for told in first["trials"].values()]
    # StopTrials names the sweep: it was earlier than Step Functions.
    if any(first["arn"] in cause for cause in causes):
        raise NotAsked("StopTrials stopped a trial before Step Functions did")
    held = ends == ["ExecutionAborted"] and not any(causes)
    return Verdict(held, f"{', '.join(ends)}; causes of the trials: {causes}")


def _resumed(answer: Answer) -> Verdict:
    if answer["status"] != "SUCCEEDED":
        return Verdict(False, _ended(answer))
    statuses = _statuses(answer)
    expected = dict.fromkeys(_BOTH, "ABORTED")
    expected |= {f"{name}-2": "SUCCEEDED" for name in _BOTH}
    held = answer["output"]["counts"] == _ALL_SUCCEEDED and statuses == expected
    return Verdict(held, _shown(statuses))


SWEPT = (
    Assumption(
        "sweep-of-two",
        "a Map of `startExecution.sync:2` trains two trials, and their results come back to it",
        "SUCCEEDED, 2 of 2; t001 and t002 SUCCEEDED",
        _SWEEPS,
        _SWEPT,
        _both,
    ),
    Assumption(
        "trials-go-on-at-once",
        "`max_parallel` iterations of the Map begin at once",
        "both begin before one has ended",
        _SWEEPS,
        _SWEPT,
        _at_once,
    ),
    Assumption(
        "trials-are-tagged",
        "each trial's training job has the tags rl-sweep, rl-configuration and rl-seed",
        "the sweep's name, configuration 1, and seeds 1 and 2",
        _SWEEPS,
        _SWEPT,
        _tagged,
    ),
    Assumption(
        "failed-trial-fails-its-task",
        "an execution that fails makes the `.sync:2` task raise States.TaskFailed, with its"
        " description as the cause",
        "States.TaskFailed: {...}",
        _CORRECTIONS,
        _FAILED,
        _nested_failure,
    ),
    Assumption(
        "failed-trial-is-told",
        "a sweep tells of a trial that failed what the trial's execution told",
        "TrialsFailed, with the trials' error",
        _SWEEPS,
        _FAILED,
        _told_failure,
    ),
    Assumption(
        "redrive-runs-failed-trials",
        "a redriven sweep that had failed starts each trial that failed by its next name",
        "t001-2 and t002-2 beside t001 and t002",
        _SWEEPS,
        _FAILED,
        _trained_again,
    ),
    Assumption(
        "stop-of-a-sweep",
        "StopExecution of a sweep stops each trial, and with it the training job",
        "ABORTED; t001 and t002 ABORTED; their jobs Stopped",
        _SWEEPS,
        _REDRIVEN,
        _stopped_with_it,
    ),
    Assumption(
        "stop-records-nothing-more",
        "a parent that is stopped records nothing but ExecutionAborted, and stops its children"
        " without a cause",
        "ExecutionAborted alone, and no cause",
        _CORRECTIONS,
        _REDRIVEN,
        _nothing_recorded,
        ("StopExecution of a parent",),
    ),
    Assumption(
        "redrive-of-a-stopped-sweep",
        "a redriven sweep that was stopped starts each trial that was stopped by its next name, and"
        " succeeds",
        "t001 and t002 ABORTED, t001-2 and t002-2 SUCCEEDED",
        _SWEEPS,
        _REDRIVEN,
        _resumed,
    ),
)
