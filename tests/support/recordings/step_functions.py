"""Histories and documents of AWS Step Functions, recorded on AWS by the LocalStack project.

LocalStack (https://github.com/localstack/localstack, Apache License 2.0) keeps what its tests saw
on AWS beside them, in `tests/aws/services/stepfunctions/v2`, as of commit 8b9a79f0. Each entry here
names the test and the day of its recording, and holds the facts that our own runs are compared
with: which events, in which order, each after which other; names of errors; keys of documents.

An event is written `id previous type`.
"""


def _history(text: str) -> list[tuple[int, int, str]]:
    fields = [line.split() for line in text.split("\n") if line.strip()]
    return [(int(number), int(previous), kind) for number, previous, kind in fields]


MAP_NESTED = _history("""
1 0 ExecutionStarted
2 0 MapStateEntered
3 2 MapStateStarted
4 3 MapIterationStarted
5 4 MapStateEntered
6 5 MapStateStarted
7 6 MapIterationStarted
8 7 PassStateEntered
9 8 PassStateExited
10 9 MapIterationSucceeded
11 9 MapIterationStarted
12 11 PassStateEntered
13 12 PassStateExited
14 13 MapIterationSucceeded
15 13 MapIterationStarted
16 15 PassStateEntered
17 16 PassStateExited
18 17 MapIterationSucceeded
19 18 MapStateSucceeded
20 18 MapStateExited
21 20 MapIterationSucceeded
22 20 MapIterationStarted
23 22 MapStateEntered
24 23 MapStateStarted
25 24 MapIterationStarted
26 25 PassStateEntered
27 26 PassStateExited
28 27 MapIterationSucceeded
29 27 MapIterationStarted
30 29 PassStateEntered
31 30 PassStateExited
32 31 MapIterationSucceeded
33 31 MapIterationStarted
34 33 PassStateEntered
35 34 PassStateExited
36 35 MapIterationSucceeded
37 36 MapStateSucceeded
38 36 MapStateExited
39 38 MapIterationSucceeded
40 39 MapStateSucceeded
41 39 MapStateExited
42 41 ExecutionSucceeded
""")
"""scenarios/test_base_scenarios.py::test_map_state_nested, 2024-03-29; one iteration at once."""

MAP_EMPTY = _history("""
1 0 ExecutionStarted
2 0 PassStateEntered
3 2 PassStateExited
4 3 MapStateEntered
5 4 MapStateStarted
6 5 MapStateSucceeded
7 5 MapStateExited
8 7 ExecutionSucceeded
""")
"""scenarios/test_base_scenarios.py::test_map_state_items_input_array[empty], 2024-11-19."""

MAP_CAUGHT = _history("""
1 0 ExecutionStarted
2 0 PassStateEntered
3 2 PassStateExited
4 3 MapStateEntered
5 4 MapStateStarted
6 5 MapIterationStarted
7 6 FailStateEntered
8 7 MapIterationFailed
9 7 MapStateFailed
10 9 MapStateExited
11 10 PassStateEntered
12 11 PassStateExited
13 12 ExecutionSucceeded
""")
"""scenarios/test_base_scenarios.py::test_map_state_catch, 2023-07-18."""

MAP_RETRIED = _history("""
1 0 ExecutionStarted
2 0 PassStateEntered
3 2 PassStateExited
4 3 MapStateEntered
5 4 MapStateStarted
6 5 MapIterationStarted
7 6 FailStateEntered
8 7 MapIterationFailed
9 7 MapStateStarted
10 9 MapIterationStarted
11 10 FailStateEntered
12 11 MapIterationFailed
13 11 MapStateStarted
14 13 MapIterationStarted
15 14 FailStateEntered
16 15 MapIterationFailed
17 15 MapStateFailed
18 17 ExecutionFailed
""")
"""scenarios/test_base_scenarios.py::test_map_state_retry, 2023-07-18; two retries."""

MAP_ITEMS_NOT_A_LIST = _history("""
1 0 ExecutionStarted
2 0 MapStateEntered
3 0 EvaluationFailed
4 3 MapStateFailed
5 4 ExecutionFailed
""")
"""scenarios/test_base_scenarios.py::test_map_state_items_eval_jsonata_fail[number], 2024-11-19."""

