"""What a sweep does next: waves, ends, and whole executions with failures, stops and redrives."""

import importlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas import plan_sweep
from tests.support.arguments import CUSTOM_IMAGE
from tests.support.sweep_inputs import (
    ARN,
    STARTED_AT,
    SWEEP,
    carried,
    decide,
    failure,
    start,
    success,
)
from training_job.failure import LONGEST_CAUSE
from training_sweep.failure import max_failed_trials
from training_sweep.limits import LARGEST_INPUT, LARGEST_OUTPUT, LARGEST_STATE
from training_sweep.parsing import parse_sweep
from training_sweep.records import LONGEST_MESSAGE

GRID = SWEEP | {"space": {"lr": [0.1, 0.01]}, "seeds": 3}


def numbers(decision):
    return [item["trial"] for item in decision["wave"]]


def cause(decision):
    assert decision["decision"] == "fail"
    assert decision["cause"].startswith('{"message": ')
    assert len(decision["cause"]) <= LONGEST_CAUSE
    return json.loads(decision["cause"])


def test_the_first_wave_is_every_trial():
    decision = decide(GRID | {"max_parallel": 4})
    assert decision == {
        "decision": "run",
        "trials": 6,
        "wave": [{"trial": number, "start": 1} for number in range(1, 7)],
        "max_parallel": 4,
        "objective_metric": "reward",
        "model_artifact_path": "s3://bucket/models",
        "records": [],
        "output": {},
        "error": "",
        "cause": "",
    }


def test_a_pilot_runs_alone_and_before_the_others():
    given = GRID | {"pilot": True}
    assert numbers(decide(given)) == [1]
    decision = decide(given, [success(1, 5.0)])
    assert numbers(decision) == [2, 3, 4, 5, 6]
    assert decision["records"] == [success(1, 5.0)]


def test_a_pilot_that_fails_ends_the_sweep_however_many_may_fail():
    given = GRID | {"pilot": True, "max_failed_trials": 6}
    decision = decide(given, [failure(1)])
    assert decision["error"] == "TrialsFailed"
    found = cause(decision)
    assert found["message"].startswith(
        "The pilot, trial 1, failed, so no other was started. TrainingJobFailed, in t001: Training "
    )
    assert found["trials"]["rows"][1] == [2, 1, 2, "not started"]
    again = decide(given, decision["records"], redrives=1)
    assert again["wave"] == [{"trial": 1, "start": 2}]
    assert again["records"] == []


def test_wrong_arguments_end_the_sweep_with_every_problem():
    found = cause(decide(GRID | {"space": {}, "seeds": ["x"]}))
    assert [each["argument"] for each in found["problems"]] == ["space", "seeds"]
    assert found["message"] == "2 argument problems; nothing was started."
    for nothing in (None, [], 3, "{}"):
        assert decide(nothing)["error"] == "InvalidArguments"


def test_all_that_succeeded_make_an_output():
    records = [success(number, float(number)) for number in range(1, 7)]
    decision = decide(GRID, records)
    assert decision["decision"] == "succeed"
    assert decision["output"]["counts"] == {"trials": 6, "succeeded": 6, "failed": 0}
    assert decision["records"] == []


@pytest.mark.parametrize(
    ("trials", "given", "allowed"),
    [(1, None, 0), (9, None, 0), (10, None, 1), (59, None, 5), (10, 0, 0), (10, 10, 10)],
)
def test_a_tenth_of_the_trials_may_fail_unless_the_caller_says_otherwise(trials, given, allowed):
    arguments = parse_sweep(SWEEP | {"max_failed_trials": given})
    assert max_failed_trials(arguments, trials) == allowed


def test_as_many_failures_as_allowed_are_a_success_and_one_more_is_none():
    records = [success(number, float(number)) for number in range(1, 5)]
    records += [failure(5), failure(6)]
    assert decide(GRID | {"max_failed_trials": 2}, records)["decision"] == "succeed"
    decision = decide(GRID | {"max_failed_trials": 1}, records)
    assert decision["error"] == "TrialsFailed"
    found = cause(decision)
    assert found["message"] == (
        "2 of 6 trials failed; max_failed_trials allows 1. TrainingJobFailed, in 2 "
        "(t005, t006): Training job job-t005 failed: AlgorithmError: the script ended with exit "
        "code 1. A redrive trains what has no result, and nothing else, in jobs of new names."
    )
    assert found["counts"] == {"trials": 6, "succeeded": 4, "failed": 2}
    assert [each["trials"] for each in found["failures"]] == [[5, 6]]
    assert found["trials"]["columns"] == ["trial", "configuration", "seed", "result"]
    assert found["trials"]["rows"][3:5] == [[4, 2, 1, 4.0], [5, 2, 2, "failed"]]


