"""Sweeps, usable in any stack: the state machine RlSweep, its functions and its role."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..grants.permissions import allow
from ..settings.context import checked
from ..settings.guard_rails import sweep_guard_rails
from ..settings.model import Settings
from ..settings.rules import ENVIRONMENT_VARIABLE
from ..workflow.construct import RlTrainingWorkflow
from ..workflow.functions import WorkflowFunction, as_variable
from ..workflow.machine import allow_launching, executions, live_alias, state_machine
from .definition import definition
from .orphans import OrphanedTrials
from .role import sweep_role


class RlSweepWorkflow(Construct):
    """A state machine that runs many trainings and compares them: its input is docs/sweeps.md's.

    Attributes:
        state_machine: The state machine.
        role: What its executions run as.
        alias_arn: ARN of the alias `live`, the version deployed last.
        functions: The Lambda function that it calls, and the one that stops trials left running.

    Example:
        Beside the workflow that trains (docs/construct.md)::

            sweeps = RlSweepWorkflow(self, "Sweeps", training=workflow, settings=settings)
            sweeps.grant_launch(pipeline_role)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        training: RlTrainingWorkflow,
        settings: Settings | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        """Make the workflow.

        Args:
            scope: Any construct of a stack.
            construct_id: Its name there.
            training: What each trial is an execution of.
            settings: Those of `training`; the defaults when None.
            key: Encrypts logs and the state machine's data; keys of AWS when None.

        Raises:
            InvalidSettings: The settings contradict each other.
        """
        super().__init__(scope, construct_id)
        self._settings = checked(settings or Settings())
        self._name = self._settings.sweep_state_machine_name
        plan_sweep = self._plan_sweep(training, key)
        trials = executions(self, self._settings.state_machine_name)
        self.role = sweep_role(
            self, self._name, training.state_machine, trials, plan_sweep.function.function_arn
        )
        self.state_machine = state_machine(
            self,
            self._name,
            self._definition(plan_sweep, training, trials),
            role=self.role,
            settings=self._settings,
            key=key,
        )
        stopped = OrphanedTrials(
            self,
            self._settings,
            sweeps=self.state_machine,
            trainings=training.state_machine,
            code=training.code,
            key=key,
        )
        self.functions = (plan_sweep.function, stopped.function)
        self.alias_arn = live_alias(self, self.state_machine)

    def grant_launch(self, role: iam.IRole) -> None:
        """Allow a role to start sweeps, follow them to their end, stop and redrive them.

        What it may do with their trials, `training.grant_launch` says.
        """
        allow_launching(role, self.state_machine, self._name, "Sweeps")
        # What the retry of a task does: trials that succeeded are not paid for again.
        allow(
            role,
            "RedriveSweeps",
            ["states:RedriveExecution"],
            [f"{executions(role, self._name)}*"],
            wildcard="Callers name the executions of this one state machine.",
        )

    def _plan_sweep(self, training: RlTrainingWorkflow, key: kms.IKey | None) -> WorkflowFunction:
        rails = sweep_guard_rails(training.guard_rails, self._settings)
        return WorkflowFunction(
            self,
            "PlanSweep",
            code=training.code,
            handler="lambdas.plan_sweep.handler",
            settings=self._settings,
            environment={ENVIRONMENT_VARIABLE: as_variable(self, rails)},
            of=self._name,
            key=key,
        )

    def _definition(
        self, plan_sweep: WorkflowFunction, training: RlTrainingWorkflow, trials: str
    ) -> dict[str, Any]:
        return definition(
            partition=Aws.PARTITION,
            plan_sweep_arn=plan_sweep.version.function_arn,
            training_arn=training.alias_arn,
            training_executions=trials,
            training_timeout_seconds=training.timeout_seconds,
        )
