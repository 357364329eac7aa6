"""Sweeps on the local AWS, each trial a real training job: what they answer, what they leave."""

import json
import time
import uuid

import pytest

from kfp_component.watch.events.trial_events import Wave, read_event
from tests.support.runs.sweep_quota import sweep_under_a_quota
from tests.support.runs.sweep_runs import SweepStage, reward

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage(scaled):
    return SweepStage(scaled.client, scaled.endpoint_url, scaled.outputs)


def names(sweep, numbers):
    return {f"{sweep.name}-t{number:03}" for number in numbers}


def trial(sweep, number):
    return sweep.arn.replace(":RlSweep:", ":RlTraining:") + f"-t{number:03}"


def test_a_sweep_answers_with_statistics_and_tells_what_failed(stage):
    """One trial fails, one says nothing of its objective, a person stops one; the others count."""
    odd = {"fail_seed": 4, "silent_seed": 5, "interrupted_seeds": "6"}
    trials = {"space": {"lr": [0.1]}, "seeds": 6, "max_parallel": 2, "max_failed_trials": 3}
    sweep = stage.sweep(trials | {"hyperparameters": odd})
    sweep.reach(lambda: f"{sweep.name}-t006" in sweep.jobs())
    sweep.states.stop_execution(executionArn=trial(sweep, 6), cause='not "this" one')
    sweep.end()
    assert sweep.status == "SUCCEEDED", sweep.cause
    assert set(sweep.trials()) == set(sweep.jobs()) == names(sweep, range(1, 7))
    assert sweep.most_at_once() == 2
    assert sweep.output["counts"] == {"trials": 6, "succeeded": 3, "failed": 3}
    table = sweep.output["trials"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert [row["value"] for row in rows[:3]] == [reward(0.1, seed) for seed in (1, 2, 3)]
    errors = ["", "", "", "TrainingJobFailed", "ObjectiveMissing", "ABORTED"]
    assert [row["error"] for row in rows] == errors
    told = {each["trial"]: each["message"] for each in sweep.output["failures"]}
    assert f"{sweep.name}-t004 failed: AlgorithmError" in told[4]
    assert told[6] == "not  this  one"
    best = sweep.output["best"]
    assert (best["iqm"], best["value"], best["trial"]) == (12, 13, 3)
    assert sweep.output["best_hyperparameters"] == odd | {"lr": 0.1}
    assert sweep.output["best_seed"] == 3
    assert sweep.output["model_artifact_url"].endswith(f"/{sweep.name}-t003/output/model.tar.gz")


def test_too_many_failures_fail_it_and_a_redrive_trains_them_alone(stage):
    sweep = stage.sweep({"seeds": 2, "hyperparameters": {"fail_seed": 2}, "max_failed_trials": 0})
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert sweep.cause["message"].startswith("1 of 2 trials failed; max_failed_trials allows 0.")
    assert [row[3] for row in sweep.cause["trials"]["rows"]] == [reward(1, 1), "failed"]
    sweep.redrive()
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert set(sweep.trials()) == names(sweep, [1, 2]) | {f"{sweep.name}-t002-2"}
    assert len(sweep.jobs()) == 3


def test_after_a_pilot_that_failed_nothing_else_is_started(stage):
    sweep = stage.sweep({"seeds": 6, "hyperparameters": {"fail_seed": 1}, "pilot": True})
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert sweep.cause["message"].startswith("The pilot, trial 1, failed, so no other was started.")
    assert set(sweep.trials()) == names(sweep, [1])


def test_after_a_pilot_that_succeeded_all_others_are(stage):
    """Also one whose start is refused twice, and that is lost once it has started."""
    name = f"piloted-{uuid.uuid4().hex[:8]}"
    throttled = {"error": "ThrottlingException", "message": "Rate exceeded", "times": 2}
    faults = [{"fault": "reject_start", **throttled}, {"fault": "lose_execution"}]
    stage.plan(f"{name}-t002", faults)
    sweep = stage.sweep({"space": {"lr": [0.1, 0.2]}, "pilot": True}, name=name)
    sweep.end()
    stage.plan(f"{name}-t002", [])
    assert sweep.status == "SUCCEEDED"
    waves = [event for event in sweep.events() if event["type"] == "MapStateStarted"]
    assert [event["mapStateStartedEventDetails"]["length"] for event in waves] == [1, 1]
    told = [news for news in map(read_event, sweep.events()) if isinstance(news, Wave)]
    assert told == [Wave(trials=2), Wave(trials=2)]
    assert sweep.entered.count("WaitBeforeTrial") == 2
    assert sweep.output["best_hyperparameters"] == {"lr": 0.2}
    assert set(sweep.jobs()) == names(sweep, [1, 2])


def stopped_after_two_checkpoints(stage, **given):
    """A sweep of which trial 2, and any that `given` names, ends only once it resumes."""
    folder = f"checkpoints/{uuid.uuid4().hex}"
    code = {"checkpoint_config": {"S3Uri": f"s3://{stage.bucket}/{folder}"}}
    sweep = stage.sweep({"hyperparameters": {"interrupted_seeds": "2"}} | code | given)
    kept = {"Bucket": stage.bucket, "Prefix": folder}
    sweep.reach(lambda: stage.client("s3").list_objects_v2(**kept)["KeyCount"] == 2)
    sweep.stop()
    return sweep


def test_one_that_is_stopped_leaves_nothing_and_its_redrive_trains_the_rest(stage):
    sweep = stopped_after_two_checkpoints(stage, seeds=3, max_parallel=1)
    assert sweep.end()["status"] == "ABORTED"
    sweep.reach(lambda: not sweep.trials("RUNNING"))
    sweep.reach(lambda: not sweep.jobs("InProgress") and not sweep.jobs("Stopping"))
    first, second, third = sorted(names(sweep, range(1, 4)))
    assert sweep.trials() == {first: "SUCCEEDED", second: "ABORTED"}
    sweep.redrive()
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert sweep.output["counts"] == {"trials": 3, "succeeded": 3, "failed": 0}
    done = dict.fromkeys([first, f"{second}-2", third], "SUCCEEDED")
    assert sweep.trials() == done | {second: "ABORTED"}


def test_a_redrive_at_once_after_a_stop_trains_each_trial_once(stage):
    both = {"interrupted_seeds": "1,2"}
    sweep = stopped_after_two_checkpoints(stage, seeds=2, hyperparameters=both)
    sweep.redrive()
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    sweep.reach(lambda: not sweep.trials("RUNNING"))
    assert list(sweep.trials().values()).count("SUCCEEDED") == 2


def test_an_execution_that_has_a_trials_name_already_is_left_alone(stage):
    """It may be a sweep's of the same name that was deleted, or a person's."""
    name, states = f"sweep-{uuid.uuid4().hex[:8]}", stage.client("stepfunctions")
    theirs = states.start_execution(
        stateMachineArn=stage.outputs["StateMachineArn"], name=f"{name}-t001", input="{}"
    )["executionArn"]
    sweep = stage.sweep({"seeds": 1}, name=name)
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert sweep.output["best"]["execution"] == f"{name}-t001-2"
    assert states.describe_execution(executionArn=theirs)["error"] == "InvalidArguments"


def test_every_problem_is_told_at_once_and_nothing_is_started(stage):
    """In which words: tests/unit/training_sweep/test_sweep_arguments.py."""
    wrong = {
        "space": {"lr": [], "seed": [1]},
        "seeds": [1, "two"],
        "objective_metric": "nobody",
        "max_parallel": 41,
        "instance_count": 0,
    }
    sweep = stage.sweep(wrong)
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "InvalidArguments")
    assert {each["argument"] for each in sweep.cause["problems"]} >= set(wrong)
    assert sweep.trials() == {}


