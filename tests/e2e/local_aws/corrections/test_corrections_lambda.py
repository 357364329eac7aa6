"""Errors of Lambda functions, as executions see them."""

import io
import json
import uuid
import zipfile

import pytest

from tests.support.runs.machines import INVOKE, Machines

pytestmark = pytest.mark.e2e

CODE = """
import sys, time

class InvalidArguments(Exception):
    pass

def handler(event, context):
    if event == "sleep":
        time.sleep(30)
    if event == "exit":
        sys.exit(3)
    raise InvalidArguments("role: missing\\nimage: wrong")
"""


@pytest.fixture(scope="module")
def machines(local_aws):
    return Machines(local_aws)


@pytest.fixture(scope="module")
def function(local_aws):
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("code.py", "")
        archive.writestr("raiser.py", CODE)
    name = f"raiser-{uuid.uuid4()}"
    local_aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="raiser.handler",
        Role="arn:aws:iam::000000000000:role/function",
        Code={"ZipFile": stored.getvalue()},
        Timeout=1,
    )
    return name


def invoke(function, **fields):
    arguments = {"FunctionName": function, "Payload": "{% $states.input %}"}
    task = {"Type": "Task", "Resource": INVOKE, "Arguments": arguments, "End": True}
    return {"Call": {**task, **fields}}


def test_lambda_error(machines, function):
    execution = machines.start(machines.create(invoke(function)), "raise")
    description = machines.end(execution)
    assert description["error"] == "InvalidArguments"
    cause = json.loads(description["cause"])
    assert cause["errorMessage"] == "role: missing\nimage: wrong"
    assert cause["errorType"] == "InvalidArguments"
    assert cause["requestId"]
    assert len(cause["stackTrace"]) == 1
    assert "raiser.py" in cause["stackTrace"][0]
    assert "in handler" in cause["stackTrace"][0]
    failed = next(e for e in machines.events(execution) if e["type"] == "TaskFailed")
    assert failed["taskFailedEventDetails"]["resourceType"] == "lambda"
    assert failed["taskFailedEventDetails"]["resource"] == "invoke"


def test_lambda_error_can_be_caught_by_its_class(machines, function):
    catch = [{"ErrorEquals": ["InvalidArguments"], "Next": "Caught"}]
    states = {**invoke(function, Catch=catch), "Caught": {"Type": "Succeed", "Output": "caught"}}
    assert machines.output(states, "raise") == "caught"


def test_lambda_timeout(machines, function):
    assert machines.run(invoke(function), "sleep")["error"] == "Sandbox.Timedout"


def test_lambda_exit(machines, function):
    assert machines.run(invoke(function), "exit")["error"] == "Runtime.ExitError"


def test_stop_execution_does_not_wait_for_a_function(machines, function):
    execution = machines.start(machines.create(invoke(function)), "sleep")
    machines.reach(execution, "TaskStarted")
    machines.states.stop_execution(executionArn=execution)
    assert machines.end(execution)["status"] == "ABORTED"
    assert machines.types(execution)[-1] == "ExecutionAborted"