def test_messages_that_differ_in_names_and_times_are_one_reason_in_the_words_of_the_first():
    said = "The job name job-t00{0} belongs to a training job created 2026-01-31T10:00:0{0}.000Z; "
    said += "names are never free again."
    records = [failure(trial, "RequestRejected", message=said.format(trial)) for trial in (5, 6)]
    found = cause(decide(GRID, [success(number, 1.0) for number in range(1, 5)] + records))
    assert found["message"] == (
        "2 of 6 trials failed; max_failed_trials allows 0. RequestRejected, in 2 (t005, t006): "
        f"{said.format(5)} A redrive trains what has no result, and nothing else, in jobs of new "
        "names."
    )
    reason = {"error": "RequestRejected", "message": said.format(5), "trials": [5, 6]}
    assert found["failures"] == [reason]


def test_without_half_of_the_seeds_of_any_configuration_there_is_no_best():
    records = [success(1, 1.0), success(4, 1.0)]
    records += [failure(number, message=f"no {number}") for number in (2, 3, 5, 6)]
    found = cause(decide(GRID | {"max_failed_trials": 6}, records))
    assert "no configuration has a result for at least half of its seeds" in found["message"]
    assert len(found["failures"]) == 4
    assert "Most often TrainingJobFailed, in t002: no 2. A redrive" in found["message"]


def test_a_missing_objective_counts_as_a_failure():
    decision = decide(SWEEP | {"seeds": 2}, [success(1, None), success(2, 1.0)])
    found = cause(decision)
    assert found["failures"][0]["error"] == "ObjectiveMissing"
    again = decide(SWEEP | {"seeds": 2}, decision["records"], redrives=1)
    assert again["wave"] == [{"trial": 1, "start": 2}]


def test_a_redrive_runs_what_has_no_result_under_the_next_name():
    records = [success(1, 1.0), failure(2), failure(3, start=4, redrives=1)]
    decision = decide(GRID, records, redrives=1)
    assert decision["wave"] == [
        {"trial": 2, "start": 2},
        *({"trial": number, "start": 1} for number in (4, 5, 6)),
    ]
    assert [each["trial"] for each in decision["records"]] == [1, 3]
    assert [each["trial"] for each in decide(GRID, records, redrives=2)["wave"]] == [2, 3, 4, 5, 6]


def test_a_redrive_asks_again_about_an_execution_whose_end_was_not_learnt():
    """It may run, or have been trained: another one beside it would cost twice."""
    records = [success(1, 1.0), failure(2, "RequestRejected", start=3)]
    decision = decide(SWEEP | {"seeds": 2}, records, redrives=1)
    assert decision["wave"] == [{"trial": 2, "start": 3}]


def test_no_limit_that_came_later_loses_what_was_trained():
    records = [success(number, 1.0) for number in range(1, 7)]
    assert decide(GRID, [], max_trials=2)["error"] == "InvalidArguments"
    assert decide(GRID, records, max_trials=2)["decision"] == "succeed"


def test_a_dry_run_starts_nothing_and_returns_trials_and_request():
    decision = decide(GRID | {"dry_run": True, "job_name": "cart"})
    assert decision["decision"] == "succeed"
    output = decision["output"]
    assert output["trials"]["columns"] == ["trial", "configuration", "seed"]
    assert output["trials"]["rows"][-1] == [6, 2, 3]
    assert output["configurations"][1] == {"configuration": 2, "hyperparameters": {"lr": 0.01}}
    assert output["first_execution"] == "lr-sweep-t001"
    assert output["request"]["TrainingJobName"] == "cart-t001"
    assert output["request"]["HyperParameters"]["lr"] == "0.1"
    assert output["notes"] == []
    unnamed = decide(GRID | {"dry_run": True, "spot_instance": True})["output"]
    assert unnamed["request"]["TrainingJobName"].startswith("TrainingJob-20260131100000-")
    assert len(unnamed["notes"]) == 2


