"""Nested executions: `states:startExecution`, and with `.sync` or `.sync:2` their end.

ministack runs a nested execution on the caller's thread, without a history that others see, without
version, alias or events, and tells its failure in words of its own.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

import contextlib
import json
import logging
import threading
from datetime import datetime
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution import run as states_run
from local_aws.corrections.states.execution.run import Ended, Run, TaskTimedOut
from local_aws.corrections.states.integrations import permissions as states_permissions
from local_aws.corrections.states.integrations.sdk_errors import STEP_FUNCTIONS
from local_aws.corrections.states.integrations.task import Task
from local_aws.faults.plan import LoseExecution, RejectStart
from local_aws.faults.store import FAULTS

_logger = logging.getLogger("states")
START_EXECUTION = "arn:aws:states:::states:startExecution"
SYNC = f"{START_EXECUTION}.sync"
_FIELDS = {"StateMachineArn", "Name", "Input", "TraceHeader"}


def check_fields(arguments: Any, ctx: dict[str, Any]) -> None:
    """Refuse a request with a field that StartExecution does not have, or without a state machine.

    Raises:
        _ExecutionError: States.Runtime, which nothing catches.
    """
    given = arguments if isinstance(arguments, dict) else {}
    problems = [
        f'The field "{name}" is not supported by Step Functions'
        for name in given
        if name not in _FIELDS
    ]
    if not isinstance(given.get("StateMachineArn"), str):
        problems.append('The field "StateMachineArn" is required but was missing')
    if problems:
        raise states_errors.parameters_error(arguments, problems, ctx)


def execute(run: Run, task: Task) -> dict[str, Any]:
    """Start an execution, wait for its end, and stop it when nobody awaits it any more.

    Returns:
        The child's description: its input and output are JSON texts with `.sync`, and JSON values
        with `.sync:2`.

    Raises:
        _ExecutionError: StepFunctions.* when the child is refused, States.TaskFailed with its
            description as the cause when it does not succeed.
        Ended: The parent ended first.
        TaskTimedOut: The task took too long.
    """
    started = start(task.resource, task.arguments)
    arn = started["ExecutionArn"]
    child = states._executions[arn]
    lost = FAULTS.take(arn.rpartition(":")[2], LoseExecution)
    if lost and not lost.after_seconds:
        raise STEP_FUNCTIONS.optimized_error(lost.error, lost.message, lost.status)
    try:
        run.check()
        history.task_event(
            run.execution, task.resource, "TaskSubmitted", output=history.text(started)
        )
        with states_run.end_of(arn) as over:
            if child["status"] == "RUNNING" and lost:
                _lose(run, over, lost)
            elif child["status"] == "RUNNING":
                run.wait_for(over, task.deadline)
    except (Ended, TaskTimedOut):
        _stop(task.role_arn, arn)
        raise
    states_permissions.check_execution(task.role_arn, "DescribeExecution", arn)
    document = _description(arn, parsed=task.resource.endswith(":2"))
    if document["Status"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", history.text(document))
    return document


def start(resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Start an execution and return at once; the signature is ministack's.

    Raises:
        _ExecutionError: StepFunctions.*, named and worded by the AWS SDK for Java 1.
    """
    del resource
    refused = FAULTS.take(str(arguments.get("Name", "")), RejectStart)
    if refused:
        raise STEP_FUNCTIONS.optimized_error(refused.error, refused.message, refused.status)
    status, _, body = states._start_execution(_request(arguments))
    answer = json.loads(body)
    if status >= 400:
        raise STEP_FUNCTIONS.optimized_error(answer["__type"], answer["message"], status)
    return {
        "ExecutionArn": answer["executionArn"],
        "StartDate": _milliseconds(answer["startDate"]),
    }


def _lose(run: Run, over: threading.Event, fault: LoseExecution) -> None:
    """Wait for the child's end, but no longer than the fault says."""
    with contextlib.suppress(TaskTimedOut):
        run.wait_for(over, run.clock() + fault.after_seconds)
        return
    raise STEP_FUNCTIONS.optimized_error(fault.error, fault.message, fault.status)


def _request(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the request of StartExecution: text is sent as it is, any other input as JSON."""
    given = arguments.get("Input")
    text = given if isinstance(given, str) else history.text({} if given is None else given)
    return {
        "stateMachineArn": arguments["StateMachineArn"],
        "name": arguments.get("Name"),
        "input": text,
    }


def _description(arn: str, *, parsed: bool) -> dict[str, Any]:
    """Return DescribeExecution as `.sync` writes it: in capitals, sorted, in milliseconds."""
    described = json.loads(states._describe_execution({"executionArn": arn})[2])
    for name in ("startDate", "stopDate"):
        described[name] = _milliseconds(described[name])
    for name in ("inputDetails", "outputDetails"):
        if name in described:
            described[name] = {"Included": described[name]["included"]}
    if parsed:
        for name in ("input", "output"):
            if name in described:
                described[name] = json.loads(described[name])
    return {name[0].upper() + name[1:]: described[name] for name in sorted(described)}


def _stop(role_arn: str, arn: str) -> None:
    """Stop a child that nobody awaits any more: a best effort, as on AWS."""
    try:
        states_permissions.check_execution(role_arn, "StopExecution", arn)
    except states._ExecutionError as error:
        _logger.warning("The execution %s was not stopped: %s", arn, error.cause)
        return
    states._stop_execution({"executionArn": arn})


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