def test_a_dry_run_returns_trials_and_the_first_request(stage):
    sweep = stage.sweep({"seeds": 6, "dry_run": True})
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert len(sweep.output["trials"]["rows"]) == 6
    assert sweep.output["request"]["TrainingJobName"] == f"{sweep.name}-t001"
    assert sweep.trials() == {}


def test_more_at_once_than_the_quota_of_instances_wait_for_their_turn(stage):
    """bench/sweeps/capacity.py has it with 40 trials and 5 instances."""
    long = {"seconds": 4}  # so that the second asks while the first trains, on a busy machine too
    shared = sweep_under_a_quota(stage, trials=2, instances=1, hyperparameters=long)
    assert shared.counts == {"trials": 2, "succeeded": 2, "failed": 0}
    assert (shared.executions, shared.jobs) == (2, 2)
    assert (shared.awaited_at_once, shared.trained_at_once) == (2, 1)
    assert shared.waited > 0


@pytest.mark.slow
def test_two_sweeps_of_the_same_job_name_share_the_names_and_say_so(stage):
    """A training job's name is whose it was first; a redrive takes the next free names."""
    prefix = f"same-{uuid.uuid4().hex[:8]}"
    both = [stage.sweep({"seeds": 3, "job_name": prefix}) for _ in range(2)]
    counted = [ended_counts(sweep) for sweep in both]
    assert sum(counts["succeeded"] for counts in counted) == 3
    assert sum(counts["failed"] for counts in counted) == 3
    for sweep in (sweep for sweep in both if sweep.status == "FAILED"):
        (reason,) = sweep.cause["failures"]
        assert reason["error"] == "RequestRejected"
        assert reason["message"].startswith(f"The job name {prefix}-t00")
        assert reason["message"].endswith("names are never free again.")
        sweep.redrive()
        assert ended_counts(sweep) == {"trials": 3, "succeeded": 3, "failed": 0}


