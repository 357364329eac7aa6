"""The state machine's definition: valid, every expression evaluated, every error's path named."""

import json
import re
import subprocess

import botocore.session
import jsonata
import pytest

from infra.workflow.definition import definition
from tests.support.arguments import CUSTOM_IMAGE
from training_job.arguments.guard_rails import GuardRails
from training_job.attempt import ExecutionContext, Progress
from training_job.failure import Failure
from training_job.job_name import OWNER_VARIABLE
from training_job.outcome.verdicts import Verdict
from training_job.request.submission import Submission, submission

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
ENDS = {"Succeed", "Fail"}


def made(*, assume_role):
    return definition(
        partition="aws",
        build_request_arn=f"{LAMBDA}BuildRequest",
        judge_attempt_arn=f"{LAMBDA}JudgeAttempt",
        assume_role=assume_role,
        timeout_seconds=1000,
    )


@pytest.fixture(scope="module", params=[False, True], ids=["own-role", "assume-role"])
def states(request):
    return made(assume_role=request.param)["States"]


def successors(state):
    found = [state.get("Next"), state.get("Default")]
    found += [rule["Next"] for rule in state.get("Choices", []) + state.get("Catch", [])]
    return {name for name in found if name}


def expressions(value):
    if isinstance(value, dict):
        return [found for item in value.values() for found in expressions(item)]
    if isinstance(value, list):
        return [found for item in value for found in expressions(item)]
    match = re.fullmatch(r"\{%(.*)%\}", value, re.DOTALL) if isinstance(value, str) else None
    return [match[1].strip()] if match else []


def evaluate(expression, *, states_value, **variables):
    """Evaluate as Step Functions does: data is null, $states and variables are bound."""
    program = jsonata.Jsonata(expression)
    program.register_lambda("parse", json.loads)  # of Step Functions, not of JSONata
    frame = program.create_frame()
    for name, value in {"states": states_value, **variables}.items():
        frame.bind(name, value)
    return program.evaluate(None, frame)


