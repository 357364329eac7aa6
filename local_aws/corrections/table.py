"""Everything of ministack that is put right: the one table, used to install, check and document."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.corrections import (
    states_choice,
    states_errors,
    states_execution,
    states_finish,
    states_history,
    states_jsonata,
    states_redrive,
    states_retry,
    states_run,
    states_sagemaker,
    states_task,
    states_walk,
)

STATES = "ministack.services.stepfunctions"


@dataclass(frozen=True)
class Correction:
    """One function of ministack that is replaced.

    Attributes:
        module: The module of ministack.
        name: The function in it, looked up there at every call.
        new: What takes its place; with `wraps`, a function that makes it from the original.
        why: What AWS does otherwise.
        test: The test that fails without it.
        wraps: Whether `new` is given the original.
    """

    module: str
    name: str
    new: Callable[..., Any]
    why: str
    test: str
    wraps: bool = False

    def exists(self) -> bool:
        """Whether ministack still has the function."""
        return hasattr(importlib.import_module(self.module), self.name)

    def install(self) -> None:
        """Replace the function."""
        module = importlib.import_module(self.module)
        new = self.new(getattr(module, self.name)) if self.wraps else self.new
        setattr(module, self.name, new)


CORRECTIONS = (
    Correction(
        STATES,
        "_run_execution",
        states_walk.run_execution,
        "No fixed delay; TimeoutSeconds of the machine; 256 KiB limit; whole context object",
        "test_an_execution_times_out",
    ),
    Correction(
        STATES,
        "_execute_task",
        states_task.execute_task,
        "Stop and timeouts reach a running task; Credentials; its events in the history",
        "test_stop_execution_stops_the_training_job",
    ),
    Correction(
        STATES,
        "_with_retry_and_catch",
        states_retry.with_retry_and_catch,
        "MaxDelaySeconds, JitterStrategy, delays over 60 s; Catch fields named in errors",
        "test_retry",
    ),
    Correction(
        STATES,
        "_error_matches",
        states_errors.error_matches,
        "States.ALL matches neither States.Runtime nor States.DataLimitExceeded",
        "test_all_does_not_catch_runtime",
    ),
    Correction(
        STATES,
        "_scaled_sleep",
        states_run.scaled_sleep,
        "Wait states and retry delays end with the execution",
        "test_stop_execution_ends_a_wait",
    ),
    Correction(
        STATES,
        "_add_event",
        states_history.add_event,
        "previousEventId",
        "test_history",
    ),
    Correction(
        STATES,
        "_fail_execution",
        states_finish.fail_execution,
        "A stopped execution stays ABORTED; a failed one has no output",
        "test_failed_has_no_output",
    ),
    Correction(
        STATES,
        "_evaluate_jsonata",
        states_jsonata.evaluate_expression,
        "The context object has no private keys; AWS's error texts; EvaluationFailed",
        "test_jsonata",
    ),
    Correction(
        STATES,
        "_apply_jsonata_arguments",
        states_jsonata.arguments,
        "Errors name the field",
        "test_jsonata",
    ),
    Correction(
        STATES,
        "_apply_jsonata_output",
        states_jsonata.output,
        "Errors name the field",
        "test_jsonata",
    ),
    Correction(
        STATES,
        "_apply_state_assign",
        states_jsonata.assign,
        "All expressions of an Assign see the old values",
        "test_assign_sees_old_values",
    ),
    Correction(
        STATES,
        "_jsonata_state_field",
        states_jsonata.typed,
        "Errors name the field and the expression",
        "test_jsonata",
    ),
    Correction(
        STATES,
        "_execute_choice",
        states_choice.corrected,
        "A Condition that is not boolean is an error; Output of the Default way",
        "test_choice",
        wraps=True,
    ),
    Correction(
        STATES,
        "_invoke_aws_sdk_integration",
        states_sagemaker.invoke_aws_sdk,
        "aws-sdk:sagemaker:*",
        "test_aws_sdk",
        wraps=True,
    ),
    Correction(
        STATES,
        "_start_execution",
        states_execution.start_execution,
        "Idempotent starts; names and input are checked; version and alias pin the definition",
        "test_start",
    ),
    Correction(
        STATES,
        "_stop_execution",
        states_execution.stop_execution,
        "Ends whatever the execution waits for",
        "test_stop_execution_stops_the_training_job",
    ),
    Correction(
        STATES,
        "_describe_execution",
        states_execution.describe_execution,
        "No output on failure; redrive facts; version and alias",
        "test_describe",
    ),
    Correction(
        STATES,
        "handle_request",
        states_redrive.with_redrive,
        "RedriveExecution",
        "test_redrive",
        wraps=True,
    ),
)
