"""Sweeps on the local AWS, each trial a real training job: what they answer, what they leave."""

import json
import time
import uuid

import pytest

from tests.support.deploying import deployment
from tests.support.runs.outcome_runs import scaled_local_aws
from tests.support.runs.sweep_quota import sweep_under_a_quota
from tests.support.runs.sweep_runs import SweepStage, reward

pytestmark = pytest.mark.e2e

RATES = [0.1, 0.2]
SIX = {"space": {"lr": RATES}, "seeds": 3}


@pytest.fixture(scope="module")
def stage():
    assembly = deployment.synthesize(deployment.HOST_FUNCTIONS)
    with scaled_local_aws() as server:
        outputs = deployment.deploy(assembly, server.client)
        yield SweepStage(server.client, server.endpoint_url, outputs)


def rows(sweep):
    table = sweep.output["trials"]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def names(sweep, numbers):
    return {f"{sweep.name}-t{number:03}" for number in numbers}


def test_a_sweep_answers_with_statistics_over_seeds(stage):
    sweep = stage.sweep(SIX | {"max_parallel": 3})
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert {name: sweep.trials()[name] for name in names(sweep, range(1, 7))} == sweep.trials()
    assert set(sweep.jobs()) == names(sweep, range(1, 7))
    assert [row["value"] for row in rows(sweep)] == [
        reward(lr, seed) for lr in RATES for seed in (1, 2, 3)
    ]
    best = sweep.output["best"]
    assert (best["iqm"], best["value"], best["trial"]) == (22, 23, 6)
    assert (sweep.output["best_hyperparameters"], sweep.output["best_seed"]) == ({"lr": 0.2}, 3)
    assert sweep.output["model_artifact_url"].endswith(f"/{sweep.name}-t006/output/model.tar.gz")
    at_once, most = 0, 0
    for event in sweep.events():
        at_once += event["type"] == "MapIterationStarted"
        at_once -= event["type"] == "MapIterationSucceeded"
        most = max(most, at_once)
    assert most == 3


def test_trials_that_fail_are_recorded_and_the_others_count(stage):
    given = {"fail_seed": 2, "silent_seed": 3}
    sweep = stage.sweep(SIX | {"hyperparameters": given, "max_failed_trials": 4, "seeds": 4})
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert sweep.output["counts"] == {"trials": 8, "succeeded": 4, "failed": 4}
    errors = {row["seed"]: row["error"] for row in rows(sweep)}
    assert errors == {1: "", 2: "TrainingJobFailed", 3: "ObjectiveMissing", 4: ""}
    told = {each["trial"]: each["message"] for each in sweep.output["failures"]}
    assert f"{sweep.name}-t002 failed: AlgorithmError" in told[2]


def test_too_many_failures_fail_it_and_a_redrive_trains_them_alone(stage):
    sweep = stage.sweep(SIX | {"hyperparameters": {"fail_seed": 2}, "max_failed_trials": 1})
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert sweep.cause["message"].startswith("2 of 6 trials failed; max_failed_trials allows 1.")
    assert [row[3] for row in sweep.cause["trials"]["rows"]][1:5:3] == ["failed", "failed"]
    sweep.redrive()
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    again = {f"{sweep.name}-t002-2", f"{sweep.name}-t005-2"}
    assert set(sweep.trials()) == names(sweep, range(1, 7)) | again
    assert len(sweep.jobs()) == 8


def test_after_a_pilot_that_failed_nothing_else_is_started(stage):
    sweep = stage.sweep(SIX | {"hyperparameters": {"fail_seed": 1}, "pilot": True})
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert sweep.cause["message"].startswith("The pilot, trial 1, failed, so no other was started.")
    assert set(sweep.trials()) == names(sweep, [1])


def test_after_a_pilot_that_succeeded_all_others_are(stage):
    sweep = stage.sweep({"space": {"lr": RATES}, "pilot": True})
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    waves = [event for event in sweep.events() if event["type"] == "MapStateStarted"]
    assert [event["mapStateStartedEventDetails"]["length"] for event in waves] == [1, 1]


