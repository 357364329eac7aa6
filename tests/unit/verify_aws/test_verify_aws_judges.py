"""Every judge, on an answer of each kind: one as assumed, and one that is otherwise.

`answers/` holds the former: of executions and jobs as the local AWS gave them (the JSON that
`make verify-aws` writes), of what ministack lacks as AWS documents them, and the model's encryption
as API_OutputDataConfig has it. `OTHERWISE` changes each of them.
"""

import copy
import json
from pathlib import Path

import pytest

from tools.verify_aws.assumption import FALSE, NOT_ASKED, TRUE, find
from tools.verify_aws.stages import ASSUMPTIONS

ANSWERS = Path(__file__).parent / "answers"
BY_NAME = {each.name: each for each in ASSUMPTIONS}


def put(*path):
    """The change of one value of an answer: the path to it, and the value last."""
    *keys, last, value = path

    def change(answer):
        for key in keys:
            answer = answer[key]
        answer[last] = value

    return change


def event(state, kind, **fields):
    """The change of the first event of a type in a state."""

    def change(answer):
        found = [
            each for each in answer["events"] if (each["state"], each["type"]) == (state, kind)
        ]
        found[0].update(fields)

    return change


def in_another_state(answer):
    answer["events"][-2]["type"] = "FailStateEntered"
    answer["events"][-2]["state"] = "FailedForGood"


def submitted(answer):
    place = next(
        number
        for number, each in enumerate(answer["events"])
        if (each["state"], each["type"]) == ("Failed", "TaskStarted")
    )
    answer["events"].insert(place, {**answer["events"][place], "type": "TaskSubmitted"})


def redriven(*states):
    """The change of what a redriven execution entered."""

    def change(answer):
        kinds = [each["type"] for each in answer["events"]]
        place = kinds.index("ExecutionRedriven")
        at = answer["events"][place]["at"]
        answer["events"][place + 1 :] = [
            {"type": "TaskStateEntered", "at": at, "state": state} for state in states
        ]

    return change


def lost_variables(answer):
    redriven("Failed", "FailedForGood")(answer)
    answer["events"].append(
        {"type": "EvaluationFailed", "state": "Failed", "error": "States.QueryEvaluationError"}
    )


def early(answer):
    answer["job"]["CreationTime"] = "2020-01-01T00:00:00.000+00:00"


def one_at_a_time(answer):
    answer["events"] = [
        {"type": f"MapIteration{kind}"} for _ in range(2) for kind in ("Started", "Succeeded")
    ]


def nested_failure(**fields):
    """The change of the first task of the first life that failed."""

    def change(answer):
        next(e for e in answer["before"]["events"] if e["type"] == "TaskFailed").update(fields)

    return change


def more_recorded(answer):
    answer["before"]["events"].insert(-1, {"type": "MapStateAborted"})


