"""Inline Map states in JSONata: their histories as recorded on AWS, their ends, and redrives."""

import json
import time

import pytest

from tests.support.recordings import step_functions as recorded
from tests.support.runs.machines import Machines

pytestmark = pytest.mark.e2e

PASS = {"Type": "Pass", "End": True}
HEARTBEAT = {  # a task that waits until somebody reports it
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat.waitForTaskToken",
    "Arguments": {"TaskToken": "{% $states.context.Task.Token %}"},
    "End": True,
}


@pytest.fixture(scope="module")
def machines(local_aws):
    return Machines(local_aws)


FIRST = "$states.context.Execution.RedriveCount = 0"  # not a redrive


def each(members, start=None, **fields):
    """A Map state over these states."""
    processor = {"StartAt": start or next(iter(members)), "States": members}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


def history(machines, execution):
    return [
        (event["id"], event["previousEventId"], event["type"])
        for event in machines.events(execution)
    ]


def seen(machines, members, value=None):
    """The history of an execution, and its description."""
    execution = machines.start(machines.create(members), value)
    description = machines.end(execution)
    return history(machines, execution), description


# --- as recorded


def test_history_of_nested_maps(machines):
    inner = each({"MapL2Pass": PASS}, MaxConcurrency=1)
    members = {"MapL1": each({"MapL2": inner}, MaxConcurrency=1)}
    events, description = seen(machines, members, [[1, 2, 3], [4, 5, 6]])
    assert events == recorded.MAP_NESTED
    assert json.loads(description["output"]) == [[1, 2, 3], [4, 5, 6]]


def test_history_of_a_map_of_nothing(machines):
    start = {"Type": "Pass", "Output": "{% $states.input.items %}", "Next": "MapIterateState"}
    members = {"Start": start, "MapIterateState": each({"Pass": PASS})}
    events, description = seen(machines, members, {"items": []})
    assert events == recorded.MAP_EMPTY
    assert description["output"] == "[]"


FAILING = {"HandleItemFail": {"Type": "Fail", "Error": "HandleItemFailError", "Cause": "because"}}
START = {"Type": "Pass", "Output": {"arr": [1]}, "Next": "MapState"}


def test_history_of_a_caught_map(machines):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "FinalCaught"}]
    state = each(FAILING, Items="{% $states.input.arr %}", Catch=catch)
    events, description = seen(
        machines, {"StartState": START, "MapState": state, "FinalCaught": PASS}
    )
    assert events == recorded.MAP_CAUGHT
    assert json.loads(description["output"]) == {"Error": "HandleItemFailError", "Cause": "because"}


def test_history_of_a_retried_map(machines):
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "MaxDelaySeconds": 1}]
    state = each(FAILING, Items="{% $states.input.arr %}", Retry=retry)
    events, description = seen(machines, {"StartState": START, "MapState": state})
    assert events == recorded.MAP_RETRIED
    assert (description["error"], description["cause"]) == ("HandleItemFailError", "because")


def test_history_of_items_that_are_no_list(machines):
    events, description = seen(machines, {"MapIterateState": each({"Pass": PASS}, Items="{% 1 %}")})
    assert events == recorded.MAP_ITEMS_NOT_A_LIST
    assert (
        "field 'Items' returned an unexpected result type. Expected 'array'"
        in (description["cause"])
    )


def test_history_of_an_input_that_is_no_list(machines):
    start = {"Type": "Pass", "Output": "{% $states.input.items %}", "Next": "MapIterateState"}
    members = {"Start": start, "MapIterateState": each({"Pass": PASS})}
    events, description = seen(machines, members, {"items": 1})
    assert events == recorded.MAP_INPUT_NOT_A_LIST
    assert description["cause"] == recorded.MAP_INPUT_NOT_A_LIST_CAUSE


def test_history_of_a_map_whose_tasks_time_out(machines):
    state = each({"LambdaInvoke": {**HEARTBEAT, "TimeoutSeconds": 1}})
    events, description = seen(machines, {"MapWait": state}, [1, 2, 3, 4])
    end = events[-len(recorded.MAP_OF_TASKS_TIMED_OUT) :]
    assert [kind for _, _, kind in end] == recorded.MAP_OF_TASKS_TIMED_OUT
    assert len({previous for _, previous, _ in end[:-1]}) == 1
    assert description["error"] == "States.Timeout"


# --- how many, how large, how long


