"""LocalStack's interpreter of the Amazon States Language, in a world of one's own.

What is replaced of the interpreter, and nothing else: its evaluator of JSONata, a port to Java, by
the reference; the clients of AWS services, the clock and all waiting, by the world; and the task
sagemaker:createTrainingJob.sync, which it lacks. Nor has it a redrive: that is a new environment,
which begins with the state that the last one ended in, its input and its variables. In a Map that
is so for each iteration that has not ended; the outputs of the others are kept.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

if TYPE_CHECKING:
    from tools.reference_jsonata import ReferenceJsonata
    from tools.second_engine.sweeps.world import SweepWorld
    from tools.second_engine.world import World

# The interpreter imports these for its own JSONata and for AWS Batch.
_UNUSED = ("jpype", "jpype.imports", "moto", "moto.batch", "moto.batch.utils")
sys.modules.update(dict.fromkeys(_UNUSED, MagicMock()))


def _asl(name: str) -> Any:
    return import_module(f"localstack.services.stepfunctions.asl.{name}")


_TASK = "component.state.state_execution.state_task"
_ends, _failures = _asl("eval.program_state"), _asl("component.common.error_name.failure_event")
_sdk = _asl(f"{_TASK}.service.state_task_service_aws_sdk")
_nested = _asl(f"{_TASK}.service.state_task_service_sfn")
_other = _asl(f"{_TASK}.service.state_task_service_unsupported")
_Forwarded: Any = _other.StateTaskServiceUnsupported
_map = "component.state.state_execution.state_map.iteration"
_worker = _asl(f"{_map}.iteration_worker").IterationWorker
_state = _asl("component.state.state").CommonStateField
_executed = _asl("component.state.state_execution.execute_state").ExecutionState

logging.disable()  # it logs each error that a state catches
_sdk._SERVICE_ERROR_NAMES["sagemaker"] = "SageMaker"  # else it reads every service's model for it

ACCOUNT, REGION = "123456789012", "us-east-1"
EXECUTIONS = f"arn:aws:states:{REGION}:{ACCOUNT}:execution"
MACHINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/RlTrainingStateMachine"


Entered = tuple[str, Any, dict[str, Any]]
"""A state that was entered: its name, input and variables."""


@dataclass(frozen=True)
class Output:
    """What an iteration put out."""

    value: Any


@dataclass(frozen=True)
class Fault(Exception):
    """An error of a call.

    Attributes:
        code: The service's name for it; with a dot, the name that the state sees.
        message: Its words, or the cause that the state sees.
        done: Whether the call has its effect all the same.
        stops: Whether Step Functions stops the job, as when the task that awaits it times out.
    """

    code: str
    message: str | None = "a message"
    done: bool = False
    stops: bool = False


class Execution:
    """One execution: started, and redriven, in a world.

    Attributes:
        arn: Its ARN.
        entered: Name, input and variables of each state entered, but of those of iterations.
        stopped: Whether somebody has stopped it.
        iterations: By the index, what an iteration of the Map that runs has entered last, or its
            output.
        evaluations: How many expressions were evaluated.
        mishaps: What went wrong in the interpreter or here, which it takes for States.Runtime.
    """

    running: Execution  # the interpreter's replaced parts serve one at a time

    def __init__(
        self,
        definition: dict[str, Any],
        given: Any,
        world: World | SweepWorld,
        reference: ReferenceJsonata,
        *,
        arn: str = f"{EXECUTIONS}:RlTraining:second",
    ) -> None:
        self.arn, self._machine, name = arn, *arn.split(":")[-2:]
        self.entered: list[Entered] = []
        self.iterations: dict[int, Entered | Output] = {}
        self._redriven = self.stopped = False
        self.evaluations, self.mishaps = 0, list[Exception]()
        self.world, self.reference = world, reference
        self._program = _parsed(json.dumps(definition))
        self._start: Entered = (definition["StartAt"], given, {})
        self._execution = {
            "Id": arn,
            "Input": given,
            "Name": name,
            "RoleArn": MACHINE_ROLE,
            "StartTime": world.now(),
            "RedriveCount": -1,
        }

    def run(self) -> tuple[str, str]:
        """Start or redrive it; return SUCCEEDED, ABORTED, TIMED_OUT or its error, and its words."""
        Execution.running = self
        self._execution["RedriveCount"] += 1
        self._redriven, self.stopped = bool(self.entered), False
        if self._redriven:
            self._execution["RedriveTime"] = self.world.now()
        first, value, variables = (self.entered or [self._start])[-1]
        self._program.start_at.start_at_name = first
        self.environment = _asl("eval.environment").Environment(
            _asl("eval.evaluation_details").AWSExecutionDetails(ACCOUNT, REGION, MACHINE_ROLE),
            "STANDARD",
            {"Execution": self._execution, "StateMachine": {"Id": self.arn, "Name": self._machine}},
            _asl("eval.event.event_manager").EventHistoryContext.of_program_start(),
            cloud_watch_logging_session=None,
            activity_store={},
            variable_store=_asl("eval.variable_store").VariableStore(variables),
        )
        self.environment.states.reset(value)
        self._program.eval(self.environment)
        if self.stopped:  # a Map makes an error of it
            return "ABORTED", ""
        match self.environment.program_state():
            case _ends.ProgramEnded():
                return "SUCCEEDED", json.dumps(self.environment.states.get_input())
            case _ends.ProgramError(error=error):
                return error["error"], error.get("cause") or ""
        return "TIMED_OUT", ""

    def enter(self, entered: Entered, index: int | None) -> None:
        """Note that a state is entered, of an iteration if there is an index."""
        if index is not None:
            self.iterations[index] = entered
            return
        self.entered.append(entered)
        if not self._redriven:
            self.iterations = {}
        self._redriven = False

    def stop(self) -> None:
        """Stop it, as StopExecution does."""
        self.stopped = True
        self.environment.set_stop(stop_date=None, cause=None, error=None)

    def report(self, token: str, error: str, cause: str) -> None:
        """Fail the task that has this token."""
        outcome = _asl("eval.callback.callback").CallbackOutcomeFailure(token, error, cause)
        if not self.environment.callback_pool_manager.notify(token, outcome):
            raise Fault("InvalidToken", "Invalid token")

    def failure(self, error: str, cause: str | None) -> Exception:
        """Return the exception with which the interpreter fails the state that runs."""
        names = _asl("component.common.error_name.states_error_name").StatesErrorName.from_name
        name = (
            names
            if error.startswith("States.")
            else _asl("component.common.error_name.error_name").ErrorName
        )
        event = {"taskFailedEventDetails": {"error": error, "cause": cause}}
        made = _failures.FailureEvent(self.environment, name(error), "TaskFailed", event)
        return _failures.FailureEventException(made)  # type: ignore[no-any-return]


@cache
def _parsed(definition: str) -> Any:
    return _asl("parse.asl_parser").AmazonStateLanguageParser.parse(definition)[0]


# --- what is replaced ----------------------------------------------------------------------------


_lock = threading.RLock()  # iterations run in threads


def _enter(self: Any, env: Any, enter: Any = _state._eval_body) -> None:
    with _lock:
        variables = copy.deepcopy(env.variable_store._inner_scope)
        item = env.states.context_object.context_object_data.get("Map", {}).get("Item", {})
        Execution.running.enter((self.name, env.states.get_input(), variables), item.get("Index"))
    enter(self, env)


def _iterate(self: Any, env: Any, job: Any, iterate: Any = _worker._eval_job) -> None:
    """Run an iteration: of a Map that was redriven, go on where the last one ended."""
    kept = Execution.running.iterations.get(job.job_index)
    if isinstance(kept, Output):
        job.job_output = kept.value
        return
    if kept:
        name, job.job_input, variables = kept
        job.job_program = copy.copy(job.job_program)
        job.job_program.start_at = SimpleNamespace(start_at_name=name)
        for variable, value in variables.items():
            env.variable_store.set(variable, value)
    iterate(self, env, job)
    if not isinstance(job.job_output, Exception):
        Execution.running.iterations[job.job_index] = Output(job.job_output)


def _from_error(self: Any, env: Any, ex: Exception, known: Any = _executed._from_error) -> Any:
    running = Execution.running
    if not (isinstance(ex, _failures.FailureEventException) or running.stopped):
        running.mishaps.append(ex)
    return known(self, env, ex)


def _jsonata(self: Any, env: Any) -> None:
    running, always = Execution.running, ("input", "context")
    data, variables = env.states._states_data.items(), env.variable_store
    seen = {name: value for name, value in data if value is not None or name in always}
    known = variables._outer_scope | variables._inner_scope
    with _lock:
        running.evaluations += 1
        said = running.reference.evaluate(self.expression, seen, known)
    if "value" not in said:
        what = said.get("message", "returned nothing (undefined).")
        message = f"The JSONata expression '{self.expression}' {what}"
        raise running.failure("States.QueryEvaluationError", message)
    env.stack.append(said["value"])


class _Client:
    """A client of any service, whose calls the world answers."""

    def __init__(self, service: str, state_credentials: Any, **_: Any) -> None:
        self._service, self._role = service, state_credentials.role_arn

    def __getattr__(self, action: str) -> Any:
        return lambda **given: _answered(self._service, action, given, self._role)


def _answered(service: str, action: str, given: dict[str, Any], role: str) -> Any:
    """Return the world's answer; raise its faults as boto3 and the interpreter name them."""
    try:
        with _lock:
            return Execution.running.world.call(action, given, role)
    except Fault as fault:
        if fault.code == "States.Timeout":
            raise TimeoutError from None
        if "." in fault.code:
            raise Execution.running.failure(fault.code, fault.message) from None
        shapes = _asl(f"{_TASK}.service.state_task_service").load_service(service).error_shapes
        modelled = fault.code in {shape.name for shape in shapes}
        kind = type(fault.code if modelled else "ClientError", (_sdk.ClientError,), {})
        metadata = {"HTTPStatusCode": 400, "RequestId": "a-request"}
        error = {"Code": fault.code, "Message": fault.message}
        raise kind({"Error": error, "ResponseMetadata": metadata}, action) from None


