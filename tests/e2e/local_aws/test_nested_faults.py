"""Faults of nested executions: a start that is refused, an execution that its parent loses."""

import json

import pytest

from tests.support.runs.deployed_runs import Stage
from tests.support.runs.machines import Machines

pytestmark = pytest.mark.e2e

SYNC_2 = "arn:aws:states:::states:startExecution.sync:2"
CAUGHT = {
    "ErrorEquals": ["States.ALL"],
    "Output": "{% $states.errorOutput %}",
    "Next": "Caught",
}


@pytest.fixture(scope="module")
def machines(local_aws):
    made = Machines(local_aws)
    made.plan = lambda name, *faults: Stage.plan(local_aws, name, faults)
    return made


def parent(machines, child, name):
    """Start a state machine that starts the child; return what it ends with."""
    nest = {
        "Type": "Task",
        "Resource": SYNC_2,
        "Arguments": {"StateMachineArn": child, "Name": name, "Input": {}},
        "Output": "{% $states.result.Status %}",
        "Catch": [CAUGHT],
        "End": True,
    }
    states = {"Nest": nest, "Caught": {"Type": "Succeed"}}
    ended = machines.end(machines.start(machines.create(states)))
    assert ended["status"] == "SUCCEEDED"
    return json.loads(ended["output"])


def test_a_start_that_is_refused_makes_no_execution(machines):
    child = machines.create({"Pass": {"Type": "Pass", "End": True}})
    error = {"error": "ThrottlingException", "message": "Rate exceeded", "times": 2}
    machines.plan("refused-*", {"fault": "reject_start", **error})
    for _ in range(2):
        said = parent(machines, child, "refused-1")
        assert said["Error"] == "StepFunctions.AWSStepFunctionsException"
        assert said["Cause"].startswith(
            "Rate exceeded (Service: AWSStepFunctions; Status Code: 400"
        )
        assert machines.states.list_executions(stateMachineArn=child)["executions"] == []
    assert parent(machines, child, "refused-1") == "SUCCEEDED"


@pytest.mark.parametrize("after", [0, 0.3])
def test_an_execution_that_is_lost_runs_on(machines, after):
    child = machines.create({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}})
    machines.plan("lost-*", {"fault": "lose_execution", "after_seconds": after})
    said = parent(machines, child, "lost-1")
    assert "Error Code: InternalFailure" in said["Cause"]
    (execution,) = machines.states.list_executions(stateMachineArn=child)["executions"]
    assert execution["status"] == "RUNNING"
    assert machines.end(execution["executionArn"])["status"] == "SUCCEEDED"


def test_an_execution_that_has_ended_before_is_not_lost(machines):
    child = machines.create({"Pass": {"Type": "Pass", "End": True}})
    machines.plan("quick-*", {"fault": "lose_execution", "after_seconds": 30})
    assert parent(machines, child, "quick-1") == "SUCCEEDED"