# --- the handler ---------------------------------------------------------------------------------


def called(**event):
    context = {"arn": ARN, "started_at": STARTED_AT, "redrives": 0}
    return carried(plan_sweep.handler({"arguments": GRID, "execution": context, **event}, None))


def test_the_handler_plans_and_starts():
    assert numbers(called(records=[])) == [1, 2, 3, 4, 5, 6]
    records = [success(number, 1.0) for number in range(1, 7)]
    assert called(records=records)["decision"] == "succeed"
    assert called(item={"trial": 4, "start": 2}) == start(GRID, 4, start=2)


def test_the_handler_reads_the_limits_of_the_deployment(monkeypatch):
    monkeypatch.setenv("SETTINGS", '{"region": "us-east-1", "max_trials": 5}')
    limited = importlib.reload(plan_sweep)
    context = {"arn": ARN, "started_at": STARTED_AT, "redrives": 0}
    found = limited.handler({"arguments": GRID, "execution": context, "records": []}, None)
    (problem,) = cause(found)["problems"]
    assert "this deployment allows at most 5 trials" in problem["message"]
    monkeypatch.undo()
    importlib.reload(plan_sweep)


def test_the_function_needs_neither_boto3_nor_numpy():
    script = "import sys, lambdas.plan_sweep; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert not loaded & {"boto3", "botocore", "numpy", "kfp", "aws_cdk"}


# --- whole executions ----------------------------------------------------------------------------


class World:
    """The training executions of a sweep, and its state machine as plan_sweep.py describes it."""

    def __init__(self, sweep, failing):
        self.sweep, self.failing = sweep, failing
        self.records, self.redrives, self.budget = [], 0, None
        self.executions: dict[str, dict] = {}
        self.wave, self.done = [], []

    def run(self, budget=None):
        """Go on until the end, or until so many trials have been started: then it is aborted."""
        self.budget = budget
        while True:
            if not self.wave:
                decision = decide(self.sweep, self.records, self.redrives)
                if decision["decision"] != "run":
                    self.records = decision["records"] or self.records
                    return decision
                self.records, self.wave = decision["records"], decision["wave"]
            while self.wave:
                record = self.iterate(self.wave[0])
                if record is None:
                    return None
                self.done.append(record)
                self.wave = self.wave[1:]
            self.records = [*self.records, *self.done]
            self.done = []

    def redrive(self):
        self.redrives += 1

    def iterate(self, item):
        number, attempt = item["trial"], item["start"]
        while True:
            found = start(self.sweep, number, attempt)
            known = self.executions.get(found["name"])
            if known is None:
                break
            if known["ended"] == "SUCCEEDED":
                return success(number, known["value"], attempt, self.redrives)
            assert known["redrives"] < self.redrives
            attempt += 1
        if self.budget == 0:
            self.executions[found["name"]] = {"ended": "ABORTED", "redrives": self.redrives}
            return None
        self.budget = None if self.budget is None else self.budget - 1
        fails = (number, attempt) in self.failing
        self.executions[found["name"]] = {
            "ended": "FAILED" if fails else "SUCCEEDED",
            "value": float(number),
            "redrives": self.redrives,
        }
        if fails:
            return failure(number, start=attempt, redrives=self.redrives)
        return success(number, float(number), attempt, self.redrives)

    def succeeded(self):
        return [name for name, each in self.executions.items() if each["ended"] == "SUCCEEDED"]


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.booleans(),
    st.sets(st.tuples(st.integers(1, 16), st.integers(1, 3))),
    st.lists(st.integers(0, 8), max_size=3),
    st.integers(0, 3),
)
def test_whatever_fails_and_whenever_it_is_stopped_each_trial_succeeds_once(
    configurations, seeds, pilot, failing, stops, allowed
):
    given = SWEEP | {"configurations": [{"n": n} for n in range(configurations)], "seeds": seeds}
    world = World(given | {"pilot": pilot, "max_failed_trials": allowed}, failing)
    decision = None
    for stop in stops:
        decision = world.run(stop)
        if decision and decision["decision"] == "succeed":
            break
        world.redrive()
    for _ in range(9):
        if decision and decision["decision"] == "succeed":
            break
        decision = world.run()
        if decision["decision"] == "fail":
            before = set(world.succeeded())
            world.redrive()
            assert before <= set(world.succeeded())
    assert decision["decision"] == "succeed"
    trials = configurations * seeds
    counts = decision["output"]["counts"]
    assert counts["trials"] == trials == counts["succeeded"] + counts["failed"]
    assert counts["failed"] <= allowed
    succeeded = [name.split("-t")[1][:3] for name in world.succeeded()]
    assert len(set(succeeded)) == len(succeeded) == counts["succeeded"]


