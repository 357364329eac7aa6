"""Nested executions: what the parent gets, what the child is, and how they end together."""

import json
import re
import time
import uuid
from urllib.request import Request, urlopen

import pytest

from tests.support.deploying.local_aws_process import start_local_aws
from tests.support.recordings import step_functions as recorded
from tests.support.runs.machines import Machines

pytestmark = pytest.mark.e2e

SYNC = "arn:aws:states:::states:startExecution.sync"
SYNC_2 = f"{SYNC}:2"
PASS = {"Type": "Pass", "End": True}
WAIT = {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}
REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture(scope="module")
def machines(local_aws):
    return Machines(local_aws)


def nest(child, resource=SYNC_2, **fields):
    """A state that runs the child under the name that the input gives, with the input."""
    arguments = {
        "StateMachineArn": child,
        "Name": "{% $states.input.name %}",
        "Input": "{% $states.input %}",
    }
    return {
        "Type": "Task",
        "Resource": resource,
        "Arguments": arguments,
        "End": True,
        **fields,
    }


def start(machines, state, name=None):
    """Start a parent with one state; return its ARN and the name of its child."""
    name = name or f"child-{uuid.uuid4().hex[:12]}"
    return machines.start(machines.create({"Nest": state}), {"name": name}), name


def child_arn(machine, name):
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def history(machines, execution):
    return [
        (event["id"], event["previousEventId"], event["type"])
        for event in machines.events(execution)
    ]


def reach_status(machines, execution, status, seconds=10):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if machines.states.describe_execution(executionArn=execution)["status"] == status:
                return
        except machines.states.exceptions.ExecutionDoesNotExist:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{execution} is not {status} after {seconds} s")


# --- as recorded


@pytest.mark.parametrize("resource", [SYNC, SYNC_2])
def test_history_and_result_of_a_nested_execution(machines, resource):
    child = machines.create({"Show": {"Type": "Pass", "Output": {"a": 1}, "End": True}})
    execution, name = start(machines, nest(child, resource))
    result = json.loads(machines.end(execution)["output"])
    assert history(machines, execution) == recorded.NESTED
    assert list(result) == recorded.NESTED_SUCCESS_KEYS
    written = json.dumps if resource == SYNC else lambda value, **_: value
    assert result["Input"] == written({"name": name}, separators=(",", ":"))
    assert result["Output"] == written({"a": 1}, separators=(",", ":"))
    assert result["InputDetails"] == result["OutputDetails"] == {"Included": True}
    assert result["StartDate"] > 1_700_000_000_000  # milliseconds
    assert result["RedriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    submitted = machines.events(execution)[4]["taskSubmittedEventDetails"]
    assert (
        submitted["resource"]
        == resource.rpartition(":startExecution")[1][1:]
        + (resource.rpartition("startExecution")[2])
    )
    assert json.loads(submitted["output"])["ExecutionArn"] == child_arn(child, name)


def test_the_cause_of_a_nested_failure_is_the_childs_description(machines):
    child = machines.create({"Fail": {"Type": "Fail", "Error": "Some", "Cause": "because"}})
    execution, name = start(machines, nest(child, SYNC))
    description = machines.end(execution)
    assert history(machines, execution) == recorded.NESTED_FAILED
    assert description["error"] == "States.TaskFailed"
    cause = json.loads(description["cause"])
    assert [key for key in cause if "Redrive" not in key] == recorded.NESTED_FAILURE_KEYS
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("Some", "because", "FAILED")
    assert (cause["Name"], cause["StateMachineArn"]) == (name, child)
    assert cause["Input"] == json.dumps({"name": name}, separators=(",", ":"))


def test_a_state_machine_that_does_not_exist(machines):
    absent = "arn:aws:states:us-east-1:000000000000:stateMachine:absent"
    execution, _ = start(machines, nest(absent))
    description = machines.end(execution)
    assert description["error"] == recorded.NESTED_REFUSED["error"]
    (request,) = REQUEST_ID.findall(description["cause"])
    assert description["cause"] == recorded.NESTED_REFUSED["cause"].format(
        arn=absent, request=request
    )


def test_errors_of_the_states_sdk(machines):
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskFailure",
        "Arguments": {"TaskToken": "none"},
        "End": True,
    }
    description = machines.run({"Report": task})
    # The recording is of a token that is none; ministack takes every token for a forgotten one.
    assert recorded.SDK_REFUSED["error"] == "Sfn.InvalidTokenException"
    assert description["error"] == "Sfn.TaskDoesNotExistException"
    ending = recorded.SDK_REFUSED["cause"].partition(" (")[2]
    (request,) = REQUEST_ID.findall(description["cause"])
    assert description["cause"].endswith(f" ({ending.format(request=request)}")
    look = {**task, "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution"}
    absent = "arn:aws:states:us-east-1:000000000000:execution:absent:none"
    look["Arguments"] = {"ExecutionArn": absent}
    assert machines.run({"Look": look})["error"] == "Sfn.ExecutionDoesNotExistException"