@pytest.mark.slow
def test_one_that_is_stopped_twice_and_redriven_three_times_trains_each_trial_once(stage):
    sweep = stage.sweep({"seeds": 4, "max_parallel": 2, "hyperparameters": {"seconds": 3}})
    for redrives in range(3):
        if redrives:
            sweep.redrive()
        sweep.reach(lambda: len(sweep.jobs("InProgress")) == 2)
        sweep.stop()
        sweep.stop()
        assert sweep.end()["status"] == "ABORTED"
        sweep.reach(lambda: not sweep.trials("RUNNING"))
    sweep.redrive()
    assert ended_counts(sweep) == {"trials": 4, "succeeded": 4, "failed": 0}
    succeeded = [name for name, status in sweep.trials().items() if status == "SUCCEEDED"]
    assert sorted(name.split("-t")[1][:3] for name in succeeded) == ["001", "002", "003", "004"]


@pytest.mark.slow
def test_one_that_is_stopped_as_it_is_planned_starts_nothing_until_it_is_redriven(stage):
    sweep = stage.sweep({"seeds": 3})
    sweep.stop()
    assert sweep.end()["status"] == "ABORTED"
    time.sleep(2)
    assert (sweep.trials(), sweep.jobs()) == ({}, [])
    sweep.redrive()
    assert ended_counts(sweep) == {"trials": 3, "succeeded": 3, "failed": 0}
    assert set(sweep.trials()) == names(sweep, range(1, 4))


@pytest.mark.slow
def test_a_trial_that_a_person_redrives_is_not_awaited_and_does_not_outlive_the_sweep(stage):
    given = {"seeds": 3, "hyperparameters": {"seconds": 8}, "max_failed_trials": 1}
    sweep = stage.sweep(given)
    sweep.reach(lambda: len(sweep.jobs("InProgress")) == 3)
    sweep.states.stop_execution(executionArn=trial(sweep, 2), cause="by hand")
    sweep.reach(lambda: len(sweep.jobs("InProgress")) == 2)
    sweep.states.redrive_execution(executionArn=trial(sweep, 2))
    assert ended_counts(sweep) == {"trials": 3, "succeeded": 2, "failed": 1}
    sweep.reach(lambda: not sweep.trials("RUNNING") and not sweep.jobs("InProgress"))
    (failed,) = sweep.output["failures"]
    assert failed == {"trial": 2, "error": "ABORTED", "message": "by hand"}


def ended_counts(sweep):
    ended = sweep.end()
    return json.loads(ended.get("output") or ended["cause"])["counts"]
