"""The functions' log: JSON lines by which one query for the execution's ARN shows a run."""

import json

import pytest

from lambdas import build_request, judge_attempt, plan_sweep, stop_orphans, stop_trials
from tests.support.arguments import CUSTOM_IMAGE
from tests.support.sweep_inputs import SWEEP

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlTraining:run"
EXECUTION = {"arn": ARN, "started_at": "2026-01-31T10:00:00.123Z", "redrives": 0}
SUBMITTED = {
    "arguments": CUSTOM_IMAGE | {"hyperparameters": {"secret": "s3cr3t"}},
    "execution": EXECUTION,
    "progress": {},
    "now": "2026-01-31T10:00:01.000Z",
}


@pytest.fixture
def logged(capsys):
    def lines():
        printed = capsys.readouterr().out
        assert "s3cr3t" not in printed
        found = [json.loads(line) for line in printed.splitlines()]
        assert {line["execution"] for line in found} == {ARN}
        return found

    return lines


def judged(submitted, **more):
    carried = {key: submitted[key] for key in ("plan", "attempt")}
    nothing = {"progress": {}, "error": {}, "description": {}, "describe_error": {}}
    return carried | nothing | {"execution": EXECUTION, "now": SUBMITTED["now"]} | more


def test_a_run_is_told_by_start_and_decision_of_each_function(logged):
    submitted = build_request.handler(SUBMITTED, None)
    job = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: boom"}
    judge_attempt.handler(judged(submitted, description=job), None)
    name = submitted["attempt"]["job_name"]
    told = [(line["function"], line["event"], line.get("decision")) for line in logged()]
    assert told == [
        ("BuildRequest", "start", None),
        ("BuildRequest", "decision", "create"),
        ("JudgeAttempt", "start", None),
        ("JudgeAttempt", "decision", "fail"),
    ]
    build_request.handler(SUBMITTED, None)
    assert logged()[1]["job_name"] == name


def test_a_sweep_is_told_by_its_decision_and_by_the_execution_of_each_trial(logged):
    given = {"arguments": SWEEP | {"seeds": 2}, "execution": EXECUTION}
    decision = plan_sweep.handler({**given, "records": []}, None)
    started, decided = logged()
    assert (started["function"], started["event"]) == ("PlanSweep", "start")
    assert decided["event"] == "decision"
    assert decided["decision"] == "run"
    assert decided["wave"] == len(decision["wave"]) == 2
    assert decided["error"] == ""
    trial = plan_sweep.handler({**given, "item": {"trial": 1, "start": 1}}, None)
    decided = logged()[1]
    assert (decided["trial"], decided["name"]) == (1, trial["name"])


@pytest.mark.parametrize(
    ("function", "event"),
    [
        (build_request, SUBMITTED | {"execution": EXECUTION | {"unknown": 1}}),
        (judge_attempt, judged(SUBMITTED | {"plan": {}, "attempt": {}})),
        (plan_sweep, {"execution": EXECUTION | {"unknown": 1}}),
        (stop_orphans, {"detail": {"executionArn": ARN, "stopDate": None}}),
        (stop_trials, {"detail": {"executionArn": ARN, "stopDate": None}}),
    ],
)
def test_an_event_that_cannot_be_read_is_told_with_its_execution(logged, function, event):
    with pytest.raises((TypeError, ValueError)):
        function.handler(event, None)
    assert [line["event"] for line in logged()] == ["start", "error"]


def test_an_error_is_told_and_raised(logged):
    with pytest.raises(TypeError):
        build_request.handler(SUBMITTED | {"progress": {"unknown": 1}}, None)
    started, error = logged()
    assert (started["event"], error["event"], error["error"]) == ("start", "error", "TypeError")
    assert "unknown" in error["message"]