def test_a_result_that_is_too_large(machines):
    """The child's input and output are in one result: each is within the limit, both are not."""
    child = machines.create(
        {"Show": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}}
    )
    state = nest(child)
    state["Arguments"] = {"StateMachineArn": child, "Input": {"x": "{% $pad('', 150000, 'x') %}"}}
    execution = machines.start(machines.create({"Nest": state}))
    description = machines.end(execution)
    assert description["error"] == "States.DataLimitExceeded"
    assert description["cause"] == recorded.RESULT_TOO_LARGE_CAUSE.format(service="states")
    kinds = [kind for kind in machines.types(execution) if kind != "TaskSubmitted"]
    assert kinds[:5] == [kind for _, _, kind in recorded.RESULT_TOO_LARGE]


# --- the child is an execution like any other


def test_a_nested_execution_is_an_execution(machines, local_aws):
    sqs, events = local_aws.client("sqs"), local_aws.client("events")
    unique = uuid.uuid4().hex[:8]
    queue = sqs.create_queue(QueueName=f"events-{unique}")["QueueUrl"]
    child = machines.create({"Show": PASS})
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [child]}}
    events.put_rule(Name=f"children-{unique}", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:000000000000:events-{unique}"}
    events.put_targets(Rule=f"children-{unique}", Targets=[target])
    version = machines.states.publish_state_machine_version(stateMachineArn=child)
    alias = machines.states.create_state_machine_alias(
        name="live",
        routingConfiguration=[
            {"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}
        ],
    )["stateMachineAliasArn"]
    execution, name = start(machines, nest(alias))
    result = json.loads(machines.end(execution)["output"])
    assert result["StateMachineAliasArn"] == alias
    assert result["StateMachineVersionArn"] == version["stateMachineVersionArn"]
    arn = child_arn(child, name)
    assert machines.types(arn)[0] == "ExecutionStarted"
    listed = machines.states.list_executions(stateMachineArn=child)["executions"]
    assert [entry["executionArn"] for entry in listed] == [arn]
    statuses = {}
    while len(statuses) < 2:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]:
            detail = json.loads(message["Body"])["detail"]
            statuses[detail["status"]] = detail
    assert set(statuses) == {"RUNNING", "SUCCEEDED"}
    assert {detail["name"] for detail in statuses.values()} == {name}
    assert statuses["SUCCEEDED"]["stateMachineAliasArn"] == alias


def test_a_name_that_is_taken(machines):
    child = machines.create({"Show": PASS})
    first, name = start(machines, nest(child))
    machines.end(first)
    second, _ = start(machines, nest(child), name)
    description = machines.end(second)
    assert description["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert description["cause"].startswith(
        f"Execution Already Exists: '{child_arn(child, name)}' (Service: AWSStepFunctions; "
    )
    caught = nest(child, Catch=[{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}])
    machine = machines.create({"Nest": caught, "Caught": {"Type": "Succeed"}})
    assert machines.end(machines.start(machine, {"name": name}))["status"] == "SUCCEEDED"


def test_a_field_that_start_execution_does_not_have(machines):
    state = nest("x", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])
    state["Arguments"] = {"Name": "x", "Inputs": {}}
    description = machines.run({"Nest": state, "Caught": {"Type": "Succeed"}})
    assert description["error"] == "States.Runtime"
    assert 'The field "Inputs" is not supported by Step Functions' in description["cause"]


def test_start_without_waiting(machines):
    child = machines.create(WAIT)
    execution, name = start(machines, nest(child, "arn:aws:states:::states:startExecution"))
    output = json.loads(machines.end(execution)["output"])
    assert output["ExecutionArn"] == child_arn(child, name)
    machines.states.stop_execution(executionArn=output["ExecutionArn"])


# --- ends


