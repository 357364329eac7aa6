"""The sweep's definition: its shape, and each expression of it as both evaluators understand it.

The reference of JSONata is npm `jsonata`; the port is what the local AWS evaluates with. What an
iteration decides of a trial's execution is asked of both, for every status that AWS tells.
"""

import json

import pytest

from infra.sweep.definition import definition
from infra.sweep.states.trial import _LOOKS
from lambdas import plan_sweep
from tests.contract.definition.test_reference_jsonata import (
    by_local_aws,
    by_reference,
    exactly,
    expressions,
)
from tests.support.evidence import case, create_error, document, failure
from tests.support.sweep_inputs import SWEEP
from tools.reference_jsonata import ReferenceJsonata
from training_job.outcome.judge import judge
from training_sweep.limits import LARGEST_RECORD, size
from training_sweep.records import Record

ENDS = {"Succeed", "Fail"}
SWEEP_ARN = "arn:aws:states:us-east-1:123456789012:execution:RlSweep:s"
CONTEXT = {
    "Execution": {
        "Id": SWEEP_ARN,
        "Input": SWEEP,
        "Name": "s",
        "RedriveCount": 0,
        "StartTime": "2026-01-31T10:00:00.000Z",
    },
    "State": {"EnteredTime": "2026-01-31T12:00:00.000Z", "Name": "X", "RetryCount": 0},
    "Task": {"Token": "AAAA"},
}
REDRIVEN = {"RedriveCount": 1, "RedriveTime": "2026-01-31T11:00:00.000Z"}
VARIABLES = {
    "records": [],
    "objective": "reward",
    "prefix": "s3://b/models",
    "redrives": 0,
    "trial": 7,
    "start": 1,
    "looks": 0,
    "name": "s-t007",
    "error": {},
}
OUTPUT = {
    "job_name": "j-t007",
    "model_artifact_url": "s3://b/models/j-t007/output/model.tar.gz",
    "final_metrics": {"reward": 12.5, "loss": 1},
    "training_seconds": 60,
    "billable_seconds": 20,
}
SUCCESS = {
    "trial": 7,
    "start": 1,
    "redrives": 0,
    "job": "j-t007",
    "value": 12.5,
    "model": "/j-t007/output/model.tar.gz",
    "training": 60,
    "billable": 20,
}
MADE = definition(
    partition="aws",
    plan_sweep_arn="arn:aws:lambda:us-east-1:123456789012:function:PlanSweep:1",
    training_arn="arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining:live",
    training_executions="arn:aws:states:us-east-1:123456789012:execution:RlTraining:",
    training_timeout_seconds=1000,
)
STATES = MADE["States"]
ITERATION = STATES["RunWave"]["ItemProcessor"]["States"]


@pytest.fixture(scope="module")
def reference():
    with ReferenceJsonata() as evaluator:
        yield evaluator


@pytest.fixture
def evaluate(reference):
    """Evaluates a field by both, which must agree."""

    def evaluate(template, *, context=CONTEXT, variables=(), **states):
        (expression,) = expressions(template)
        seen = {"input": {}, "result": {}, "errorOutput": {}, **states, "context": context}
        known = VARIABLES | dict(variables)
        said = by_reference(reference, expression, seen, known)
        assert said[0] == "value", (expression, said)
        if "$random" not in expression:
            assert by_local_aws(expression, seen, known) == said
        return json.loads(said[1])

    return evaluate


def described(status, **fields):
    given = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": SWEEP_ARN}
    times = {"StartDate": "2026-01-31T10:00:01.000Z"}
    if status not in ("RUNNING", "PENDING_REDRIVE"):
        times["StopDate"] = "2026-01-31T10:30:00.000Z"
    return {"Status": status, "Input": json.dumps(given), **times, **fields}


def redriven(**times):
    return CONTEXT | {"Execution": CONTEXT["Execution"] | REDRIVEN | times}