def test_results_are_in_the_order_of_the_items(machines):
    wait = {"Type": "Wait", "Seconds": "{% $states.input.wait %}", "Next": "Show"}
    show = {"Type": "Pass", "Output": "{% [$states.input.n, $kept] %}", "End": True}
    state = each(
        {"Wait": wait, "Show": show},
        Items=[1, 0],
        ItemSelector={
            "wait": "{% $states.context.Map.Item.Value %}",
            "n": "{% $states.context.Map.Item.Index %}",
        },
        Output="{% $reverse($states.result) %}",
    )
    keep = {"Type": "Pass", "Assign": {"kept": "kept"}, "Next": "Each"}
    assert machines.output({"Keep": keep, "Each": state}) == [[1, "kept"], [0, "kept"]]


@pytest.mark.parametrize(("given", "at_once"), [(3, 3), (0, 40), (100, 40)])
def test_at_most_so_many_at_once(machines, given, at_once):
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    state = each({"Wait": wait}, Items="{% [1..60] %}", MaxConcurrency=given)
    execution = machines.start(machines.create({"Each": state}))
    limit = time.monotonic() + 30
    while machines.types(execution).count("WaitStateEntered") < at_once:
        assert time.monotonic() < limit
        time.sleep(0.05)
    time.sleep(0.3)
    assert machines.types(execution).count("MapIterationStarted") == at_once
    machines.states.stop_execution(executionArn=execution)
    time.sleep(0.3)
    types = machines.types(execution)
    assert types.count("MapIterationStarted") == at_once
    assert types[-1] == "ExecutionAborted"


def test_concurrency_must_be_a_whole_number(machines):
    description = machines.run({"Each": each({"Pass": PASS}, Items=[1], MaxConcurrency=1.5)})
    assert description["error"] == "States.QueryEvaluationError"
    assert "MaxConcurrency" in description["cause"]


def test_outputs_together_have_a_limit(machines):
    large = {"Type": "Pass", "Output": "{% $pad('', 100000, 'x') %}", "End": True}
    state = each(
        {"Large": large},
        Items=[1, 2, 3],
        Output="short",
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    )
    execution = machines.start(machines.create({"Each": state, "Caught": {"Type": "Succeed"}}))
    assert machines.end(execution)["error"] == "States.DataLimitExceeded"
    machines.states.redrive_execution(executionArn=execution)
    machines.end(execution)
    assert machines.types(execution).count("MapIterationStarted") == 6  # none is kept


def test_a_history_ends_at_25000_events(machines):
    states = {str(number): {"Type": "Pass", "Next": str(number + 1)} for number in range(1, 30)}
    states["30"] = PASS  # 62 events an iteration
    state = each(states, "1", Items="{% [1..450] %}")
    members = {"Each": state | {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]}}
    execution = machines.start(machines.create(members | {"Done": {"Type": "Succeed"}}))
    description = machines.end(execution)
    assert description["error"] == "States.Runtime"
    assert description["cause"] == (
        "The execution reached the maximum number of history events (25000)."
    )
    last = machines.states.get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=1
    )["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")
    assert description["redriveStatus"] == "NOT_REDRIVABLE"


def test_an_execution_times_out_in_a_map(machines):
    state = each({"Ask": HEARTBEAT}, Items=[1, 2, 3])
    execution = machines.start(machines.create({"Each": state}, TimeoutSeconds=1))
    assert machines.end(execution)["status"] == "TIMED_OUT"
    time.sleep(0.3)
    assert machines.types(execution)[-1] == "ExecutionTimedOut"


# --- ends and redrives


def test_a_failing_iteration_ends_the_others(machines):
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input = 'fail' %}", "Next": "Fail"}],
        "Default": "Wait",
    }
    members = {
        "Choose": choice,
        "Fail": {"Type": "Fail", "Error": "Mine", "Cause": "because"},
        "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
    }
    state = each(members, Items=["wait", "fail", "wait", "never"], MaxConcurrency=3)
    began = time.monotonic()
    execution = machines.start(machines.create({"Each": state}))
    description = machines.end(execution)
    assert (description["error"], description["cause"]) == ("Mine", "because")
    assert time.monotonic() - began < 60
    events = machines.events(execution)
    key = "mapIterationAbortedEventDetails"
    aborted = [event[key] for event in events if key in event]
    assert {entry["index"] for entry in aborted} <= {0, 2}
    assert {entry["name"] for entry in aborted} <= {"Each"}
    assert [e["index"] for e in started(events)].count(3) == 0
    (failed,) = [event for event in events if event["type"] == "MapIterationFailed"]
    assert failed["mapIterationFailedEventDetails"] == {"name": "Each", "index": 1}


