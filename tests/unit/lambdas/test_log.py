"""The functions' log: JSON lines by which one search for the execution's ARN shows a run."""

import json

import pytest

from lambdas import build_request, judge_attempt
from tests.support.arguments import CUSTOM_IMAGE

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


def test_an_error_is_told_and_raised(logged):
    with pytest.raises(TypeError):
        build_request.handler(SUBMITTED | {"progress": {"unknown": 1}}, None)
    started, error = logged()
    assert (started["event"], error["event"], error["error"]) == ("start", "error", "TypeError")
    assert "unknown" in error["message"]
