"""The Step Functions engine of the local AWS, corrected where ministack differs from AWS."""

import itertools
import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.machines import Machines

pytestmark = pytest.mark.e2e

MISSING = {  # a task that fails at once
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "none", "Payload": {}},
    "End": True,
}
NO_FUNCTION = "Lambda.ResourceNotFoundException"


@pytest.fixture(scope="module")
def machines(local_aws):
    return Machines(local_aws)


@pytest.fixture
def scale(local_aws):
    """Sets SFN_WAIT_SCALE of the running server, for one test."""

    def apply(factor):
        body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": factor}).encode()
        request = urllib.request.Request(f"{local_aws.endpoint_url}/_ministack/config", body)
        urllib.request.urlopen(request, timeout=10).close()

    yield apply
    apply(1)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


# --- expressions and variables


def test_assign_sees_old_values(machines):
    first = {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"}
    swap = {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "Show"}
    show = {"Type": "Pass", "Output": "{% [$a, $b] %}", "End": True}
    assert machines.output({"First": first, "Swap": swap, "Show": show}) == [2, 1]


def test_jsonata_errors_name_state_field_and_expression(machines):
    never = {"Type": "Pass", "Output": {"list": [1, "{% $never %}"]}, "End": True}
    execution = machines.start(machines.create({"Read": never}))
    description = machines.end(execution)
    assert description["error"] == "States.QueryEvaluationError"
    assert description["cause"] == (
        "An error occurred while executing the state 'Read' (entered at the event id #2). "
        "The JSONata expression '$never' specified for the field 'Output/list[1]' returned "
        "nothing (undefined)."
    )
    failed = machines.events(execution)[2]
    assert failed["type"] == "EvaluationFailed"
    assert failed["evaluationFailedEventDetails"]["location"] == "Output/list[1]"
    assert failed["evaluationFailedEventDetails"]["state"] == "Read"


def test_jsonata_evaluation_error(machines):
    description = machines.run({"Add": {"Type": "Pass", "Output": "{% 'a' + 1 %}", "End": True}})
    assert description["error"] == "States.QueryEvaluationError"
    assert "threw an error during evaluation. T2001:" in description["cause"]


def test_jsonata_error_of_a_task_can_be_caught(machines):
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}]
    task = {**MISSING, "Arguments": "{% $states.input.absent %}", "Catch": catch}
    output = machines.output({"Call": task, "Caught": {"Type": "Succeed"}})
    assert "field 'Arguments' returned nothing" in output["Cause"]


def test_choice_needs_a_boolean(machines):
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% 'yes' %}", "Next": "Done"}],
        "Default": "Done",
    }
    description = machines.run({"Choose": choice, "Done": {"Type": "Succeed"}})
    assert description["error"] == "States.QueryEvaluationError"
    assert "'Choices[0]/Condition'" in description["cause"]
    assert "Expected 'boolean', but was 'string'" in description["cause"]


def test_fields_must_have_their_type(machines):
    wait = {"Type": "Wait", "Seconds": "{% 'long' %}", "End": True}
    description = machines.run({"Wait": wait})
    assert description["error"] == "States.QueryEvaluationError"
    assert (
        "The JSONata expression ''long'' specified for the field 'Seconds' returned an "
        in (description["cause"])
    )


def test_choice_default_has_an_output(machines):
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% false %}", "Next": "Done"}],
        "Default": "Done",
        "Output": "{% 'default' %}",
        "Assign": {"way": "default"},
    }
    done = {"Type": "Succeed", "Output": "{% [$states.input, $way] %}"}
    assert machines.output({"Choose": choice, "Done": done}) == ["default", "default"]


def test_the_context_object(machines):
    look = {"Type": "Pass", "Output": "{% $states.context %}", "End": True}
    machine = machines.create({"Look": look})
    execution = machines.start(machine, {"x": 1}, name=f"look-{time.time_ns()}")
    context = json.loads(machines.end(execution)["output"])
    assert set(context) == {"Execution", "State", "StateMachine"}
    assert context["Execution"]["Id"] == execution
    assert context["Execution"]["Name"] == execution.split(":")[-1]
    assert context["Execution"]["Input"] == {"x": 1}
    assert context["Execution"]["RoleArn"] == machines.role
    assert context["Execution"]["RedriveCount"] == 0
    assert context["StateMachine"] == {"Id": machine, "Name": machine.split(":")[-1]}
    assert (context["State"]["Name"], context["State"]["RetryCount"]) == ("Look", 0)


