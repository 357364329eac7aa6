"""LocalStack's interpreter of the Amazon States Language, in a world of one's own.

What is replaced of the interpreter, and nothing else: its evaluator of JSONata, a port to Java, by
the reference; the clients of AWS services, the clock and all waiting, by the world; and the task
sagemaker:createTrainingJob.sync, which it lacks. Nor has it a redrive: that is a new environment,
which begins with the state that the last one ended in, its input and its variables.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Protocol
from unittest.mock import MagicMock

from tools.reference_jsonata import ReferenceJsonata

# The interpreter imports these for its own JSONata and for AWS Batch.
_UNUSED = ("jpype", "jpype.imports", "moto", "moto.batch", "moto.batch.utils")
sys.modules.update(dict.fromkeys(_UNUSED, MagicMock()))


def _asl(name: str) -> Any:
    return import_module(f"localstack.services.stepfunctions.asl.{name}")


_TASK = "component.state.state_execution.state_task"
_callback = _asl("eval.callback.callback")
_ends = _asl("eval.program_state")
_error_name = _asl("component.common.error_name.error_name").ErrorName
_failure = _asl("component.common.error_name.failure_event")
_lambda = _asl(f"{_TASK}.lambda_eval_utils")
_other = _asl(f"{_TASK}.service.state_task_service_unsupported")
_sdk = _asl(f"{_TASK}.service.state_task_service_aws_sdk")
_state = _asl("component.state.state")
_states_error_name = _asl("component.common.error_name.states_error_name").StatesErrorName

logging.disable()  # it logs each error that a state catches
_sdk._SERVICE_ERROR_NAMES["sagemaker"] = "SageMaker"  # else it reads every service's model for it

ACCOUNT, REGION = "123456789012", "us-east-1"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:RlTraining:second"
MACHINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/RlTrainingStateMachine"


class ServiceFault(Exception):
    """The error of a service's call, by the service's own name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TaskFault(Exception):
    """An error of a task, by the name that its state sees."""

    def __init__(self, error: str, cause: str | None) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


class World(Protocol):
    """What is outside the state machine."""

    started_at: str

    def now(self) -> str:
        """Return the time as Step Functions writes it."""

    def wait(self, seconds: float) -> None:
        """Let time pass, in a Wait state or before a retry."""

    def call(self, action: str, parameters: dict[str, Any], role: str) -> dict[str, Any]:
        """Answer the call of a service; raises ServiceFault, TaskFault or TimeoutError."""

    def await_job(self, name: str) -> dict[str, Any]:
        """Return the description with which `.sync` ends; raises TaskFault or TimeoutError."""


class Execution:
    """One execution: started, and redriven, in a world.

    Attributes:
        entered: name, input and variables of each state entered.
        evaluations: how many expressions were evaluated.
    """

    running: Execution  # the interpreter's replaced parts serve one at a time

    def __init__(
        self, definition: dict[str, Any], given: Any, world: World, reference: ReferenceJsonata
    ) -> None:
        self.entered: list[tuple[str, Any, dict[str, Any]]] = [(definition["StartAt"], given, {})]
        self.evaluations, self._redrives = 0, 0
        self._program = _parsed(json.dumps(definition))
        self._given, self.world, self.reference = given, world, reference

    def run(self) -> tuple[str, str]:
        """Run to the end; return SUCCEEDED, ABORTED, TIMED_OUT or an error, and what it says."""
        Execution.running = self
        self._program.start_at.start_at_name, value, variables = self.entered[-1]
        self._environment = _asl("eval.environment").Environment(
            _asl("eval.evaluation_details").AWSExecutionDetails(ACCOUNT, REGION, MACHINE_ROLE),
            "STANDARD",
            {"Execution": self._context(), "StateMachine": {"Id": EXECUTION, "Name": "RlTraining"}},
            _asl("eval.event.event_manager").EventHistoryContext.of_program_start(),
            cloud_watch_logging_session=None,
            activity_store={},
            variable_store=_asl("eval.variable_store").VariableStore(variables),
        )
        self._environment.states.reset(value)
        self._program.eval(self._environment)
        self._redrives += 1
        match self._environment.program_state():
            case _ends.ProgramEnded():
                return "SUCCEEDED", json.dumps(self._environment.states.get_input())
            case _ends.ProgramError(error=error):
                return error["error"], error.get("cause") or ""
            case _ends.ProgramStopped():
                return "ABORTED", ""
        return "TIMED_OUT", ""

    def _context(self) -> dict[str, Any]:
        return {
            "Id": EXECUTION,
            "Input": self._given,
            "Name": "second",
            "RoleArn": MACHINE_ROLE,
            "StartTime": self.world.started_at,
            "RedriveCount": self._redrives,
        }

    def end(self, status: str) -> None:
        """End it from outside, ABORTED or TIMED_OUT."""
        if status == "ABORTED":
            self._environment.set_stop(stop_date=None, cause=None, error=None)
        else:
            self._environment.set_timed_out()

    def report(self, token: str, error: str, cause: str) -> None:
        """Fail the task that has this token."""
        outcome = _callback.CallbackOutcomeFailure(token, error, cause)
        if not self._environment.callback_pool_manager.notify(token, outcome):
            raise ServiceFault("InvalidToken", "Invalid token")

    def failure(self, error: str, cause: str | None) -> Exception:
        """Return the exception with which the interpreter fails the state that runs."""
        name = _states_error_name.from_name if error.startswith("States.") else _error_name
        details = {"error": error} | ({} if cause is None else {"cause": cause})
        event = {"taskFailedEventDetails": details}
        made = _failure.FailureEvent(self._environment, name(error), "TaskFailed", event)
        return _failure.FailureEventException(made)  # type: ignore[no-any-return]


