"""Everything of ministack that is put right: the one table, used to install, check and document.

One row a correction, and nothing else: it is as long as there are differences.
"""

import importlib
from dataclasses import dataclass
from typing import Any

from local_aws.corrections import lambda_errors
from local_aws.corrections.cloudformation import change_sets as cloudformation_change_sets
from local_aws.corrections.cloudformation import custom as cloudformation_custom
from local_aws.corrections.cloudformation import eks as cloudformation_eks
from local_aws.corrections.cloudformation import network as cloudformation_network
from local_aws.corrections.cloudformation import states as cloudformation_states
from local_aws.corrections.iam import context as iam_context
from local_aws.corrections.states.api import definition as states_definition
from local_aws.corrections.states.api import executions as states_execution
from local_aws.corrections.states.api import machine_role as states_machine_role
from local_aws.corrections.states.api import redrive as states_redrive
from local_aws.corrections.states.api import status_event as states_status_event
from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import run as states_run
from local_aws.corrections.states.expressions import jsonata as states_jsonata
from local_aws.corrections.states.flow import choice as states_choice
from local_aws.corrections.states.flow import inline_map as states_map
from local_aws.corrections.states.flow import retry as states_retry
from local_aws.corrections.states.flow import task_state as states_task
from local_aws.corrections.states.flow import walk as states_walk
from local_aws.corrections.states.integrations import nested as states_nested
from local_aws.corrections.states.integrations import sdk_errors as states_sdk_errors

STATES = "ministack.services.stepfunctions"


IAM_ACTIONS = "ministack.core.iam_actions"
IAM_EVALUATOR = "ministack.core.iam_evaluator"
LAMBDA = "ministack.services.lambda_svc"
CLOUDFORMATION = "ministack.services.cloudformation.provisioners"
CLOUDFORMATION_ACTIONS = "ministack.services.cloudformation.handlers"


@dataclass(frozen=True)
class Correction:
    """One thing of ministack that is replaced.

    Attributes:
        module: The module of ministack.
        name: The function in it, or the entry of a registry in it as `registry[entry]`; ministack
            looks both up at every call.
        new: What takes its place; with `wraps`, a function that makes it from the original.
        why: What AWS does otherwise.
        test: The test that fails without it.
        wraps: Whether `new` is given the original.
    """

    module: str
    name: str
    new: Any
    why: str
    test: str
    wraps: bool = False

    def exists(self) -> bool:
        """Whether ministack still has what is replaced; new entries need only their registry."""
        holder, key = self._place()
        return holder is not None and (key in holder or ("[" in self.name and not self.wraps))

    def install(self) -> None:
        """Replace it."""
        holder, key = self._place()
        holder[key] = self.new(holder[key]) if self.wraps else self.new

    def _place(self) -> tuple[Any, str]:
        """Return mapping and key to replace: the module's own names, or a registry's entries."""
        names = vars(importlib.import_module(self.module))
        registry, _, entry = self.name.removesuffix("]").partition("[")
        return (names.get(registry), entry) if entry else (names, registry)