def test_the_context_object_of_a_map(machines):
    processor = {"StartAt": "Show", "States": {"Show": {"Type": "Pass", "End": True}}}
    each = {
        "Type": "Map",
        "Items": [1],
        "ItemSelector": {"keys": "{% $keys($states.context) %}"},
        "ItemProcessor": processor,
        "End": True,
    }
    output = machines.output({"Each": each})
    assert set(output[0]["keys"]) == {"Execution", "Map", "State", "StateMachine"}


# --- retry and catch


def test_every_retrier_counts_its_own_attempts(machines, scale):
    scale(0)
    task = {
        **MISSING,
        "Arguments": {"FunctionName": "none", "Payload": "{% $states.context.State.RetryCount %}"},
        "Retry": [
            {"ErrorEquals": ["Other"], "MaxAttempts": 5},
            {"ErrorEquals": [NO_FUNCTION], "MaxAttempts": 2, "JitterStrategy": "FULL"},
        ],
    }
    execution = machines.start(machines.create({"Call": task}))
    assert machines.end(execution)["error"] == NO_FUNCTION
    sent = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
        for event in machines.events(execution)
        if event["type"] == "TaskScheduled"
    ]
    assert sent == [0, 1, 2]


def test_retry_delays_follow_backoff_and_maximum(machines, scale):
    scale(0.05)
    retry = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 100,
        "MaxDelaySeconds": 2,
        "MaxAttempts": 3,
    }
    execution = machines.start(machines.create({"Call": {**MISSING, "Retry": [retry]}}))
    machines.end(execution)
    times = [e["timestamp"] for e in machines.events(execution) if e["type"] == "TaskScheduled"]
    waits = [(later - sooner).total_seconds() for sooner, later in itertools.pairwise(times)]
    assert waits[0] >= 0.05
    assert all(0.1 <= wait < 3 for wait in waits[1:])  # 3 s and more without the maximum


def test_catch_assigns_and_shapes_its_output(machines):
    catch = [
        {"ErrorEquals": ["States.Timeout"], "Next": "Show"},
        {
            "ErrorEquals": ["States.TaskFailed"],
            "Assign": {"seen": "{% $states.errorOutput.Error %}"},
            "Output": "{% $states.input.kept %}",
            "Next": "Show",
        },
    ]
    show = {"Type": "Pass", "Output": "{% [$seen, $states.input] %}", "End": True}
    output = machines.output({"Call": {**MISSING, "Catch": catch}, "Show": show}, {"kept": 5})
    assert output == [NO_FUNCTION, 5]


def test_data_over_the_limit_cannot_be_caught(machines):
    grow = {
        "Type": "Pass",
        "Output": "{% $join([1..300].($pad('', 1000, 'x'))) %}",
        "End": True,
    }
    description = machines.run({"Grow": grow})
    assert description["error"] == "States.DataLimitExceeded"
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    arguments = {"FunctionName": "none", "Payload": grow["Output"]}
    states = {
        "Call": {**MISSING, "Arguments": arguments, "Catch": catch},
        "Done": {"Type": "Succeed"},
    }
    assert machines.run(states)["error"] == "States.DataLimitExceeded"


# --- ends


def test_stop_execution_ends_a_wait(machines):
    states = {"Wait": {"Type": "Wait", "Seconds": 600, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    execution = machines.start(machines.create(states))
    machines.reach(execution, "WaitStateEntered")
    first = machines.states.stop_execution(executionArn=execution, cause="enough")["stopDate"]
    assert machines.states.stop_execution(executionArn=execution)["stopDate"] == first
    time.sleep(0.2)
    assert machines.types(execution)[-2:] == ["WaitStateEntered", "ExecutionAborted"]


def test_an_execution_stopped_at_once_does_nothing_more(machines):
    wait = {"Type": "Wait", "Seconds": 0, "Next": "Done"}
    machine = machines.create({"Wait": wait, "Done": {"Type": "Succeed"}})
    for _ in range(20):
        execution = machines.start(machine)
        stop = machines.states.stop_execution
        try:
            stop(executionArn=execution)
        except ClientError:
            continue  # it was faster
        machines.states.redrive_execution(executionArn=execution)
        assert machines.end(execution)["status"] == "SUCCEEDED"
        assert machines.types(execution).count("ExecutionSucceeded") == 1


def test_a_nested_execution(machines):
    child = machines.create({"Show": {"Type": "Pass", "Output": 7, "End": True}})
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child, "Input": {}},
        "Output": "{% $states.result.Output %}",
        "End": True,
    }
    assert machines.output({"Nest": task}) == 7