# --- 500 trials ----------------------------------------------------------------------------------


def widest_failure(number, redrives=0):
    return failure(
        number,
        error="StepFunctions.ExecutionAlreadyExistsException",
        job=f"{number:03}" + "j" * 60,
        message=f"{number:03} " + "m" * (LONGEST_MESSAGE - 4),
        start=12,
        redrives=redrives,
    )


def widest_success(number):
    job = f"{number:03}" + "j" * 60
    model = "m" * 100
    return success(
        number,
        -number / 7e105,
        job=job,
        model=model,
        start=12,
        training=2_419_200,
        billable=999_999,
    )


def of_bytes(given, size):
    """Return an input of almost so many bytes."""
    given |= {"environment": {f"V{n}": "" for n in range(100)}, "debug_hook_config": None}
    names = list(given["environment"])
    while names and (room := size - len(json.dumps(given))) > 520:
        given["environment"][names.pop()] = "e" * min(500, room - 20)
    rule = {"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}
    given["debug_rule_config"] = []
    while size - len(json.dumps(given)) > 6_000:
        parameters = {f"p{n}": "x" * 230 for n in range(20)}
        given["debug_rule_config"].append(rule | {"RuleParameters": parameters})
    return given


SHAPES = {
    "500 configurations": {"space": {"lr": [n / 1e7 for n in range(500)]}},
    "20 configurations x 25 seeds": {
        "space": {"lr": {"min": 1e-5, "max": 0.1, "scale": "log"}, "width": [64, 128, 256]},
        "samples": 20,
        "seeds": 25,
    },
    "1 configuration x 500 seeds": {"seeds": 500},
    "250 configurations x 2 large seeds": {
        "configurations": [{"lr": n / 1e7, "layers": [64] * 8} for n in range(250)],
        "seeds": "4294967294,4294967295",
    },
}


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_500_trials_fit_what_a_state_carries(shape, capsys):
    given = of_bytes(SWEEP | SHAPES[shape], LARGEST_INPUT)
    given["objective_type"] = "minimize"
    everyone = range(1, 501)
    execution = {"arn": ARN, "started_at": STARTED_AT, "redrives": 3}

    first = decide(given)
    assert first["cause"] == ""
    assert numbers(first) == list(everyone)
    failed = decide(given, [widest_failure(number) for number in everyone])
    assert failed["error"] == "TrialsFailed"
    allowed = given | {"max_failed_trials": 499}
    half = [widest_success(number) if number % 2 else widest_failure(number) for number in everyone]
    sizes = {
        "input": size(given),
        "first decision": size(first),
        "an iteration's start": size(start(given, 500, start=12)),
        "call with failures": size(
            {
                "arguments": given,
                "execution": execution,
                "records": [widest_failure(number) for number in everyone],
            }
        ),
        "TrialsFailed": size(failed),
        "wave of a redrive": size(decide(given, failed["records"], redrives=1)),
        "all succeeded": size(decide(given, [widest_success(number) for number in everyone])),
        "half succeeded": size(decide(allowed, half)),
        "dry run": size(decide(given | {"dry_run": True})),
    }
    with capsys.disabled():
        print(f"\n{shape}: " + ", ".join(f"{name} {value:,}" for name, value in sizes.items()))
    assert max(sizes.values()) < LARGEST_STATE
    assert decide(allowed, half)["decision"] == "succeed"
    assert max(sizes["all succeeded"], sizes["half succeeded"]) <= LARGEST_OUTPUT
    assert len(json.loads(failed["cause"])["trials"]["rows"]) == 500


def size(value):
    """Return the bytes with the spaces that Python puts between, which Step Functions does not."""
    return len(json.dumps(value).encode())


def test_the_inputs_of_these_are_as_large_as_allowed():
    for shape in SHAPES.values():
        assert 0.9 * LARGEST_INPUT < size(of_bytes(SWEEP | shape, LARGEST_INPUT)) <= LARGEST_INPUT
    assert set(CUSTOM_IMAGE) < set(SWEEP)