def started(events):
    key = "mapIterationStartedEventDetails"
    return [event[key] for event in events if key in event]


def redriven(machines, execution):
    """The indices of the iterations that a redrive began."""
    machines.states.redrive_execution(executionArn=execution)
    description = machines.end(execution)
    types = machines.types(execution)
    begin = len(types) - types[::-1].index("ExecutionRedriven")
    return [e["index"] for e in started(machines.events(execution)[begin:])], description


def test_a_redrive_goes_on_where_iterations_were(machines):
    """The first iteration is done, the second fails, the third is aborted, a fourth never began."""
    members = {
        "Keep": {"Type": "Pass", "Assign": {"kept": "{% $states.input %}"}, "Next": "Choose"},
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $kept = 'fail' %}", "Next": "Soon"},
                {"Condition": "{% $kept = 'wait' %}", "Next": "Long"},
            ],
            "Default": "Done",
        },
        "Soon": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
        "Again": {"Type": "Pass", "Output": f"{{% {FIRST} ? $error('x') : 1 %}}", "Next": "Done"},
        "Long": {"Type": "Wait", "Seconds": f"{{% {FIRST} ? 600 : 0 %}}", "Next": "Done"},
        "Done": {"Type": "Pass", "Output": "{% $kept %}", "End": True},
    }
    items = ["done", "fail", "wait", "later"]
    state = each(members, Items=items, MaxConcurrency=2)
    execution = machines.start(machines.create({"Each": state}))
    assert machines.end(execution)["error"] == "States.QueryEvaluationError"
    again, description = redriven(machines, execution)
    assert sorted(again) == [1, 2, 3]
    assert json.loads(description["output"]) == items
    names = [
        event["stateEnteredEventDetails"]["name"]
        for event in machines.events(execution)
        if "stateEnteredEventDetails" in event
    ]
    assert names.count("Keep") == 4  # nobody began anew: the variable was kept
    assert names.count("Soon") == 1


def test_a_stopped_map_is_redriven(machines):
    wait = {
        "Type": "Wait",
        "Seconds": f"{{% {FIRST} and $states.input > 2 ? 600 : 0 %}}",
        "Next": "Show",
    }
    show = {"Type": "Pass", "Output": "{% $states.input * 10 %}", "End": True}
    state = each({"Wait": wait, "Show": show}, Items=[1, 2, 3, 4, 5], MaxConcurrency=2)
    execution = machines.start(machines.create({"Each": state}))
    limit = time.monotonic() + 30
    while machines.types(execution).count("WaitStateEntered") < 4:
        assert time.monotonic() < limit
        time.sleep(0.05)
    machines.states.stop_execution(executionArn=execution)
    again, description = redriven(machines, execution)
    assert again == [2, 3, 4]
    assert json.loads(description["output"]) == [10, 20, 30, 40, 50]


def test_a_map_in_a_map_is_redriven(machines):
    wait = {
        "Type": "Wait",
        "Seconds": f"{{% {FIRST} and $states.input = 4 ? 600 : 0 %}}",
        "Next": "Show",
    }
    show = {"Type": "Pass", "Output": "{% $states.input %}", "End": True}
    inner = each({"Wait": wait, "Show": show}, MaxConcurrency=1)
    members = {"Outer": each({"Inner": inner}, Items=[[1, 2], [3, 4, 5]], MaxConcurrency=1)}
    execution = machines.start(machines.create(members))
    limit = time.monotonic() + 30
    while machines.types(execution).count("WaitStateEntered") < 4:
        assert time.monotonic() < limit
        time.sleep(0.05)
    machines.states.stop_execution(executionArn=execution, error="Enough", cause="now")
    aborted = machines.events(execution)[-1]["executionAbortedEventDetails"]
    assert aborted == {"error": "Enough", "cause": "now"}
    again, description = redriven(machines, execution)
    assert again == [1, 1, 2]  # of the outer the second, of the inner all but the first
    assert json.loads(description["output"]) == [[1, 2], [3, 4, 5]]


def test_history_of_a_stopped_execution(machines):
    execution = machines.start(
        machines.create({"State_1": {"Type": "Wait", "Seconds": 600, "End": True}})
    )
    machines.reach(execution, "WaitStateEntered")
    machines.states.stop_execution(executionArn=execution)
    assert history(machines, execution) == recorded.STOPPED
    assert machines.events(execution)[-1]["executionAbortedEventDetails"] == {}