class _Awaiting(_Client):
    """The client of a task that awaits an execution that it has started."""

    def __getattr__(self, action: str) -> Any:
        return super().__getattr__(action.replace("describe_", "await_"))


class _CreateTrainingJob(_Forwarded):  # type: ignore[misc]
    """The task sagemaker:createTrainingJob.sync, with its errors as AWS documents them.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
    """

    def __init__(self) -> None:
        super(_Forwarded, self).__init__({"sync"})

    def _build_sync_resolver(self, *, normalised_parameters: Any, **_: Any) -> Any:
        return lambda: _answered("sagemaker", "await_job", normalised_parameters, MACHINE_ROLE)

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, _sdk.ClientError):
            code, words = ex.response["Error"]["Code"], ex.response["Error"]["Message"]
            name = "AmazonSageMaker" if type(ex).__name__ == "ClientError" else code
            more = f"Service: AmazonSageMaker; Status Code: 400; Error Code: {code}; Proxy: null"
            ex = Execution.running.failure(f"SageMaker.{name}Exception", f"{words} ({more})")
        return super()._from_error(env=env, ex=ex)


def _wait(seconds: float) -> None:
    with _lock:
        Execution.running.world.wait(seconds)


def _now() -> str:
    with _lock:
        return Execution.running.world.now()


_state._eval_body, _executed._from_error = _enter, _from_error
_worker._eval_job = _iterate
_asl("component.common.string.string_expression").StringJSONata._eval_body = _jsonata
_clock = SimpleNamespace(now=lambda **_: SimpleNamespace(isoformat=_now))
_asl("component.state.state").datetime = SimpleNamespace(UTC=None, datetime=_clock)
_wait_function = _asl("component.state.state_wait.wait_function.wait_function").WaitFunction
_wait_function._wait_interval = lambda _, wait_seconds, **__: _wait(wait_seconds)
_asl("component.common.retry.retrier_decl").time = SimpleNamespace(sleep=_wait)
for _module in (_asl(f"{_TASK}.lambda_eval_utils"), _sdk, _other):
    _module.boto_client_for = _Client
_nested.boto_client_for = _Awaiting
_asl(f"{_TASK}.service.state_task_service_factory").StateTaskServiceUnsupported = _CreateTrainingJob