ENDPOINT = ("endpoints", 0)
TASK = ("CreateTrainingJob", "TaskFailed")
OTHERWISE = {
    "endpoint-services-exist": put(*ENDPOINT, "found", None),
    "endpoint-zones": put(*ENDPOINT, "found", "zones", ["us-east-1a"]),
    "endpoint-policies": put(*ENDPOINT, "found", "policy", False),
    "instance-quota": put("quotas", "ml.m5.large", 0.0),
    "definition-is-valid": put("result", "FAIL"),
    "states-do-as-rehearsed": put("trials", 0, "seen", "next", "Elsewhere"),
    "policies-are-sound": put("policies", 1, "findings", 0, "findingType", "SECURITY_WARNING"),
    "string-of-any-character": put("string", "output", '{"\\u00e9":1}'),
    "null-is-no-text": put("null-argument", {"status": "SUCCEEDED"}),
    "null-is-one": put("null-count", "output", 0),
    "parse-of-nothing": put("parse-nothing", {"status": "FAILED", "error": "States.Runtime"}),
    "wait-of-a-fraction": put("half-second", {"status": "SUCCEEDED"}),
    "condition-not-boolean": put("not-boolean", "error", "States.Runtime"),
    "data-limit-is-not-caught": put("data-limit", "status", "CAUGHT_ERROR"),
    "failing-output-is-caught": put("failing-output", "status", "FAILED"),
    "task-fails-itself": in_another_state,
    "failure-is-exactly-as-sent": put("cause", '{"message": "cut'),
    "no-task-submitted": submitted,
    "redrive-enters-again": redriven("BuildRequest"),
    "redrive-evaluates-anew": redriven("Failed", "FailedForGood"),
    "redrive-keeps-variables": lost_variables,
    "start-by-alias": put("status", "FAILED"),
    "role-not-assumed": event("CreateTrainingJobAsRole", "TaskFailed", cause="Access denied"),
    "error-of-a-refused-create": event(*TASK, error="SageMaker.ValidationException"),
    "error-of-an-sdk-call": event("DescribeTrainingJob", "TaskFailed", error="Sage.E"),
    "words-of-a-missing-job": event("DescribeTrainingJob", "TaskFailed", error="E", cause="No."),
    "event-of-a-refused-create": event(*TASK, type="TaskSubmitFailed"),
    "error-of-a-denied-call": put("denied", "error", "Sfn.AccessDeniedException"),
    "error-of-a-wrong-token": put("wrong token", "error", "Sfn.BadTokenException"),
    "fields-are-accepted": put("job", "Environment", {}),
    "jobs-are-tagged": put("tags", {"MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS"}),
    "clocks-agree": early,
    "job-is-known-at-once": put("looked", False),
    "model-is-encrypted": put("model", "ServerSideEncryption", "AES256"),
    "failed-job-fails-the-task": event(*TASK, error="SageMaker.JobFailed"),
    "reason-of-a-failed-script": put("job", "FailureReason", "The script failed."),
    "stopped-job-fails-the-task": event(*TASK, type="TaskSucceeded"),
    "stopped-job-is-named": put("error", "TrainingJobFailed"),
    "stop-execution-stops-the-job": put("job", "TrainingJobStatus", "Completed"),
    "sweep-of-two": put("output", "counts", {"trials": 2, "succeeded": 1, "failed": 1}),
    "trials-go-on-at-once": one_at_a_time,
    "trials-are-tagged": lambda answer: next(iter(answer["tags"].values())).pop("rl-seed"),
    "failed-trial-fails-its-task": nested_failure(error="StepFunctions.ExecutionFailed"),
    "failed-trial-is-told": put("before", "cause", '{"message": "2 of 2 trials failed."}'),
    "redrive-runs-failed-trials": lambda answer: answer["trials"].pop("t002-2"),
    "stop-of-a-sweep": put("before", "jobs", "t001", "InProgress"),
    "stop-records-nothing-more": more_recorded,
    "redrive-of-a-stopped-sweep": put("trials", "t002-2", {"status": "ABORTED"}),
}


def recorded(assumption):
    return json.loads((ANSWERS / f"{assumption.question.name}.json").read_text())


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda each: each.name)
def test_each_assumption_is_true_and_false(assumption):
    answer = recorded(assumption)
    finding = find(assumption, answer)
    assert (finding.verdict, finding.page) == (TRUE, assumption.page), finding.seen
    changed = copy.deepcopy(answer)
    OTHERWISE[assumption.name](changed)
    otherwise = find(assumption, changed)
    assert otherwise.verdict == FALSE, otherwise.seen
    assert otherwise.seen


def test_names_are_unique_and_each_has_an_answer_of_each_kind():
    assert len(BY_NAME) == len(ASSUMPTIONS)
    assert set(OTHERWISE) == set(BY_NAME)


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "answer", [{}, {"events": []}, {"events": [], "job": {}, "status": "FAILED"}], ids=str
)
def test_an_answer_that_nobody_imagined_is_no_verdict_for(assumption, answer):
    assert find(assumption, answer).verdict != TRUE


def test_an_execution_that_took_another_way_tells_nothing():
    refused = recorded(BY_NAME["words-of-a-missing-job"])
    refused["events"] = [each for each in refused["events"] if "Describe" not in each["state"]]
    finding = find(BY_NAME["words-of-a-missing-job"], refused)
    assert finding.verdict == NOT_ASKED
    assert "did not end; the execution came to Initialise, BuildRequest" in finding.seen


def test_a_task_that_cannot_fail_itself_takes_a_minute():
    answer = recorded(BY_NAME["task-fails-itself"])
    answer["events"][-1]["at"] = "2099-01-01T00:00:00.000+00:00"
    assert find(BY_NAME["task-fails-itself"], answer).verdict == FALSE


def test_a_trial_that_stop_trials_stopped_tells_nothing_of_step_functions():
    answer = recorded(BY_NAME["stop-records-nothing-more"])
    told = answer["before"]["trials"]["t001"]
    told["cause"] = f"The sweep {answer['arn']} has ended."
    finding = find(BY_NAME["stop-records-nothing-more"], answer)
    assert finding.verdict == NOT_ASKED
    assert "StopTrials" in finding.seen


def test_an_instance_type_without_a_quota_is_not_asked():
    finding = find(BY_NAME["instance-quota"], {"quotas": {"ml.m9.large": None}})
    assert finding.verdict == NOT_ASKED
    assert "ml.m9.large for training job usage" in finding.seen