def successors(state):
    found = [state.get("Next"), state.get("Default")]
    found += [rule["Next"] for rule in state.get("Choices", []) + state.get("Catch", [])]
    return {name for name in found if name}


@pytest.mark.parametrize(
    ("states", "start"), [(STATES, "Initialise"), (ITERATION, "PlanTrial")], ids=["sweep", "trial"]
)
def test_every_state_can_be_reached_and_leads_to_an_end(states, start):
    reached, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += successors(states[name])
    assert reached == set(states)
    ending = {name for name, each in states.items() if each["Type"] in ENDS or "End" in each}
    for _ in states:
        ending |= {name for name, state in states.items() if successors(state) & ending}
    assert ending == set(states)


def test_every_state_tells_a_person_what_it_is_for():
    comments = {name: state["Comment"] for name, state in (STATES | ITERATION).items()}
    for name, comment in comments.items():
        assert comment.endswith("."), name
        assert len(comment) <= 120, name
    assert len(set(comments.values())) == len(comments)


def test_an_iteration_fails_by_nothing_that_can_be_caught():
    for state in [*ITERATION.values(), STATES["PlanSweep"], STATES["RunWave"]]:
        assert state["Type"] != "Fail"
        if state["Type"] in ("Task", "Map"):
            caught = [each["ErrorEquals"] for each in state["Catch"]]
            assert caught == [["States.DataLimitExceeded"], ["States.ALL"]]
    assert all("TimeoutSeconds" in each for each in ITERATION.values() if each["Type"] == "Task")


def test_no_cause_of_the_nested_task_is_parsed():
    """AWS cuts it at 32,768 characters."""
    for state in (ITERATION["Train"], ITERATION["PlanTrial"]):
        assert not any("$parse" in each for each in expressions(state))
    for catch in ITERATION["DescribeTrial"]["Catch"]:
        assert not any("$parse" in each for each in expressions(catch))


def test_a_trial_that_succeeds_is_recorded(evaluate):
    assert evaluate(ITERATION["Train"]["Output"], result={"Output": OUTPUT}) == SUCCESS
    assert Record.of(SUCCESS).succeeded


@pytest.mark.parametrize("metrics", [{}, {"loss": 1}, {"reward": "high"}])
def test_an_objective_that_is_missing_or_no_number_is_a_failed_trial(evaluate, metrics):
    output = OUTPUT | {"final_metrics": metrics}
    record = Record.of(evaluate(ITERATION["Train"]["Output"], result={"Output": output}))
    assert record.error in ("ObjectiveMissing", "ObjectiveNotANumber")


FOUND = ITERATION["DescribeTrial"]["Output"]
NEXT = {"decision": "next", "trial": 7, "start": 2}
ERRORS = [
    ("FAILED", {"Error": "TrainingJobFailed", "Cause": '{"message": "No \\"good\\".\\n", "x": 1}'}),
    ("FAILED", {"Error": "States.Runtime", "Cause": "An error \u2014 of AWS"}),
    ("FAILED", {"Error": "States.Runtime", "Cause": '{"messages": 1'}),
    ("FAILED", {"Error": "X" * 300, "Cause": "y" * 32_000}),
    ("TIMED_OUT", {}),
    ("TIMED_OUT", {"Error": None, "Cause": None}),
    ("ABORTED", {"Error": "", "Cause": '{"message": "cut'}),
]