@pytest.mark.parametrize("assume_role", [False, True])
def test_the_validator_accepts_it(assume_role, tmp_path):
    path = tmp_path / "definition.json"
    path.write_text(json.dumps(made(assume_role=assume_role)))
    done = subprocess.run(
        ["asl-validator", "--json-path", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_state_can_be_reached_and_every_state_leads_to_an_end(states):
    reached, ahead = set(), ["Initialise"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += successors(states[name])
    assert reached == set(states)
    ending = {name for name, state in states.items() if state["Type"] in ENDS}
    for _ in states:
        ending |= {name for name, state in states.items() if successors(state) & ending}
    assert ending == set(states)


def test_every_task_is_bounded_and_catches_everything(states):
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    assert len(tasks) in (6, 9)
    for name, state in tasks.items():
        assert state["TimeoutSeconds"] in (60, "{% $timeout %}")
        if name != "Failed":
            assert [catch["ErrorEquals"] for catch in state["Catch"]] == [["States.ALL"]]


def test_a_reported_failure_is_not_caught_and_all_that_keeps_it_from_being_reported_is(states):
    state = states["Failed"]
    assert state["Resource"].endswith(":aws-sdk:sfn:sendTaskFailure.waitForTaskToken")
    redriven, unreported = state["Catch"]
    assert (redriven["ErrorEquals"], redriven["Next"]) == (["Redriven"], "BuildRequest")
    assert unreported["Next"] == state["Next"] == "FailedForGood"
    assert unreported["Output"] == "{% $states.input %}"
    model = botocore.session.get_session().get_service_model("stepfunctions")
    modelled = {
        f"Sfn.{shape.name.removesuffix('Exception')}Exception"  # as recordings have them
        for shape in model.operation_model("SendTaskFailure").error_shapes
    }
    assert "Sfn.InvalidTokenException" in modelled
    by_step_functions = {"States.Timeout", "States.Permissions", "States.QueryEvaluationError"}
    assert modelled | by_step_functions | {"Sfn.SfnException"} <= set(unreported["ErrorEquals"])
    caught = {*redriven["ErrorEquals"], *unreported["ErrorEquals"]}
    assert not caught & {*Failure, "States.ALL", "States.TaskFailed"}
    assert states["FailedForGood"]["Type"] == "Fail"


@pytest.mark.parametrize(
    ("judged", "now", "reported"),
    [(0, None, "E"), (0, 0, "E"), (2, 2, "E"), (0, 1, "Redriven"), (1, 2, "Redriven")],
)
def test_a_failure_is_reported_until_the_execution_is_redriven(states, judged, now, reported):
    execution = CONTEXT["Execution"] | ({} if now is None else {"RedriveCount": now})
    context = CONTEXT | {"Execution": execution, "Task": {"Token": "t"}}
    given = {"context": context, "input": {"error": "E", "cause": "C"}}
    sent = {
        key: evaluate(expressions(value)[0], states_value=given, redrives=judged)
        for key, value in states["Failed"]["Arguments"].items()
    }
    assert (sent["TaskToken"], sent["Error"]) == ("t", reported)
    assert (sent["Cause"] == "C") is (reported == "E")
    end = states["FailedForGood"]
    assert [evaluate(expressions(end[key])[0], states_value=given) for key in ("Error", "Cause")]


@pytest.mark.parametrize("redrives", [None, 0, 2])
def test_who_fails_an_execution_notes_its_redrives(states, redrives):
    execution = CONTEXT["Execution"] | ({} if redrives is None else {"RedriveCount": redrives})
    given = {"context": CONTEXT | {"Execution": execution}}
    for name in ("BuildRequest", "JudgeAttempt"):
        for assign in (states[name]["Assign"], states[name]["Catch"][0]["Assign"]):
            noted = evaluate(expressions(assign["redrives"])[0], states_value=given)
            assert noted == (redrives or 0)


@pytest.mark.parametrize("jobs", [0, 1, 3])
@pytest.mark.parametrize("names", [None, 0, 2])
def test_after_a_failure_that_nobody_judged_the_name_is_used_up(states, jobs, names):
    record = {"job_name": "j"}
    before = {} if names is None else Progress([record] * jobs, names, 1, 2, 3, 0).to_json()
    progress = states["JudgeAttempt"]["Catch"][0]["Assign"]["progress"]
    after = Progress.of(evaluate(expressions(progress)[0], states_value={}, progress=before))
    recorded = before.get("jobs", [])
    assert after == Progress.after_failure(recorded, names=names or 0)
    assert after.spent == 0


def test_no_create_call_is_retried_blindly(states):
    for name in [name for name in states if name.startswith(("Create", "Describe"))]:
        assert "Retry" not in states[name]


def test_retries_back_off_with_jitter_and_an_end(states):
    retriers = [retrier for state in states.values() for retrier in state.get("Retry", [])]
    assert retriers
    for retrier in retriers:
        assert retrier["JitterStrategy"] == "FULL"
        assert 30 <= retrier["MaxDelaySeconds"] <= 600
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxAttempts"] * 4 <= 400  # of an execution's 25,000 events


@pytest.mark.parametrize(("name", "hours"), [("JudgeAttempt", 7), ("BuildRequest", 0.5)])
def test_a_function_survives_hours_without_lambda(states, name, hours):
    (retrier,) = states[name]["Retry"]
    assert {"States.Timeout", "Lambda.TooManyRequestsException"} <= set(retrier["ErrorEquals"])
    assert "States.ALL" not in retrier["ErrorEquals"]  # its own errors are bugs
    waits = [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n, retrier["MaxDelaySeconds"])
        for n in range(retrier["MaxAttempts"])
    ]
    assert sum(waits) / 2 >= hours * 3600  # full jitter: half of the longest, on average


def test_every_caught_error_ends_in_a_named_failure_or_is_judged(states):
    for state in states.values():
        for catch in state.get("Catch", []):
            output = catch["Output"]
            if catch["Next"] in ("BuildRequest", "FailedForGood"):
                assert state is states["Failed"]
                continue
            if output and output["error"] != "{% $states.input.error %}":
                assert Failure(output["error"])
                continue
            names = {catch["Next"]} | successors(states[catch["Next"]])
            assert names & {"JudgeAttempt", "Failed"}


def test_the_twins_differ_by_their_credentials_alone():
    states = made(assume_role=True)["States"]
    for name in ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"):
        twin = json.loads(json.dumps(states[f"{name}AsRole"]).replace("AsRole", ""))
        assert twin.pop("Credentials") == {"RoleArn": "{% $role %}"}
        assert twin == states[name]


def test_every_variable_is_assigned_before_it_is_read(states):
    assigned = set(states["Initialise"]["Assign"])
    for state in states.values():
        for expression in expressions(state):
            read = set(re.findall(r"\$(\w+)(?!\w*\()", expression)) - {"states"}
            assert read <= assigned, expression


CONTEXT = {
    "Execution": {"Id": "arn:x", "StartTime": "2026-01-31T10:00:00Z", "Input": {"a": 1}},
    "State": {"EnteredTime": "2026-01-31T10:00:01.000Z", "Name": "X"},
}


@pytest.mark.parametrize("redrives", [None, 0, 2])
def test_the_functions_get_what_they_read(states, redrives):
    execution = CONTEXT["Execution"] | ({} if redrives is None else {"RedriveCount": redrives})
    context = {"context": CONTEXT | {"Execution": execution}}
    variables = {"plan": {"p": 1}, "attempt": {}, "progress": {}, "error": {}} | {
        "description": {},
        "describeError": {},
    }
    for name in ("BuildRequest", "JudgeAttempt"):
        payload = states[name]["Arguments"]["Payload"]
        found = {
            key: evaluate(expressions(value)[0], states_value=context, **variables)
            for key, value in payload.items()
            if key != "execution"
        }
        assert None not in found.values()
        event = {
            key: evaluate(expressions(value)[0], states_value=context)
            for key, value in payload["execution"].items()
        }
        assert ExecutionContext(**event).redrives == (redrives or 0)


@pytest.mark.parametrize("given", [CUSTOM_IMAGE, {}, CUSTOM_IMAGE | {"dry_run": True}])
def test_whatever_build_request_returns_every_expression_finds_its_field(states, given):
    payload = submission(
        given,
        guard_rails=GuardRails(),
        execution=ExecutionContext(
            "arn:aws:states:us-east-1:1:execution:m:x", "2026-01-31T10:00:00Z"
        ),
        progress=Progress(),
        now="2026-01-31T10:00:01Z",
    ).to_json()
    state = states["BuildRequest"]
    bound = {"result": {"Payload": payload}, "input": payload}
    for expression in expressions(state["Assign"]) + expressions(state["Output"]):
        assert evaluate(expression, states_value=bound) is not None
    chosen = [
        rule["Next"]
        for rule in states["Route"]["Choices"]
        if evaluate(expressions(rule["Condition"])[0], states_value=bound)
    ]
    expected = {"create": ["CreateTrainingJob"], "succeed": ["Succeeded"], "fail": []}
    assert chosen == expected[payload["decision"]]


@pytest.mark.parametrize("decision", ["succeed", "retry", "wait", "stop", "fail"])
def test_whatever_the_judge_returns_every_expression_finds_its_field(states, decision):
    payload = Verdict(
        decision, Progress(), 30, {"job_name": "j"}, "TrainingJobFailed", "{}"
    ).to_json()
    state = states["JudgeAttempt"]
    bound = {"result": {"Payload": payload}, "input": payload}
    for expression in expressions(state["Assign"]) + expressions(state["Output"]):
        assert evaluate(expression, states_value=bound) is not None
    chosen = [
        rule["Next"]
        for rule in states["Verdict"]["Choices"]
        if evaluate(expressions(rule["Condition"])[0], states_value=bound)
    ]
    stop = "WhoStops" if "WhoStops" in states else "StopTrainingJob"
    expected = {
        "succeed": ["Succeeded"],
        "retry": ["WaitBeforeRetry"],
        "wait": ["WaitForJob"],
        "stop": [stop],
        "fail": [],
    }
    assert chosen == expected[decision]
    bound["context"] = CONTEXT | {"Task": {"Token": "t"}}
    for end in ("Succeeded", "Failed", "FailedForGood"):
        for expression in expressions(states[end]):
            assert evaluate(expression, states_value=bound, redrives=0) is not None


def test_submission_and_verdict_lack_no_field():
    assert None not in Submission("fail").to_json().values()
    assert None not in Verdict("fail", Progress()).to_json().values()


DESCRIPTION = {
    "TrainingJobName": "j",
    "TrainingJobArn": "arn:j",
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "FailureReason": "r",
    "CreationTime": "2026-01-31T10:00:00Z",
    "TrainingEndTime": "2026-01-31T10:10:00Z",
    "TrainingTimeInSeconds": 1,
    "BillableTimeInSeconds": 1,
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"},
    "FinalMetricDataList": [{"MetricName": "m", "Value": 1.5}],
    "SecondaryStatusTransitions": [{"Status": "a"}, {"Status": "b"}],
    "DebugRuleEvaluationStatuses": [{"RuleConfigurationName": "r"}],
    "AlgorithmSpecification": {"TrainingImage": "i", "MetricDefinitions": []},
    "Environment": {OWNER_VARIABLE: "arn:x", "SECRET": "s"},
}


@pytest.mark.parametrize("missing", [None, *DESCRIPTION])
def test_of_a_description_what_is_there_is_kept(states, missing):
    result = {key: value for key, value in DESCRIPTION.items() if key != missing}
    expression = expressions(states["DescribeTrainingJob"]["Assign"])[0]
    bound = {"result": result | {"HyperParameters": {"k": "v"}}}
    kept = evaluate(expression, states_value=bound)
    nested = {
        "AlgorithmSpecification": {"TrainingImage": "i"},
        "Environment": {OWNER_VARIABLE: "arn:x"},
    }
    expected = result | nested | ({missing: {}} if missing in nested else {})
    assert json.loads(json.dumps(kept)) == expected


@pytest.mark.parametrize(
    ("error", "chosen", "owner", "stopped"),
    [
        ({}, True, "", True),
        ({"Error": "States.TaskFailed"}, True, "", True),
        ({"Error": "SageMaker.ResourceInUseException"}, True, "", False),
        ({"Error": "SageMaker.ResourceInUseException"}, True, "arn:other", False),
        ({"Error": "SageMaker.ResourceInUseException"}, True, "arn:x", True),
        ({"Error": "SageMaker.ResourceInUseException"}, False, "", True),
    ],
)
def test_a_job_that_nobody_judged_is_stopped_if_it_is_ours(states, error, chosen, owner, stopped):
    (rule,) = states["WhoseJob"]["Choices"]
    known = {
        "error": error,
        "plan": {"name_chosen": chosen},
        "description": {"Environment": {OWNER_VARIABLE: owner}} if owner else {},
        "attempt": {},
    }
    condition = expressions(rule["Condition"])[0]
    assert evaluate(condition, states_value={"context": CONTEXT}, **known) is not stopped
    assert rule["Next"] == "Failed"
    assert "Stop" in states["WhoseJob"]["Default"]
    caught = {"context": CONTEXT, "errorOutput": {"Error": "E"}}
    cause = expressions(states["JudgeAttempt"]["Catch"][0]["Output"]["cause"])[0]
    message = json.loads(evaluate(cause, states_value=caught, **known))["message"]
    assert ("it was not stopped" in message) is not stopped


CAUGHT = [
    {"Error": name, "Cause": cause}
    for name in ("E", "", None)
    for cause in ("c" * 40_000, "{}", "", None)
] + [{}, {"Error": "E"}, {"Cause": "c"}]


@pytest.mark.parametrize("error", CAUGHT)
@pytest.mark.parametrize("attempt", [{}, {"job_name": "j"}])
def test_an_internal_error_has_a_cause_whatever_it_lacks(states, error, attempt):
    known = {"attempt": attempt, "plan": {}, "error": {}, "description": {}}
    for name in ("BuildRequest", "JudgeAttempt"):
        cause = states[name]["Catch"][0]["Output"]["cause"]
        bound = {"errorOutput": error, "context": CONTEXT}
        text = evaluate(expressions(cause)[0], states_value=bound, **known)
        assert next(iter(json.loads(text))) == "message"
        assert len(text) < 32_768


@pytest.mark.parametrize("error", CAUGHT)
def test_an_error_is_carried_whatever_it_lacks_and_never_whole(states, error):
    for name in ("CreateTrainingJob", "DescribeTrainingJob"):
        (assigned,) = [
            value for key, value in states[name]["Catch"][0]["Assign"].items() if "rror" in key
        ]
        caught = {
            key: evaluate(expressions(value)[0], states_value={"errorOutput": error})
            for key, value in assigned.items()
        }
        assert caught == {
            "Error": error.get("Error") or "",
            "Cause": (error.get("Cause") or "")[:4000],
        }


@pytest.mark.parametrize("error", CAUGHT)
def test_a_failure_tells_that_the_job_was_not_stopped(states, error):
    output = states["StopTrainingJob"]["Catch"][0]["Output"]
    given = {"error": "TrainingJobFailed", "cause": json.dumps({"message": "m.", "job_name": "j"})}
    bound = {"input": given, "errorOutput": error}
    cause = evaluate(expressions(output["cause"])[0], states_value=bound)
    assert list(json.loads(cause)) == ["message", "job_name"]
    assert json.loads(cause)["message"].startswith(
        f"m. The job was not stopped: {error.get('Error') or ''} "
    )
    assert len(cause) < 2000
    assert evaluate(expressions(output["error"])[0], states_value=bound) == "TrainingJobFailed"


def test_waits_are_whole_seconds_with_full_jitter(states):
    jittered = expressions(states["WaitBeforeRetry"]["Seconds"])[0]
    seconds = {evaluate(jittered, states_value={}, wait=30) for _ in range(50)}
    assert all(0 <= value <= 30 and value == int(value) for value in seconds)
    assert len(seconds) > 5
    assert evaluate(expressions(states["WaitForJob"]["Seconds"])[0], states_value={}, wait=30) == 30


def test_the_timeline_of_a_run_without_faults_is_eight_states():
    states = made(assume_role=False)["States"]
    path, name = [], "Initialise"
    following = {"Route": "CreateTrainingJob", "Verdict": "Succeeded"}
    while name:
        path.append(name)
        name = following.get(name) or states[name].get("Next")
    assert len(path) == 8


def test_every_state_tells_a_person_what_it_is_for(states):
    comments = {name: state["Comment"] for name, state in states.items()}
    for name, comment in comments.items():
        assert comment.endswith("."), name
        assert len(comment) <= 120, name
    assert len(set(comments.values())) == len({name.removesuffix("AsRole") for name in comments})
