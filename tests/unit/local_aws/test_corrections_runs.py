"""Walks within walks, the chains of a history, and what refusals are called."""

import threading

import botocore.session
import pytest

from local_aws.corrections.states.api import status_event
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution import run as states_run
from local_aws.corrections.states.integrations import nested, sdk_errors
from tests.support.recordings import step_functions as recorded

ARN = "arn:aws:states:us-east-1:000000000000:execution:machine:one"


@pytest.fixture
def run():
    return states_run.Run({"executionArn": ARN}, {}, "role", time_out=lambda: None)


@pytest.fixture
def execution():
    history.chain_from(0)
    return {"executionArn": ARN, "status": "RUNNING", "events": []}


# --- walks


def test_the_end_of_a_walk_reaches_every_walk_in_it(run):
    with run.iteration({}, {}) as outer, outer.iteration({}, {}) as inner:
        assert states_run.CURRENT.get() is inner
        states_run.begin(run)
        states_run.end(ARN)
        assert all(walk.ended.is_set() for walk in (run, outer, inner))
        with pytest.raises(states_run.Ended):
            inner.check()
    assert states_run.CURRENT.get() is None


def test_the_end_of_an_iteration_reaches_no_other(run):
    with run.iteration({}, {}) as one, run.iteration({}, {}) as other:
        one.end()
        assert (one.ended.is_set(), other.ended.is_set(), run.ended.is_set()) == (
            True,
            False,
            False,
        )


def test_a_walk_that_has_ended_begins_no_other(run):
    run.end()
    with run.iteration({}, {}) as late, pytest.raises(states_run.Ended):
        late.check()


def test_a_walk_forgets_the_walks_that_are_over(run):
    for _ in range(3):
        with run.iteration({}, {}):
            pass
    assert run.iterations == set()


def test_whoever_awaits_an_execution_is_told_its_end():
    with states_run.end_of(ARN) as one, states_run.end_of(ARN) as other:
        states_run.tell_end(f"{ARN}-another")
        assert not one.is_set()
        states_run.tell_end(ARN)
        assert one.is_set()
        assert other.is_set()
    states_run.tell_end(ARN)  # nobody is left


# --- history


def test_an_event_beside_the_chain_is_nobodys_previous(execution):
    first = history.add_event(execution, "MapStateStarted")
    history.add_event(execution, "MapIterationSucceeded", beside=first["id"])
    history.add_event(execution, "MapIterationStarted")
    assert [event["previousEventId"] for event in execution["events"]] == [0, 1, 1]


def test_nothing_follows_the_end_of_an_execution(execution):
    execution["status"] = "ABORTED"
    history.add_event(execution, "ExecutionAborted")
    with pytest.raises(states_run.Ended):
        history.add_event(execution, "TaskSucceeded")
    assert len(execution["events"]) == 1


def test_the_last_event_has_room(execution):
    execution["events"] = [{}] * (history.MAXIMUM_EVENTS - 2)
    history.add_event(execution, "PassStateEntered")
    with pytest.raises(Exception, match="maximum number of history events"):
        history.add_event(execution, "PassStateExited")
    execution["status"] = "FAILED"
    assert history.add_event(execution, "ExecutionFailed")["id"] == history.MAXIMUM_EVENTS


def test_threads_number_events_one_after_the_other(execution):
    def add():
        for _ in range(200):
            history.add_event(execution, "PassStateEntered")

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event["id"] for event in execution["events"]] == list(range(1, 1601))


# --- what a refusal is called


@pytest.mark.parametrize(
    ("service", "model"),
    [(sdk_errors.SAGEMAKER, "sagemaker"), (sdk_errors.STEP_FUNCTIONS, "stepfunctions")],
)
def test_errors_with_a_class_are_those_of_the_model(service, model):
    described = botocore.session.get_session().get_service_model(model)
    errors = {
        name
        for name in described.shape_names
        if described.shape_for(name).metadata.get("exception")
    }
    assert service.modelled <= errors
    starts = (
        {error.name for error in described.operation_model("StartExecution").error_shapes}
        if (model == "stepfunctions")
        else errors
    )
    assert starts - service.modelled <= {
        "KmsAccessDeniedException",
        "KmsInvalidStateException",
        "KmsThrottlingException",
    }


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (
            sdk_errors.STEP_FUNCTIONS.optimized_error("StateMachineDoesNotExist", "m", 400),
            recorded.NESTED_REFUSED["error"],
        ),
        (
            sdk_errors.STEP_FUNCTIONS.sdk_error("InvalidToken", "m", 400),
            recorded.SDK_REFUSED["error"],
        ),
        (
            sdk_errors.STEP_FUNCTIONS.optimized_error("AccessDeniedException", "m", 400),
            "StepFunctions.AWSStepFunctionsException",
        ),
        (sdk_errors.STEP_FUNCTIONS.sdk_error("Throttling", "m", 400), "Sfn.SfnException"),
        (
            sdk_errors.SAGEMAKER.optimized_error("ResourceInUse", "m", 400),
            "SageMaker.ResourceInUseException",
        ),
        (
            sdk_errors.SAGEMAKER.optimized_error("ThrottlingException", "m", 400),
            "SageMaker.AmazonSageMakerException",
        ),
        (
            sdk_errors.SAGEMAKER.sdk_error("ThrottlingException", "m", 400),
            "SageMaker.SageMakerException",
        ),
        (
            sdk_errors.LAMBDA.optimized_error("AccessDeniedException", "m", 403),
            "Lambda.AWSLambdaException",
        ),
    ],
)
def test_names_of_errors(error, name):
    assert error.error == name


# --- requests and events


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"StateMachineArn": "m", "Name": "n", "Input": {}, "TraceHeader": "t"}, None),
        ({"StateMachineArn": "m", "input": {}}, 'The field "input" is not supported'),
        ({"Name": "n"}, '"StateMachineArn" is required'),
        ({"StateMachineArn": None}, '"StateMachineArn" is required'),
        ("text", '"StateMachineArn" is required'),
        (None, '"StateMachineArn" is required'),
    ],
)
def test_fields_of_start_execution(arguments, said):
    if said is None:
        nested.check_fields(arguments, {})
        return
    with pytest.raises(Exception, match=r"States\.Runtime") as refused:
        nested.check_fields(arguments, {})
    assert said in refused.value.cause


def test_an_event_leaves_out_what_is_too_long():
    description = {
        "status": "SUCCEEDED",
        "startDate": "2026-01-02T03:04:05.678Z",
        "input": "x" * 249 * 1024,
        "inputDetails": {"included": True},
        "output": "{}",
        "outputDetails": {"included": True},
    }
    detail = status_event._detail(description)
    assert (detail["input"], detail["inputDetails"]) == (None, {"included": False})
    assert (detail["output"], detail["outputDetails"]) == ("{}", {"included": True})
    assert detail["startDate"] == 1767323045678
    assert detail["stopDate"] is None