def test_stop_execution_ends_a_retry_delay(machines):
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 600}]
    execution = machines.start(machines.create({"Call": {**MISSING, "Retry": retry}}))
    machines.reach(execution, "TaskFailed")
    machines.states.stop_execution(executionArn=execution)
    machines.states.redrive_execution(executionArn=execution)
    machines.reach(execution, "ExecutionRedriven")
    machines.states.stop_execution(executionArn=execution)
    assert machines.end(execution)["status"] == "ABORTED"


def test_an_execution_times_out_in_a_wait(machines):
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    execution = machines.start(machines.create({"Wait": wait}, TimeoutSeconds=1))
    description = machines.end(execution)
    assert description["status"] == "TIMED_OUT"
    assert "error" not in description
    last = machines.events(execution)[-1]
    assert last["executionTimedOutEventDetails"]["error"] == "States.Timeout"


def test_failed_has_error_and_cause_but_no_output(machines):
    fail = {"Type": "Fail", "Error": "Mine", "Cause": "{% 'because' %}"}
    description = machines.run({"Fail": fail})
    assert (description["status"], description["error"]) == ("FAILED", "Mine")
    assert description["cause"] == "because"
    assert "output" not in description
    assert description["redriveStatus"] == "REDRIVABLE"


# --- the API


def test_start_execution_is_idempotent(machines):
    machine = machines.create({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}})
    start = machines.states.start_execution
    given = {"stateMachineArn": machine, "name": "one", "input": '{"a":1}'}
    first, again = start(**given), start(**given)
    assert (first["executionArn"], first["startDate"]) == (
        again["executionArn"],
        again["startDate"],
    )
    assert machines.types(first["executionArn"]).count("ExecutionStarted") == 1
    assert refusal(start, **{**given, "input": '{"a": 1}'}) == "ExecutionAlreadyExists"
    machines.states.stop_execution(executionArn=first["executionArn"])
    assert refusal(start, **given) == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": json.dumps("x" * 262_144)}, "ValidationException"),
        ({"name": "a b"}, "InvalidName"),
        ({"name": "a/b"}, "InvalidName"),
        ({"name": "a" * 81}, "ValidationException"),
        ({"stateMachineArn": "arn:aws:states:us-east-1:0:stateMachine:x"}, "StateMachineDoesNot"),
    ],
)
def test_start_execution_refuses(machines, fields, code):
    machine = machines.create({"Done": {"Type": "Succeed"}})
    given = {"stateMachineArn": machine, "input": "{}", **fields}
    assert refusal(machines.states.start_execution, **given).startswith(code)


def test_no_fixed_delay(machines):
    machine = machines.create({"Done": {"Type": "Succeed"}})
    executions = [machines.end(machines.start(machine)) for _ in range(5)]
    durations = [(e["stopDate"] - e["startDate"]).total_seconds() for e in executions]
    assert min(durations) < 0.1


def test_versions_and_aliases_pin_the_definition(machines):
    states = machines.states

    def definition(number):
        state = {"Type": "Pass", "Output": number, "End": True}
        body = {"QueryLanguage": "JSONata", "StartAt": "Show", "States": {"Show": state}}
        return json.dumps(body)

    machine = machines.create({"Show": {"Type": "Pass", "Output": 1, "End": True}})
    version = states.publish_state_machine_version(stateMachineArn=machine)
    version_arn = version["stateMachineVersionArn"]
    alias_arn = states.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version_arn, "weight": 100}]
    )["stateMachineAliasArn"]
    states.update_state_machine(stateMachineArn=machine, definition=definition(2))
    ends = {arn: machines.end(machines.start(arn)) for arn in (machine, version_arn, alias_arn)}
    assert [end["output"] for end in ends.values()] == ["2", "1", "1"]
    assert ends[alias_arn]["stateMachineAliasArn"] == alias_arn
    assert ends[alias_arn]["stateMachineVersionArn"] == version_arn
    assert "stateMachineAliasArn" not in ends[version_arn]
    assert "stateMachineVersionArn" not in ends[machine]


