"""Alarms on executions and functions, and a dashboard of the same metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ..sweep.construct import RlSweepWorkflow
from ..workflow.construct import RlTrainingWorkflow

_PERIOD = Duration.minutes(5)


class Alarms(Construct):
    """One alarm for each way a run ends badly, on the first such run.

    Attributes:
        alarms: The alarms.
    """

    def __init__(
        self,
        scope: Construct,
        workflow: RlTrainingWorkflow,
        sweeps: RlSweepWorkflow,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, "Alarms")
        metrics = _metrics(workflow) | _sweep_metrics(sweeps)
        self.alarms = [self._alarm(name, metric, topic) for name, metric in metrics.items()]

    def _alarm(self, name: str, metric: cloudwatch.IMetric, topic: sns.ITopic) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # No run, no figure, no problem.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        # aws_cloudwatch_actions would say the same, and load a dozen services for it.
        cast(cloudwatch.CfnAlarm, alarm.node.default_child).alarm_actions = [topic.topic_arn]
        return alarm


def _metrics(workflow: RlTrainingWorkflow) -> dict[str, cloudwatch.IMetric]:
    machine = workflow.state_machine
    build_request, judge_attempt, stop_orphans = workflow.functions
    return {
        "FailedExecutions": machine.metric_failed(period=_PERIOD),
        "TimedOutExecutions": machine.metric_timed_out(period=_PERIOD),
        "AbortedExecutions": machine.metric_aborted(period=_PERIOD),
        "ThrottledExecutions": machine.metric_throttled(period=_PERIOD),
        "BuildRequestErrors": build_request.metric_errors(period=_PERIOD),
        "JudgeAttemptErrors": judge_attempt.metric_errors(period=_PERIOD),
        "StopOrphansErrors": stop_orphans.metric_errors(period=_PERIOD),
    }


def _sweep_metrics(sweeps: RlSweepWorkflow) -> dict[str, cloudwatch.IMetric]:
    """Return what the alarms of the trials do not tell: a sweep ends well with some that failed."""
    machine = sweeps.state_machine
    plan_sweep, stop_trials = sweeps.functions
    return {
        "FailedSweeps": machine.metric_failed(period=_PERIOD),
        "TimedOutSweeps": machine.metric_timed_out(period=_PERIOD),
        "PlanSweepErrors": plan_sweep.metric_errors(period=_PERIOD),
        "StopTrialsErrors": stop_trials.metric_errors(period=_PERIOD),
    }


def dashboard(
    scope: Construct,
    workflow: RlTrainingWorkflow,
    sweeps: RlSweepWorkflow,
    alarms: Sequence[cloudwatch.IAlarm],
) -> None:
    """Make a dashboard: executions by outcome, their time, the functions, and the alarms."""
    machine, sweep = workflow.state_machine, sweeps.state_machine
    functions = [
        metric
        for function in (*workflow.functions, *sweeps.functions)
        for metric in (function.metric_errors(), function.metric_throttles())
    ]
    rows: list[list[cloudwatch.IWidget]] = [
        [
            _graph("Executions started", [machine.metric_started(period=_PERIOD)]),
            _graph("Executions ended", _ended(machine)),
        ],
        [
            _graph("Sweeps started", [sweep.metric_started(period=_PERIOD)]),
            _graph("Sweeps ended", _ended(sweep)),
        ],
        [_graph("Time of an execution", [machine.metric_time()]), _graph("Functions", functions)],
    ]
    if alarms:
        rows.append([cloudwatch.AlarmStatusWidget(alarms=list(alarms), width=24)])
    cloudwatch.Dashboard(scope, "Dashboard", widgets=rows)


def _ended(machine: sfn.StateMachine) -> list[cloudwatch.Metric]:
    return [
        machine.metric_succeeded(period=_PERIOD),
        machine.metric_failed(period=_PERIOD),
        machine.metric_timed_out(period=_PERIOD),
        machine.metric_aborted(period=_PERIOD),
    ]


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