@cache
def _parsed(definition: str) -> Any:
    return _asl("parse.asl_parser").AmazonStateLanguageParser.parse(definition)[0]


# --- what is replaced ----------------------------------------------------------------------------


def _entering(self: Any, env: Any) -> None:
    variables = copy.deepcopy(env.variable_store._inner_scope)
    Execution.running.entered.append((self.name, env.states.get_input(), variables))
    _enter(self, env)


def _jsonata(self: Any, env: Any) -> None:
    running = Execution.running
    running.evaluations += 1
    seen = {
        name: value
        for name, value in env.states._states_data.items()
        if value is not None or name in ("input", "context")
    }
    said = running.reference.evaluate(self.expression, seen, env.variable_store._inner_scope)
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
        def call(**parameters: Any) -> Any:
            running = Execution.running
            try:
                return running.world.call(action, parameters, self._role)
            except TaskFault as fault:
                raise running.failure(fault.error, fault.cause) from None
            except ServiceFault as fault:
                raise self._client_error(action, fault) from None

        return call

    def _client_error(self, action: str, fault: ServiceFault) -> Exception:
        """Return what boto3 raises: by the name of the fault's shape, if the model has one."""
        shapes = _asl(f"{_TASK}.service.state_task_service").load_service(self._service).error_shapes
        modelled = fault.code in {shape.name for shape in shapes}
        answer = {
            "Error": {"Code": fault.code, "Message": str(fault)},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "a-request"},
        }
        kind = type(fault.code if modelled else "ClientError", (_sdk.ClientError,), {})
        return kind(answer, action)  # type: ignore[no-any-return]


class _AwaitedTrainingJob(_other.StateTaskServiceUnsupported):  # type: ignore[misc]
    """The task sagemaker:createTrainingJob.sync, with its errors as AWS documents them.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
    """

    def __init__(self) -> None:
        super(_other.StateTaskServiceUnsupported, self).__init__({"sync"})

    def _build_sync_resolver(self, env: Any, part: Any, normalised_parameters: Any, by: Any) -> Any:
        running = Execution.running

        def resolve() -> Any:
            try:
                return running.world.await_job(normalised_parameters["TrainingJobName"])
            except TaskFault as fault:
                raise running.failure(fault.error, fault.cause) from None

        return resolve

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, _sdk.ClientError):
            code, words = ex.response["Error"]["Code"], ex.response["Error"]["Message"]
            known = type(ex).__name__ != "ClientError"
            name = f"SageMaker.{code if known else 'AmazonSageMaker'}Exception"
            detail = f"Status Code: 400; Error Code: {code}; Request ID: a-request; Proxy: null"
            cause = f"{words} (Service: AmazonSageMaker; {detail})"
            ex = Execution.running.failure(name, cause)
        return super()._from_error(env=env, ex=ex)


_enter = _state.CommonStateField._eval_body
_state.CommonStateField._eval_body = _entering
_clock = SimpleNamespace(isoformat=lambda: Execution.running.world.now())
_state.datetime = SimpleNamespace(UTC=None, datetime=SimpleNamespace(now=lambda tz: _clock))
_asl("component.common.string.string_expression").StringJSONata._eval_body = _jsonata
_wait = _asl("component.state.state_wait.wait_function.wait_function").WaitFunction
_wait._wait_interval = lambda self, env, wait_seconds: Execution.running.world.wait(wait_seconds)
_retrier = _asl("component.common.retry.retrier_decl")
_retrier.time = SimpleNamespace(sleep=lambda seconds: Execution.running.world.wait(seconds))
for _module in (_lambda, _sdk, _other):
    _module.boto_client_for = lambda service, region, state_credentials: _Client(
        service, state_credentials
    )
_asl(f"{_TASK}.service.state_task_service_factory").StateTaskServiceUnsupported = _AwaitedTrainingJob