CORRECTIONS = (
    Correction(
        STATES,
        "_run_execution",
        states_walk.run_execution,
        "No fixed delay; TimeoutSeconds of the machine; 256 KiB limit; whole context object",
        "test_versions_and_aliases_pin_the_definition",
    ),
    Correction(
        STATES,
        "_execute_task",
        states_task.execute_task,
        "Stop and timeouts reach a running task, a callback, a nested execution; Credentials; its "
        "events in the history",
        "test_stop_execution_stops_the_training_job",
    ),
    Correction(
        STATES,
        "_execute_map",
        states_map.corrected,
        "Stop, timeouts and a failing iteration end the others; a redrive goes on; at most 40 at "
        "once; events of iterations",
        "test_a_failing_iteration_ends_the_others",
        wraps=True,
    ),
    Correction(
        STATES,
        "_invoke_nested_start_execution",
        states_nested.start,
        "A nested execution is one like any other, and its refusal has AWS's names",
        "test_a_nested_execution_is_an_execution",
    ),
    Correction(
        STATES,
        "_dispatch_aws_sdk_json",
        states_sdk_errors.corrected,
        "Errors of aws-sdk:sfn have the names and words of the SDK",
        "test_errors_of_the_states_sdk",
        wraps=True,
    ),
    Correction(
        STATES,
        "_with_retry_and_catch",
        states_retry.with_retry_and_catch,
        "MaxDelaySeconds, JitterStrategy, delays over 60 s; Catch fields named in errors",
        "test_retry_delays_follow_backoff_and_maximum",
    ),
    Correction(
        STATES,
        "_error_matches",
        states_errors.error_matches,
        "States.ALL matches neither States.Runtime nor States.DataLimitExceeded",
        "test_an_unknown_field_ends_the_execution_whatever_it_catches",
    ),
    Correction(
        STATES,
        "_scaled_sleep",
        states_run.scaled_sleep,
        "Wait states and retry delays end with the execution",
        "test_an_execution_times_out_in_a_wait",
    ),
    Correction(
        STATES,
        "_evaluate_jsonata",
        states_jsonata.evaluate_expression,
        "The context object has no private keys; AWS's error texts; EvaluationFailed",
        "test_the_context_object_of_a_map",
    ),
    Correction(
        STATES,
        "_apply_jsonata_output",
        states_jsonata.output,
        "Errors name the field",
        "test_jsonata_errors_name_state_field_and_expression",
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
        "test_fields_must_have_their_type",
    ),
    Correction(
        STATES,
        "_execute_choice",
        states_choice.corrected,
        "A Condition that is not boolean is an error; Output of the Default way",
        "test_choice_needs_a_boolean",
        wraps=True,
    ),
    Correction(
        STATES,
        "_start_execution",
        states_execution.start_execution,
        "Idempotent starts; names and input are checked; version and alias pin the definition",
        "test_start_execution_is_idempotent",
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
        "test_failed_has_error_and_cause_but_no_output",
    ),
    Correction(
        STATES,
        "_emit_execution_status_event",
        states_status_event.emit,
        "Version, alias, redrives; the error of a stopped execution",
        "test_a_nested_execution_is_an_execution",
    ),
    Correction(
        STATES,
        "handle_request",
        states_redrive.with_redrive,
        "RedriveExecution",
        "test_redrive_of_a_fail_state_fails_again",
        wraps=True,
    ),
    Correction(
        STATES,
        "reset",
        states_run.with_end_of_all,
        "Not of AWS: what was forgotten does not run on",
        "test_a_reset_ends_executions",
        wraps=True,
    ),
    Correction(
        STATES,
        "_validate_definition_jsonata",
        states_definition.checked,
        "The structure of a definition is checked when it is created",
        "test_definition_is_checked",
        wraps=True,
    ),
    Correction(
        LAMBDA,
        "_execute_function_warm",
        lambda_errors.corrected,
        "A function's error is its exception's class, with a stack trace",
        "test_lambda_error",
        wraps=True,
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::StepFunctions::StateMachine]",
        cloudformation_states.state_machine,
        "The definition is checked",
        "test_stack_with_a_wrong_definition_fails",
        wraps=True,
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::StepFunctions::StateMachineVersion]",
        cloudformation_states.VERSION,
        "Missing",
        "test_stack_with_versions",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::StepFunctions::StateMachineAlias]",
        cloudformation_states.ALIAS,
        "Missing",
        "test_stack_with_versions",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EC2::SecurityGroupIngress]",
        cloudformation_network.INGRESS,
        "Missing",
        "test_stack_with_a_network",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EC2::SecurityGroupEgress]",
        cloudformation_network.EGRESS,
        "Missing",
        "test_stack_with_a_network",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EC2::VPC]",
        cloudformation_network.vpc,
        "CidrBlock and CidrBlockAssociations",
        "test_stack_with_a_network",
        wraps=True,
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EC2::VPCEndpoint]",
        cloudformation_network.vpc_endpoint,
        "DnsEntries and NetworkInterfaceIds",
        "test_stack_with_a_network",
        wraps=True,
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EC2::FlowLog]",
        cloudformation_network.FLOW_LOG,
        "Missing",
        "test_stack_with_a_network",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[AWS::EKS::PodIdentityAssociation]",
        cloudformation_eks.POD_IDENTITY_ASSOCIATION,
        "Missing",
        "test_stack_with_a_pod_identity_association",
    ),
    Correction(
        CLOUDFORMATION,
        "_RESOURCE_HANDLERS[Custom::S3AutoDeleteObjects]",
        cloudformation_custom.AUTO_DELETE_OBJECTS,
        "The CDK's function would never answer",
        "test_stack_with_a_custom_resource",
    ),
    Correction(
        CLOUDFORMATION_ACTIONS,
        "_ACTION_HANDLERS[CreateChangeSet]",
        cloudformation_change_sets.with_outputs,
        "A change of outputs only is a change",
        "test_change_set_of_outputs_only",
        wraps=True,
    ),
    Correction(
        STATES,
        "_create_state_machine",
        states_machine_role.checked,
        "The role must trust Step Functions and may make the rules of .sync",
        "test_state_machine_role_must_trust_step_functions",
        wraps=True,
    ),
    Correction(
        STATES,
        "_update_state_machine",
        states_machine_role.checked,
        "The same",
        "test_an_update_checks_the_role_too",
        wraps=True,
    ),
    Correction(
        IAM_EVALUATOR,
        "_resolve_condition_key",
        iam_context.condition_key,
        "aws:SecureTransport is true",
        "test_tls_only_bucket",
        wraps=True,
    ),
    Correction(
        IAM_ACTIONS,
        "extract_resource_arn",
        iam_context.resource_arn,
        "ARNs of training jobs and of log streams",
        "test_resource_arns",
        wraps=True,
    ),
    Correction(
        IAM_ACTIONS,
        "request_tag_context",
        iam_context.request_context,
        "Condition keys of SageMaker",
        "test_sagemaker_conditions_of_a_caller",
        wraps=True,
    ),
    Correction(
        IAM_ACTIONS,
        "access_denied_response",
        iam_context.denial,
        "A denial names the resource",
        "test_denial_names_the_resource",
        wraps=True,
    ),
)


def markdown() -> str:
    """Return the table as it stands in the README."""
    lines = ["| ministack | what AWS does | test |", "| --- | --- | --- |"]
    for row in CORRECTIONS:
        place = row.module.rpartition(".")[2]
        lines.append(f"| `{place}.{row.name}` | {row.why} | `{row.test}` |")
    return "\n".join(lines)