@pytest.mark.parametrize(("status", "fields"), ERRORS)
def test_a_trial_that_failed_is_recorded_in_few_bytes(evaluate, status, fields):
    found = evaluate(FOUND, result=described(status, **fields))
    assert found["decision"] == "record"
    assert size(found["record"]) <= LARGEST_RECORD
    record = Record.of(found["record"])
    assert record.error == (fields.get("Error") or status)[:40]
    assert record.message
    assert (record.trial, record.succeeded) == (7, False)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('1\nErrorMessage ""\nCommand "python train.py --lr 1", exit code: 1', "1"),
        (
            '1\nErrorMessage "ValueError: lr\n "\nCommand "python train.py"',
            "1 ErrorMessage  ValueError: lr   ",
        ),
        ('1\nErrorMessage ""\nExtraInfo "no GPU"\nCommand "x"', "1 ExtraInfo  no GPU "),
    ],
)
def test_a_record_has_the_failure_of_a_script_without_its_command(evaluate, said, told):
    """The forms are those of sagemaker_training/errors.py, in the toolkit."""
    cause = json.dumps({"message": f"AlgorithmError: ExecuteUserScriptError:\nExitCode {said}"})
    found = evaluate(FOUND, result=described("FAILED", Error="E", Cause=cause))
    expected = f"AlgorithmError: ExecuteUserScriptError: ExitCode {told}"
    assert found["record"]["message"] == expected


def test_a_record_leaves_the_advice_to_choose_another_name_to_trainings(evaluate):
    """The redrive of a sweep chooses other names, and nobody can choose them for it."""
    old = document("Completed", CreationTime="2026-01-31T09:00:00Z")
    taken = create_error("names must be unique", "SageMaker.ResourceInUseException")
    error, cause = failure(judge(case(old, error=taken, name_chosen=True)))
    assert cause["message"].endswith(". Choose another job_name, or leave it out.")
    ended = described("FAILED", Error=error, Cause=json.dumps(cause))
    found = evaluate(FOUND, result=ended)
    assert found["record"]["message"].endswith("; names are never free again.")


@pytest.mark.parametrize(
    ("execution", "context", "expected"),
    [
        (described("SUCCEEDED", Output=json.dumps(OUTPUT)), CONTEXT, "record"),
        (described("SUCCEEDED", Output=json.dumps(OUTPUT)), redriven(), "record"),
        (described("RUNNING"), CONTEXT, "wait"),
        (described("PENDING_REDRIVE"), CONTEXT, "wait"),
        (described("FAILED"), redriven(), "next"),
        (described("FAILED"), redriven(RedriveTime="2026-01-31T10:29:59.000Z"), "record"),
        (described("ABORTED"), redriven(RedriveTime="2026-01-31T10:29:59.000Z"), "next"),
        (described("ABORTED"), redriven(RedriveTime="2026-01-31T10:00:00.000Z"), "record"),
        (described("ABORTED"), CONTEXT, "record"),
        (described("SUCCEEDED", Output="{}") | {"Input": "{}"}, CONTEXT, "next"),
        (described("RUNNING") | {"Input": "[1]"}, CONTEXT, "next"),
    ],
)
def test_what_becomes_of_a_trial_that_no_task_awaits(evaluate, execution, context, expected):
    found = evaluate(FOUND, result=execution, context=context)
    assert found["decision"] == expected
    if expected == "next":
        assert found == NEXT
    if execution["Status"] == "SUCCEEDED" and expected == "record":
        assert found["record"] == SUCCESS | {"redrives": context["Execution"]["RedriveCount"]}


@pytest.mark.parametrize(
    ("hours", "seconds"), [("10:00:00", 15), ("11:00:01", 180), ("23:00:01", 2340)]
)
def test_looks_are_ever_rarer(evaluate, hours, seconds):
    state = CONTEXT["State"] | {"EnteredTime": f"2026-01-31T{hours}.000Z"}
    found = evaluate(FOUND, result=described("RUNNING"), context=CONTEXT | {"State": state})
    assert found == {"decision": "wait", "wait": seconds}


GONE = {"Error": "Sfn.ExecutionDoesNotExistException", "Cause": "Execution Does Not Exist"}
THROTTLED = {"Error": "StepFunctions.AWSStepFunctionsException", "Cause": "Rate exceeded"}
DENIED = {"Error": "StepFunctions.AWSStepFunctionsException", "Cause": "is not authorized to"}


