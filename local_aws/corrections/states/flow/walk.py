"""Walking an execution from state to state.

Takes the place of ministack's loop, which sleeps 150 ms first, runs the newest definition whatever
version was started, knows no timeout, and cannot begin in the middle as a redrive must.
https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
"""

import json
import logging
import time
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import finish as states_finish
from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution import run as states_run
from local_aws.corrections.states.execution.run import Ended, Run

_logger = logging.getLogger("states")
_WITH_EXECUTION = {"Task", "Parallel", "Map"}
_HANDLERS = {
    "Pass": "_execute_pass",
    "Task": "_execute_task",
    "Choice": "_execute_choice",
    "Wait": "_execute_wait",
    "Parallel": "_execute_parallel",
    "Map": "_execute_map",
}
RESUME = "resume"
"""Key of an execution's record: the position of its walk, for a redrive."""


def prepare(execution: dict[str, Any]) -> None:
    """Make an execution ready to be walked, under the definition and role pinned at its start."""
    pinned = execution.get("pinned") or states._state_machines[execution["stateMachineArn"]]
    try:
        definition = json.loads(pinned["definition"])
        start = {
            "state": definition["StartAt"],
            "input": json.loads(execution["input"]),
            "variables": {},
        }
    except (KeyError, ValueError) as error:
        states_finish.fail_execution(execution, "States.Runtime", f"Invalid definition: {error}")
        return
    execution.setdefault(RESUME, start)
    timeout = definition.get("TimeoutSeconds")
    run = Run(
        execution=execution,
        definition=definition,
        role_arn=pinned["roleArn"],
        position=execution[RESUME],
        time_out=lambda: states_finish.time_out(execution),
        deadline=None if timeout is None else time.monotonic() + timeout,
    )
    states_run.begin(run)


def run_execution(execution_arn: str) -> None:
    """Walk a prepared execution to its end, on the calling thread."""
    execution = states._executions.get(execution_arn)
    if execution is not None and execution.get("sync"):  # ministack's StartSyncExecution
        prepare(execution)
    run = states_run.claim(execution_arn)
    if run is None:
        return
    token = states_run.CURRENT.set(run)
    history.chain_from(0)
    try:
        states_finish.succeed(run.execution, walk(run, _context(run)))
    except Ended:
        pass
    except states._ExecutionError as error:
        _fail(run, error.error, error.cause)
    except Exception as error:  # a fault of the engine must not leave an execution running
        _logger.exception("Unexpected error in execution %s", execution_arn)
        _fail(run, "States.Runtime", str(error))
    finally:
        states_run.CURRENT.reset(token)
        states_run.forget(run)


def walk(run: Run, ctx: dict[str, Any]) -> Any:
    """Go from the state that the run is in to the end; return the output.

    Args:
        run: The walk; its position is kept for a redrive.
        ctx: The context object; it takes the variables of the position.

    Raises:
        _ExecutionError: A state failed.
        Ended: The execution ended first.
    """
    position = run.position
    ctx["variables"] = dict(position["variables"])
    while True:
        run.check()
        value, name = _step(run, position["state"], position["input"], ctx)
        if name is None:
            return value
        position.clear()
        position.update(state=name, input=value, variables=dict(ctx["variables"]))


def _step(run: Run, name: str, value: Any, ctx: dict[str, Any]) -> tuple[Any, str | None]:
    """Enter one state, do its work, and leave it; return its output and the next state's name."""
    state_def = run.definition["States"][name]
    state_type = state_def.get("Type")
    ctx["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
    ctx["entered"] = history.entered(run.execution, name, state_type, value)
    ctx["assigned"] = {}
    if state_type == "Fail":
        raise states._ExecutionError(*states._fail_state_error(state_def, value, ctx))
    output, target = _execute(run, state_type, state_def, value, ctx)
    states_errors.check_size(output, name, ctx)
    run.check()
    history.exited(run.execution, name, state_type, output, ctx["assigned"])
    return output, target


def _execute(
    run: Run, state_type: str, state_def: dict[str, Any], value: Any, ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Do the state's own work; functions are looked up by name, since most are ministack's."""
    if state_type == "Succeed":
        return _succeed(state_def, value, ctx), None
    handler = getattr(states, _HANDLERS[state_type])
    if state_type in _WITH_EXECUTION:
        output, target = handler(state_def, value, run.execution, ctx)
    else:
        output, target = handler(state_def, value, ctx)
    return output, target


def _succeed(state_def: dict[str, Any], value: Any, ctx: dict[str, Any]) -> Any:
    """Return a Succeed state's output; ministack ignores its Output in JSONata.

    https://docs.aws.amazon.com/step-functions/latest/dg/state-succeed.html
    """
    if states._state_query_language(state_def, ctx) == "JSONata":
        return states._apply_jsonata_output(state_def, value, ctx, default=value)
    effective = states._apply_input_path(state_def, value, ctx)
    return states._apply_output_path(state_def, effective, ctx)


def _context(run: Run) -> dict[str, Any]:
    """Return the context object, with ministack's own keys beside it.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    execution = run.execution
    return {
        "QueryLanguage": run.definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": json.loads(execution["input"]),
            "Name": execution["name"],
            "RoleArn": run.role_arn,
            "StartTime": execution["startDate"],
            "RedriveCount": execution.get("redriveCount", 0),
            **({"RedriveTime": execution["redriveDate"]} if "redriveDate" in execution else {}),
        },
        "StateMachine": {
            "Id": execution["stateMachineArn"],
            "Name": execution["stateMachineArn"].split(":")[6],
        },
    }


def _fail(run: Run, error: str, cause: str) -> None:
    if not run.ended.is_set():
        states_finish.fail_execution(run.execution, error, cause)