MAP_INPUT_NOT_A_LIST = _history("""
1 0 ExecutionStarted
2 0 PassStateEntered
3 2 PassStateExited
4 3 MapStateEntered
5 3 EvaluationFailed
6 5 MapStateFailed
7 6 ExecutionFailed
""")
"""scenarios/test_base_scenarios.py::test_map_state_items_input_types[number], 2024-11-19."""

MAP_INPUT_NOT_A_LIST_CAUSE = (
    "An error occurred while executing the state 'MapIterateState' (entered at the event id #4). "
    "Map state input must be an array but was: 1"
)

MAP_OF_TASKS_TIMED_OUT = """
MapIterationFailed
TaskStateAborted
MapIterationAborted
TaskStateAborted
MapIterationAborted
TaskStateAborted
MapIterationAborted
TaskStateAborted
MapStateFailed
ExecutionFailed
""".split()
"""timeouts/test_timeouts.py::test_service_lambda_map_timeout, 2024-03-10: the end of the history of
four iterations at once, whose tasks all ran out of time. All but the last follow the same event."""

STOPPED = _history("""
1 0 ExecutionStarted
2 0 WaitStateEntered
3 0 ExecutionAborted
""")
"""test_sfn_api.py::test_stop_execution, 2024-05-06; the last event's details are empty."""

NESTED = _history("""
1 0 ExecutionStarted
2 0 TaskStateEntered
3 2 TaskScheduled
4 3 TaskStarted
5 4 TaskSubmitted
6 5 TaskSucceeded
7 6 TaskStateExited
8 7 ExecutionSucceeded
""")
"""callback/test_callback.py::test_start_execution_sync2, 2023-08-12."""

NESTED_SUCCESS_KEYS = [
    "ExecutionArn",
    "Input",
    "InputDetails",
    "Name",
    "Output",
    "OutputDetails",
    "RedriveCount",
    "RedriveStatus",
    "RedriveStatusReason",
    "StartDate",
    "StateMachineArn",
    "Status",
    "StopDate",
]
"""credentials/test_credentials_base.py::test_cross_account_states_start_sync_execution, 2024-12-04;
the recordings of 2023 lack the three of redrives. The order is that of the text."""

NESTED_FAILED = _history("""
1 0 ExecutionStarted
2 0 TaskStateEntered
3 2 TaskScheduled
4 3 TaskStarted
5 4 TaskSubmitted
6 5 TaskFailed
7 6 ExecutionFailed
""")
"""callback/test_callback.py::test_start_execution_sync_delegate_failure, 2023-07-05."""

NESTED_FAILURE_KEYS = [
    "Cause",
    "Error",
    "ExecutionArn",
    "Input",
    "InputDetails",
    "Name",
    "StartDate",
    "StateMachineArn",
    "Status",
    "StopDate",
]
"""The same: keys of the JSON text that is the cause, in the text's order; recorded before there
were redrives. Its input is a JSON text, and error and cause are the child's."""

NESTED_REFUSED = {
    "error": "StepFunctions.StateMachineDoesNotExistException",
    "cause": "State Machine Does Not Exist: '{arn}' (Service: AWSStepFunctions; Status Code: 400; "
    "Error Code: StateMachineDoesNotExist; Request ID: {request}; Proxy: null)",
}
"""error_handling/test_task_service_sfn.py::test_start_execution_no_such_arn, 2023-06-30."""

SDK_REFUSED = {
    "error": "Sfn.InvalidTokenException",
    "cause": "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, "
    "Request ID: {request}) (SDK Attempt Count: 1)",
}
"""services/test_aws_sdk_task_service.py::test_sfn_send_task_outcome_with_no_such_token,
2025-11-06."""

RESULT_TOO_LARGE = _history("""
1 0 ExecutionStarted
2 0 TaskStateEntered
3 2 TaskScheduled
4 3 TaskStarted
5 4 TaskFailed
""")
"""error_handling/test_states_errors.py, 2024-03-21,
test_service_task_lambada_data_limit_exceeded_on_large_utf8_response: of an optimized Lambda task,
so without TaskSubmitted."""

RESULT_TOO_LARGE_CAUSE = (
    "The state/task '{service}' returned a result with a size exceeding the maximum number of "
    "bytes service limit."
)
