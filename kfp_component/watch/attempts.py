"""Which training jobs an execution has started, read from its history.

While an execution runs, only its history tells the name of its training job.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

import json
from dataclasses import dataclass
from typing import Any

from kfp_component.aws.clients import StatesClient

# An event may hold 256 KiB: small pages keep memory flat.
_PAGE = 25


@dataclass(frozen=True)
class Attempt:
    """One training job of an execution.

    Attributes:
        job_name: The training job's name.
        instance_type: What it runs on; '' if the request does not say.
        instance_count: On how many hosts.
        max_run: For how long it may run, in seconds; 0 if the request does not say.
        metric_regexes: The regular expression of each metric, by name.
        elsewhere: Whether it runs under an assumed role, so that our role cannot see it.
    """

    job_name: str
    instance_type: str
    instance_count: int
    max_run: int
    metric_regexes: dict[str, str]
    elsewhere: bool

    @classmethod
    def from_request(cls, request: dict[str, Any], elsewhere: bool) -> "Attempt":
        """Reads a CreateTrainingJob request."""
        resources = request.get("ResourceConfig", {})
        definitions = request.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
        return cls(
            job_name=request["TrainingJobName"],
            instance_type=resources.get("InstanceType", ""),
            instance_count=int(resources.get("InstanceCount", 1)),
            max_run=int(request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 0)),
            metric_regexes={item["Name"]: item["Regex"] for item in definitions},
            elsewhere=elsewhere,
        )


class AttemptHistory:
    """Follows an execution's history and gives each attempt once, oldest first."""

    def __init__(self, states: "StatesClient", execution_arn: str) -> None:
        self.states = states
        self._execution_arn = execution_arn
        self._seen = 0

    def new_attempts(self) -> list[Attempt]:
        """The attempts that were scheduled since the last call.

        Reads backwards from the newest event, so that a long history is not read again.
        """
        found: list[Attempt] = []
        newest = self._seen
        token: dict[str, str] = {}
        while True:
            page = self.states.get_execution_history(
                executionArn=self._execution_arn,
                reverseOrder=True,
                maxResults=_PAGE,
                includeExecutionData=True,
                **token,
            )
            for event in page["events"]:
                if event["id"] <= self._seen:
                    break
                newest = max(newest, event["id"])
                attempt = _attempt_of(event)
                if attempt:
                    found.insert(0, attempt)
            else:
                if page.get("nextToken"):
                    token = {"nextToken": page["nextToken"]}
                    continue
            self._seen = newest
            return found


def _attempt_of(event: dict[str, Any]) -> Attempt | None:
    details = event.get("taskScheduledEventDetails", {})
    if details.get("resourceType") != "sagemaker":
        return None
    if not str(details.get("resource", "")).startswith("createTrainingJob"):
        return None
    try:
        request = json.loads(details["parameters"])
        return Attempt.from_request(request, elsewhere=bool(details.get("taskCredentials")))
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