@pytest.mark.parametrize(
    ("error", "start_error", "looks", "expected"),
    [
        (GONE, THROTTLED, 0, "start_again"),
        (GONE, THROTTLED, _LOOKS - 1, "start_again"),
        (GONE, THROTTLED, _LOOKS, "record"),
        (GONE, DENIED, 0, "record"),
        (GONE, {"Error": "StepFunctions.StateMachineDeletingException"}, 0, "record"),
        (GONE, {}, 0, "start_again"),
        ({"Error": "Sfn.SfnException", "Cause": "Rate exceeded"}, {}, 3, "wait"),
        ({"Error": "Sfn.SfnException", "Cause": None}, {}, 3, "wait"),
        ({"Error": "States.DataLimitExceeded"}, THROTTLED, _LOOKS, "record"),
        ({}, {}, 0, "wait"),
    ],
)
def test_what_becomes_of_a_trial_that_cannot_be_described(
    evaluate, error, start_error, looks, expected
):
    for catch in ITERATION["DescribeTrial"]["Catch"]:
        known = {"looks": looks, "error": start_error}
        found = evaluate(catch["Output"], errorOutput=error, variables=known)
        assert found["decision"] == expected
        assert evaluate(catch["Assign"]["looks"], variables=known) == looks + 1
        if expected == "record":
            assert Record.of(found["record"]).error == "RequestRejected"
            assert size(found["record"]) <= LARGEST_RECORD
        else:
            assert 0 <= found["wait"] <= 300
            assert isinstance(found["wait"], int)
            assert (found["trial"], found["start"], found["looks"]) == (7, 1, looks + 1)


def test_a_broken_function_is_a_failed_trial_and_no_failed_wave(evaluate):
    for error in ({"Error": "KeyError", "Cause": '{"a": "\\"}'}, {"Error": None}, {}):
        for catch in ITERATION["PlanTrial"]["Catch"]:
            given = {"trial": 3, "start": 2}
            found = evaluate(catch["Output"], input=given, errorOutput=error)["record"]
            record = Record.of(found)
            assert (record.trial, record.start, record.error) == (3, 2, "RequestRejected")
            assert size(found) <= LARGEST_RECORD


@pytest.mark.parametrize("records", [[], [SUCCESS], [SUCCESS, SUCCESS | {"trial": 8}]])
def test_records_stay_a_list_however_few_they_are(evaluate, records):
    result = {"Payload": {"records": records}}
    assert evaluate(STATES["PlanSweep"]["Assign"]["records"], result=result) == records
    appended = evaluate(
        STATES["RunWave"]["Assign"]["records"], result=[SUCCESS], variables={"records": records}
    )
    assert appended == [*records, SUCCESS]


@pytest.mark.parametrize("wave", [[{"trial": 1, "start": 1}], 2 * [{"trial": 1, "start": 1}]])
def test_a_wave_stays_a_list_however_short_it_is(evaluate, wave):
    assert evaluate(STATES["RunWave"]["Items"], input={"wave": wave}) == wave


def test_the_function_takes_what_the_states_send(evaluate, capsys):
    def event(state, **seen):
        payload = state["Arguments"]["Payload"]
        return {
            name: {key: evaluate(each, **seen) for key, each in value.items()}
            if isinstance(value, dict)
            else evaluate(value, **seen)
            for name, value in payload.items()
        }

    decision = plan_sweep.handler(event(STATES["PlanSweep"]), None)
    assert decision["wave"] == [{"trial": 1, "start": 1}]
    started = plan_sweep.handler(event(ITERATION["PlanTrial"], input=decision["wave"][0]), None)
    assert started["name"] == "s-t001"
    assert exactly(decision["records"]) == "[]"
    assert '"name": "s-t001"' in capsys.readouterr().out


def test_each_state_has_a_comment_for_whoever_reads_it_in_the_console():
    assert all(
        len(state["Comment"]) > 20 for each in (STATES, ITERATION) for state in each.values()
    )