def test_a_running_execution_keeps_its_definition(machines):
    wait = {"Type": "Wait", "Seconds": 1, "Next": "Show"}
    members = {"Wait": wait, "Show": {"Type": "Pass", "Output": 1, "End": True}}
    machine = machines.create(members)
    execution = machines.start(machine)
    members["Show"]["Output"] = 2
    body = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": members}
    machines.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(body))
    assert machines.end(execution)["output"] == "1"


def test_history(machines):
    first = {"Type": "Pass", "Assign": {"n": {"a": 1}}, "Next": "Done"}
    execution = machines.start(machines.create({"First": first, "Done": {"Type": "Succeed"}}))
    machines.end(execution)
    events = machines.events(execution)
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3, 4, 5]
    assert events[2]["stateExitedEventDetails"]["assignedVariables"] == {"n": '{"a":1}'}
    read = machines.states.get_execution_history
    page = read(executionArn=execution, maxResults=4, reverseOrder=True)
    rest = read(
        executionArn=execution, maxResults=4, reverseOrder=True, nextToken=page["nextToken"]
    )
    assert [e["id"] for e in page["events"] + rest["events"]] == [6, 5, 4, 3, 2, 1]
    bare = read(executionArn=execution, includeExecutionData=False)["events"][1]
    assert "input" not in bare["stateEnteredEventDetails"]


def test_definition_is_checked(machines):
    create = machines.states.create_state_machine

    def problem(definition):
        with pytest.raises(ClientError) as caught:
            create(name=f"bad-{time.time_ns()}", definition=definition, roleArn=machines.role)
        assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
        return caught.value.response["Error"]["Message"]

    assert "INVALID_JSON_DESCRIPTION" in problem("{")
    nowhere = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    assert "MISSING_TRANSITION_TARGET: Missing 'Next' target: B" in problem(json.dumps(nowhere))
    bare = {"Type": "Pass", "Output": "{% phone %}", "End": True}
    reference = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": bare}}
    assert problem(json.dumps(reference)) == (
        "Invalid State Machine Definition: 'UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' "
        "at the top level is not supported. at /States/A/Output'"
    )


# --- redrive


def test_redrive_of_a_fail_state_fails_again(machines):
    cause = "{% $string($states.context.Execution.RedriveCount) & $kept %}"
    states = {
        "Keep": {"Type": "Pass", "Assign": {"kept": " kept"}, "Next": "Fail"},
        "Fail": {"Type": "Fail", "Error": "Mine", "Cause": cause},
    }
    execution = machines.start(machines.create(states))
    assert machines.end(execution)["cause"] == "0 kept"
    machines.states.redrive_execution(executionArn=execution)
    description = machines.end(execution)
    assert (description["cause"], description["redriveCount"]) == ("1 kept", 1)
    assert machines.types(execution)[-3:] == [
        "ExecutionRedriven",
        "FailStateEntered",
        "ExecutionFailed",
    ]


def test_redrive_starts_retries_and_the_timeout_anew(machines, scale):
    scale(0)
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    machine = machines.create({"Call": {**MISSING, "Retry": retry}}, TimeoutSeconds=2)
    execution = machines.start(machine)
    machines.end(execution)
    time.sleep(2.1)
    machines.states.redrive_execution(executionArn=execution)
    assert machines.end(execution)["status"] == "FAILED"  # not TIMED_OUT
    assert machines.types(execution).count("TaskScheduled") == 4


def test_redrive_refuses_what_succeeded_or_runs(machines):
    redrive = machines.states.redrive_execution
    done = machines.run({"Done": {"Type": "Succeed"}})
    assert refusal(redrive, executionArn=done["executionArn"]) == "ExecutionNotRedrivable"
    assert done["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    running = machines.start(
        machines.create({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}})
    )
    assert refusal(redrive, executionArn=running) == "ExecutionNotRedrivable"
    machines.states.stop_execution(executionArn=running)
    unknown = running.replace("execution:", "execution:x")
    assert refusal(redrive, executionArn=unknown) == "ExecutionDoesNotExist"


# --- tasks that wait for a callback

SFN = "arn:aws:states:::aws-sdk:sfn:"
TOKEN = "{% $states.context.Task.Token %}"
RUNNING = {"Type": "Task", "Resource": f"{SFN}sendTaskHeartbeat.waitForTaskToken"} | {
    "Arguments": {"TaskToken": TOKEN},
    "End": True,
}