def test_one_that_is_stopped_leaves_nothing_and_its_redrive_trains_the_rest(stage):
    given = {"hyperparameters": {"seconds": 3}, "max_parallel": 2}
    sweep = stage.sweep(SIX | given)
    sweep.reach(lambda: len(sweep.trials("SUCCEEDED")) >= 2)
    sweep.reach(lambda: sweep.jobs("InProgress"))
    sweep.stop()
    assert sweep.end()["status"] == "ABORTED"
    sweep.reach(lambda: not sweep.trials("RUNNING"), seconds=10)
    sweep.reach(lambda: not sweep.jobs("InProgress") and not sweep.jobs("Stopping"), seconds=10)
    before = sweep.trials()
    done = {name for name, status in before.items() if status == "SUCCEEDED"}
    assert 2 <= len(done) < 6
    sweep.redrive()
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert sweep.output["counts"] == {"trials": 6, "succeeded": 6, "failed": 0}
    statuses = list(sweep.trials().values())
    assert statuses.count("SUCCEEDED") == 6
    assert statuses.count("ABORTED") == len(before) - len(done)
    assert len(statuses) == 6 + len(before) - len(done)


def test_a_redrive_at_once_after_a_stop_trains_each_trial_once(stage):
    sweep = stage.sweep(SIX | {"hyperparameters": {"seconds": 2}})
    sweep.reach(lambda: len(sweep.jobs("InProgress")) >= 3)
    sweep.stop()
    sweep.redrive()
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    sweep.reach(lambda: not sweep.trials("RUNNING"), seconds=10)
    assert list(sweep.trials().values()).count("SUCCEEDED") == 6


def test_a_trial_that_a_person_stops_is_a_failed_one(stage):
    sweep = stage.sweep(SIX | {"hyperparameters": {"seconds": 3}, "max_failed_trials": 1})
    sweep.reach(lambda: len(sweep.trials("RUNNING")) == 6)
    trial = sweep.arn.replace(":RlSweep:", ":RlTraining:") + "-t004"
    sweep.states.stop_execution(executionArn=trial, cause='not "this" one')
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    (failed,) = sweep.output["failures"]
    assert failed == {"trial": 4, "error": "ABORTED", "message": "not  this  one"}


def test_an_execution_that_has_a_trials_name_already_is_left_alone(stage):
    """It may be a sweep's of the same name that was deleted, or a person's."""
    sweeps = stage.client("stepfunctions")
    first = stage.sweep({"space": {"lr": [0.1]}, "dry_run": True})
    first.end()
    name, given = first.name, json.loads(first.end()["input"])
    theirs = sweeps.start_execution(
        stateMachineArn=stage.outputs["StateMachineArn"], name=f"{name}x-t001", input="{}"
    )["executionArn"]
    arn = sweeps.start_execution(
        stateMachineArn=stage.machine,
        name=f"{name}x",
        input=json.dumps(given | {"dry_run": False, "job_name": f"{name}x"}),
    )["executionArn"]
    first.arn = arn
    first.end()
    assert first.status == "SUCCEEDED"
    assert first.output["best"]["execution"] == f"{name}x-t001-2"
    assert sweeps.describe_execution(executionArn=theirs)["error"] == "InvalidArguments"


def test_every_problem_is_told_at_once_and_nothing_is_started(stage):
    wrong = {
        "space": {"lr": [], "seed": [1]},
        "objective_metric": "nobody",
        "max_parallel": 41,
        "instance_count": 0,
    }
    sweep = stage.sweep(wrong)
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "InvalidArguments")
    named = {each["argument"] for each in sweep.cause["problems"]}
    assert {"space", "objective_metric", "max_parallel", "instance_count"} <= named
    assert sweep.trials() == {}


def test_a_dry_run_returns_trials_and_the_first_request(stage):
    sweep = stage.sweep(SIX | {"dry_run": True})
    sweep.end()
    assert sweep.status == "SUCCEEDED"
    assert len(sweep.output["trials"]["rows"]) == 6
    assert sweep.output["request"]["TrainingJobName"] == f"{sweep.name}-t001"
    assert sweep.trials() == {}


