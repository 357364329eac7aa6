"""Evaluations of debugger and profiler rules, as data: no rule is evaluated here.

A job with rules shows `InProgress` while it trains and `NoIssuesFound` (`Stopped` when it
did not complete) afterwards; StatusDetails says that nothing looked at the tensors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

NOT_EVALUATED = "The local AWS evaluates no rule: this status says nothing about the training."
"""StatusDetails of every evaluation."""

_KINDS = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}


class RuleEvaluations:
    """The evaluations of one job's rules.

    Args:
        request: The CreateTrainingJob request.
        moment: When the job was created.

    Attributes:
        statuses: By key of DescribeTrainingJob, the list of evaluations; plain data, free to edit.
    """

    def __init__(self, request: Mapping[str, Any], moment: datetime) -> None:
        self.statuses: dict[str, list[dict[str, Any]]] = {
            field: [
                {
                    "RuleConfigurationName": rule["RuleConfigurationName"],
                    "RuleEvaluationStatus": "InProgress",
                    "StatusDetails": NOT_EVALUATED,
                    "LastModifiedTime": moment,
                }
                for rule in request[configurations]
            ]
            for configurations, field in _KINDS.items()
            if request.get(configurations)
        }

    def finish(self, job_status: str, moment: datetime) -> None:
        """End every evaluation that still runs."""
        final = "NoIssuesFound" if job_status == "Completed" else "Stopped"
        for evaluation in (item for items in self.statuses.values() for item in items):
            if evaluation["RuleEvaluationStatus"] == "InProgress":
                evaluation.update(RuleEvaluationStatus=final, LastModifiedTime=moment)

    def tell(self, concerns: Callable[[str], bool], status: str, details: str) -> None:
        """Give the evaluations of the rules that this concerns, by name, a status."""
        for evaluation in (item for items in self.statuses.values() for item in items):
            if concerns(evaluation["RuleConfigurationName"]):
                evaluation.update(RuleEvaluationStatus=status, StatusDetails=details)

    def describe(self) -> dict[str, Any]:
        """Return the fields of DescribeTrainingJob; none for a job without rules."""
        return copy.deepcopy(self.statuses)
