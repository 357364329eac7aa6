"""The rules that hold on every path of a sweep."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.exploring.machine import Ended
from tests.support.exploring.sweeps.world import MODELS, World

_ERRORS = {"InvalidArguments", "TrialsFailed", "RequestRejected"}


def broken_by_start(before: World, after: World) -> Iterator[str]:
    """Yield the rules that an execution breaks that was started."""
    known = {child.name for child in before.children}
    for child in after.children:
        if child.name in known or not child.ours:
            continue
        others = before.of(child.trial)
        if any(each.status == "RUNNING" for each in others):
            yield "two executions of a trial at once"
        if any(each.started == child.started for each in others):
            yield "two executions of a trial without a redrive between them"
        if any(each.trained for each in others):
            yield "what was trained is trained again"
        if json.loads(child.given)["hyperparameters"]["seed"] != child.trial:
            yield "an execution with another trial's input"


def broken_at_end(ended: Ended, world: World, allowed: int) -> Iterator[str]:
    """Yield the rules that the end of a sweep breaks."""
    if ended.status == "SUCCEEDED":
        output = json.loads(ended.output)
        if "dry_run" not in output:
            yield from _broken_by_success(output, world, allowed)
    elif ended.status == "FAILED" and ended.error not in _ERRORS:
        yield f"an end that is not documented: {ended.error}"
    elif ended.status == "FAILED":
        yield from _broken_by_failure(ended, world, allowed)


def _broken_by_success(output: dict[str, Any], world: World, allowed: int) -> Iterator[str]:
    rows = [dict(zip(output["trials"]["columns"], row, strict=True)) for row in _rows(output)]
    yield from _dishonest({row["trial"]: row["value"] or row["error"] for row in rows}, world)
    failed = sum(bool(row["error"]) for row in rows)
    succeeded = sum(not row["error"] for row in rows)
    counts = {"trials": len(rows), "succeeded": succeeded, "failed": failed}
    if output["counts"] != counts:
        yield f"counts that are not those of the trials: {output['counts']}"
    if failed > allowed:
        yield "a success in which more failed than may"
    models = {f"{MODELS}/job-{child.name}/output/model.tar.gz": child for child in world.children}
    best = models.get(output["model_artifact_url"])
    if not (best and best.trained and best.ours and output["best"]["execution"] == best.name):
        yield "a success with a model of no trial that succeeded"


def _broken_by_failure(ended: Ended, world: World, allowed: int) -> Iterator[str]:
    cause = json.loads(ended.cause)
    said = f"{ended.error}: {cause['message']}"[:160]
    if next(iter(cause)) != "message":
        yield f"a cause that does not begin with its message: {said}"
    if ended.error == "RequestRejected" and not (world.broken or ended.frame.redrives):
        yield f"Lambda's trouble ends it: {said}"
    if ended.error == "InvalidArguments" and world.children:
        yield "trials of arguments that are wrong"
    if ended.error != "TrialsFailed":
        return
    found = {trial: value for trial, *_, value in _rows(cause)}
    if ended.frame.state == "Failed":  # else what it could not report, before a redrive perhaps
        yield from _dishonest(found, world)
    if list(found.values()).count("failed") <= allowed and "not started" not in found.values():
        yield f"a failure of no more than may fail: {said}"
    late = [each for each in ended.frame.variable("records") or [] if "error" in each]
    if ended.frame.state == "Failed" and any(
        each["redrives"] < ended.frame.redrives for each in late
    ):
        yield "a redrive leaves out a trial that had failed"


def _rows(said: dict[str, Any]) -> list[list[Any]]:
    return list(said["trials"]["rows"])


def _dishonest(found: dict[int, Any], world: World) -> Iterator[str]:
    """Yield what is wrong with what is said of the trials, each a value or words."""
    for trial, said in found.items():
        values = [child.value for child in world.of(trial) if child.trained]
        if isinstance(said, float) and values != [said]:
            yield f"a result that is not the trial's: {said}"
        if not isinstance(said, float) and values and not (world.look or world.broken):
            yield f"a trial that was trained is called {said}"