def test_a_trial_whose_sync_is_dropped_is_awaited_all_the_same(stage):
    """The task that awaits a training job ends early; the training execution sees to it."""
    stage.faults("-t00", [{"fault": "drop_sync", "after_seconds": 0.2}])
    try:
        sweep = stage.sweep({"space": {"lr": RATES}, "hyperparameters": {"seconds": 1}})
        sweep.end()
    finally:
        stage.faults("-t00", [])
    assert sweep.status == "SUCCEEDED"
    assert set(sweep.jobs()) == names(sweep, [1, 2])


def test_more_at_once_than_the_quota_of_instances_wait_for_their_turn(stage):
    """bench/sweeps/capacity.py has it with 40 trials and 5 instances."""
    shared = sweep_under_a_quota(stage, trials=6, instances=2)
    assert shared.counts == {"trials": 6, "succeeded": 6, "failed": 0}
    assert (shared.executions, shared.jobs) == (6, 6)
    assert (shared.awaited_at_once, shared.trained_at_once) == (6, 2)
    assert shared.waited > 0


def test_each_bad_input_of_the_documents_is_named_with_its_value_and_what_is_allowed(stage):
    """An empty dimension makes no grid, so that a grid that is too large takes a second sweep."""
    hundred = list(range(100))
    wrong = {
        "space": {"lr": []},
        "configurations": [{"lr": 1}, {"lr": 1}],
        "seeds": [1, "two"],
        "objective_metric": "nobody",
        "max_parallel": 41,
    }
    grid = {
        "space": {"a": hundred, "b": hundred},
        "hyperparameters": {"a": 1},
        "seeds": "two",
        "objective_metric": "nobody",
        "max_parallel": 41,
    }
    expected = [
        [
            ("space", '"lr" has no values', "lists of different values"),
            ("configurations", "configuration 2 is the same as configuration 1", "different maps"),
            ("seeds", 'the seed "two" is not a whole number', "from 0 to 4294967295"),
            ("objective_metric", 'got "nobody"', "defined: reward"),
            ("max_parallel", "got 41", "a whole number from 1 to 40"),
        ],
        [
            ("space", 'name "a", which `hyperparameters` name too', "in one of the two"),
            ("space", "make 10,000 configurations", "allowed: 500 trials"),
            ("seeds", 'got "two"', "how many (3 means 1, 2 and 3)"),
            ("objective_metric", 'got "nobody"', "defined: reward"),
            ("max_parallel", "got 41", "a whole number from 1 to 40"),
        ],
    ]
    sweeps = [stage.sweep(given) for given in (wrong, grid)]
    for sweep, wanted in zip(sweeps, expected, strict=True):
        sweep.end()
        assert (sweep.status, sweep.error, sweep.trials()) == ("FAILED", "InvalidArguments", {})
        problems = [(each["argument"], each["message"]) for each in sweep.cause["problems"]]
        for found, (argument, value, allowed) in zip(problems, wanted, strict=True):
            assert found[0] == argument
            assert value in found[1]
            assert allowed in found[1]


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
        assert "names are never free again. Choose another job_name" in reason["message"]
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
        sweep.reach(lambda: not sweep.trials("RUNNING"), seconds=10)
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
    trial = sweep.arn.replace(":RlSweep:", ":RlTraining:") + "-t002"
    sweep.states.stop_execution(executionArn=trial, cause="by hand")
    sweep.reach(lambda: len(sweep.jobs("InProgress")) == 2)
    sweep.states.redrive_execution(executionArn=trial)
    assert ended_counts(sweep) == {"trials": 3, "succeeded": 2, "failed": 1}
    sweep.reach(lambda: not sweep.trials("RUNNING") and not sweep.jobs("InProgress"), seconds=20)
    (failed,) = sweep.output["failures"]
    assert failed == {"trial": 2, "error": "ABORTED", "message": "by hand"}


def ended_counts(sweep):
    ended = sweep.end()
    return json.loads(ended.get("output") or ended["cause"])["counts"]