def sent_token(machines, execution):
    machines.reach(execution, "TaskSubmitted")
    (scheduled,) = [
        event["taskScheduledEventDetails"]
        for event in machines.events(execution)
        if event["type"] == "TaskScheduled"
    ]
    return json.loads(scheduled["parameters"])["TaskToken"]


def test_a_task_reports_its_own_failure(machines):
    arguments = {"TaskToken": TOKEN, "Error": "Mine", "Cause": "because"}
    task = RUNNING | {"Resource": f"{SFN}sendTaskFailure.waitForTaskToken", "Arguments": arguments}
    execution = machines.start(machines.create({"Report": task}))
    description = machines.end(execution)
    assert [description[key] for key in ("status", "error", "cause")] == [
        "FAILED",
        "Mine",
        "because",
    ]
    assert machines.types(execution)[1:] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "ExecutionFailed",
    ]
    failed = machines.events(execution)[-2]["taskFailedEventDetails"]
    assert failed == {
        "resourceType": "aws-sdk:sfn",
        "resource": "sendTaskFailure.waitForTaskToken",
        "error": "Mine",
        "cause": "because",
    }


def test_a_redrive_evaluates_a_tasks_arguments_anew(machines):
    error = "{% $string($states.context.Execution.RedriveCount) %}"
    arguments = {"TaskToken": TOKEN, "Error": error, "Cause": TOKEN}
    task = RUNNING | {"Resource": f"{SFN}sendTaskFailure.waitForTaskToken", "Arguments": arguments}
    execution = machines.start(machines.create({"Report": task}))
    first = machines.end(execution)
    machines.states.redrive_execution(executionArn=execution)
    second = machines.end(execution)
    assert (first["error"], second["error"]) == ("0", "1")
    assert first["cause"] != second["cause"]


def test_a_task_waits_for_its_callback(machines):
    execution = machines.start(machines.create({"Ask": RUNNING}))
    token = sent_token(machines, execution)
    machines.states.send_task_success(taskToken=token, output='{"answer": 7}')
    assert json.loads(machines.end(execution)["output"]) == {"answer": 7}
    assert refusal(machines.states.send_task_heartbeat, taskToken=token) == "TaskDoesNotExist"


def test_a_token_ends_with_its_execution(machines):
    execution = machines.start(machines.create({"Ask": RUNNING}))
    token = sent_token(machines, execution)
    machines.states.send_task_heartbeat(taskToken=token)
    machines.states.stop_execution(executionArn=execution)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            machines.states.send_task_heartbeat(taskToken=token)
        except machines.states.exceptions.TaskDoesNotExist:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the token of a stopped execution is still valid")
    assert machines.types(execution)[-1] == "ExecutionAborted"


def test_a_callback_that_does_not_come_times_out(machines):
    catch = [{"ErrorEquals": ["States.Timeout"], "Output": "late", "Next": "Late"}]
    task = {**RUNNING, "TimeoutSeconds": 1, "Catch": catch}
    assert machines.output({"Ask": task, "Late": {"Type": "Succeed"}}) == "late"


# --- the role of Credentials


def test_credentials_need_a_role_that_trusts_the_state_machine(machines, local_aws):
    iam = local_aws.client("iam")
    machine_role = "arn:aws:iam::000000000000:role/state-machine"
    task = {**MISSING, "Credentials": {"RoleArn": "{% $states.input.role %}"}}
    machine = machines.create({"Call": task})

    def trust(**condition):
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": machine_role},
            **condition,
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def error(role):
        return machines.end(machines.start(machine, {"role": role}))

    absent = error("arn:aws:iam::000000000000:role/absent")
    assert absent["error"] == "States.TaskFailed"
    assert absent["cause"] == (
        f"The role {machine_role} is not authorized to assume the task state's role, "
        "arn:aws:iam::000000000000:role/absent."
    )
    name = f"assumed-{time.time_ns()}"
    external = {"Condition": {"StringEquals": {"sts:ExternalId": "another"}}}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(**external))["Role"]["Arn"]
    assert error(role)["error"] == "States.TaskFailed"
    external["Condition"]["StringEquals"]["sts:ExternalId"] = machine
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(**external))
    reached = error(role)
    assert reached["error"] == NO_FUNCTION  # the role was assumed; the function is not there
    scheduled = next(
        e for e in machines.events(reached["executionArn"]) if e["type"] == "TaskScheduled"
    )
    assert scheduled["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": role}