def test_stop_reaches_the_child(machines):
    child = machines.create(WAIT)
    execution, name = start(machines, nest(child))
    reach_status(machines, child_arn(child, name), "RUNNING")
    machines.reach(execution, "TaskSubmitted")
    machines.states.stop_execution(executionArn=execution)
    reach_status(machines, child_arn(child, name), "ABORTED")
    assert machines.types(execution)[-2:] == ["TaskSubmitted", "ExecutionAborted"]


def test_a_timeout_of_the_task_reaches_the_child(machines):
    child = machines.create(WAIT)
    execution, name = start(machines, nest(child, TimeoutSeconds=1))
    assert machines.end(execution)["error"] == "States.Timeout"
    reach_status(machines, child_arn(child, name), "ABORTED")


def test_a_timeout_of_the_execution_reaches_the_child(machines):
    child = machines.create(WAIT)
    name = f"child-{uuid.uuid4().hex}"
    machine = machines.create({"Nest": nest(child)}, TimeoutSeconds=1)
    assert machines.end(machines.start(machine, {"name": name}))["status"] == "TIMED_OUT"
    reach_status(machines, child_arn(child, name), "ABORTED")


def test_a_child_that_is_stopped_fails_its_task(machines):
    child = machines.create(WAIT)
    execution, name = start(machines, nest(child))
    reach_status(machines, child_arn(child, name), "RUNNING")
    machines.states.stop_execution(executionArn=child_arn(child, name), error="Mine", cause="me")
    cause = json.loads(machines.end(execution)["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("ABORTED", "Mine", "me")


def test_stop_ends_a_map_and_every_child(machines):
    child = machines.create(WAIT)
    processor = {"StartAt": "Nest", "States": {"Nest": nest(child)}}
    each = {
        "Type": "Map",
        "Items": "{% [1..30].{'name': $states.input.prefix & $string($)} %}",
        "MaxConcurrency": 10,
        "ItemProcessor": processor,
        "End": True,
    }
    machine, prefix = machines.create({"Each": each}), f"{uuid.uuid4().hex[:8]}-"
    execution = machines.start(machine, {"prefix": prefix})
    limit = time.monotonic() + 30
    while machines.types(execution).count("TaskSubmitted") < 10:
        assert time.monotonic() < limit
        time.sleep(0.05)
    machines.states.stop_execution(executionArn=execution)
    for number in range(1, 11):
        reach_status(machines, child_arn(child, f"{prefix}{number}"), "ABORTED")
    time.sleep(0.3)
    assert len(machines.states.list_executions(stateMachineArn=child)["executions"]) == 10


def test_a_failing_child_ends_the_others(machines):
    choose = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $contains($states.input.name, '-3') %}", "Next": "Fail"}],
        "Default": "Wait",
    }
    child = machines.create(
        {"Choose": choose, "Fail": {"Type": "Fail", "Error": "Mine"}, **WAIT}, start="Choose"
    )
    processor = {"StartAt": "Nest", "States": {"Nest": nest(child)}}
    items = "{% [1..4].{'name': $states.input.prefix & $string($)} %}"
    each = {"Type": "Map", "Items": items, "ItemProcessor": processor, "End": True}
    prefix = f"{uuid.uuid4().hex[:8]}-"
    execution = machines.start(machines.create({"Each": each}), {"prefix": prefix})
    description = machines.end(execution)
    assert json.loads(description["cause"])["Error"] == "Mine"
    running = machines.states.list_executions(stateMachineArn=child, statusFilter="RUNNING")
    assert running["executions"] == []
    aborted = machines.states.list_executions(stateMachineArn=child, statusFilter="ABORTED")
    types = machines.types(execution)
    assert types.count("MapIterationFailed") == 1
    assert types.count("MapIterationAborted") >= len(aborted["executions"])


def test_a_reset_ends_executions():
    server = start_local_aws()
    try:
        machines = Machines(server)
        create = machines.states.create_state_machine
        body = {"QueryLanguage": "JSONata", "StartAt": "Show", "States": {"Show": PASS}}
        given = {"name": "child", "definition": json.dumps(body), "roleArn": machines.role}
        child = create(**given)["stateMachineArn"]
        wait = {"Type": "Wait", "Seconds": 1, "Next": "Nest"}
        machine = machines.create({"Wait": wait, "Nest": nest(child)})
        execution = machines.start(machine, {"name": "one"})
        machines.reach(execution, "WaitStateEntered")
        reset = Request(f"{server.endpoint_url}/_ministack/reset", method="POST")
        urlopen(reset, timeout=10).close()
        create(**given)
        time.sleep(1.5)
        assert machines.states.list_executions(stateMachineArn=child)["executions"] == []
    finally:
        server.stop()
