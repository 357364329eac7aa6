"""What each state should do, worked out here: by the reference JSONata and the real functions.

`rehearse` makes the trials of a definition: each task with a mocked result and a mocked error for
each of its Catch and Retry entries, each choice with each decision. What a trial expects follows
from the definition alone, so that a changed definition needs no change here. One class, for all
that a state may read (variables, results, errors) is worked out from one set of values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas import build_request, judge_attempt
from tools.reference_jsonata import ReferenceJsonata
from tools.verify_aws.assumption import Answer

State = dict[str, Any]

ACCOUNT = "123456789012"
JOB = "rehearsed"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Trainer"
CAUSE = "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Proxy: null)"
_FUNCTIONS: dict[str, Callable[[dict[str, Any], object], dict[str, Any]]] = {
    "BuildRequest": build_request.handler,
    "JudgeAttempt": judge_attempt.handler,
}
_WAITS = ".waitForTaskToken"
_FAILURE = {"error": "TrainingJobFailed", "cause": '{"message": "As mocked."}'}


@dataclass(frozen=True)
class Trial:
    """One call of TestState, and what it should say.

    Attributes:
        state: Name of the state.
        case: `result`, the mocked error, or the decision.
        input: Of the state.
        variables: Of the execution, by name.
        context: The context object, for a state with a mock.
        mock: What the service is said to answer; None for a state that calls none.
        expected: Fields of the answer, as `questions.definition` names them.
        retries: How often the mocked error was met before.
    """

    state: str
    case: str
    input: Any
    variables: dict[str, Any]
    context: dict[str, Any]
    mock: dict[str, Any] | None
    expected: Answer
    retries: int = 0

    @property
    def title(self) -> str:
        """The state and the case."""
        return f"{self.state} ({self.case})" if self.case else self.state


def rehearse(
    definition: dict[str, Any], reference: ReferenceJsonata, *, region: str
) -> list[Trial]:
    """Return the trials of every state of a definition.

    Args:
        definition: In JSONata, with the states BuildRequest and JudgeAttempt.
        reference: Evaluates its expressions.
        region: Of the arguments of the execution that is rehearsed.
    """
    world = _World(definition["States"], reference, region)
    return [
        trial for name, state in definition["States"].items() for trial in world.trials(name, state)
    ]


class _World:
    """Everything that a state may read, as an execution that ends well has it."""

    def __init__(self, states: dict[str, State], reference: ReferenceJsonata, region: str) -> None:
        self._states, self._reference = states, reference
        self._context = _context(region)
        self._input: dict[str, Any] = {}
        self._variables: dict[str, Any] = {}
        for name in ("Initialise", "BuildRequest", "DescribeTrainingJob", "JudgeAttempt"):
            self._variables = self._after(name, states[name], self._result(name, states[name]))
        # Whatever came before it, a state finds what it may read of its input.
        self._input = {
            field: value
            for name in _FUNCTIONS
            for field, value in self._result(name, states[name])["Payload"].items()
        } | _FAILURE

    def trials(self, name: str, state: State) -> Iterator[Trial]:
        kind = state["Type"]
        if kind == "Task":
            yield from self._task(name, state)
        elif kind == "Choice":
            for case, given in self._decisions(state):
                yield self._trial(name, case, {"next": self._choice(state, given)}, given)
        elif kind == "Fail":
            said = self._values({"error": state["Error"], "cause": state["Cause"]})
            yield self._trial(name, "", said, status="FAILED")
        else:
            after = {"variables": self._after(name, state, None)} if "Assign" in state else {}
            yield self._trial(name, "", self._leaving(state, None) | after)

    def _task(self, name: str, state: State) -> Iterator[Trial]:
        arguments = {"arguments": self._values(state["Arguments"], name=name)}
        if not state["Resource"].endswith(_WAITS):
            result = self._result(name, state)
            mock = {"result": json.dumps(result)}
            after = {"variables": self._after(name, state, result)} if "Assign" in state else {}
            expected = arguments | self._leaving(state, result) | after
            yield self._trial(name, "result", expected, mock=mock)
        retriers = state.get("Retry", [])
        for retrier in retriers:
            error = _one(retrier["ErrorEquals"][0])
            yield self._trial(
                name, f"{error}, retried", {"error": error}, mock=_error(error), status="RETRIABLE"
            )
        for catcher in state.get("Catch", []):
            error = _one(catcher["ErrorEquals"][0])
            caught = {"errorOutput": {"Error": error, "Cause": CAUSE}}
            yield self._trial(
                name,
                error,
                {"next": catcher["Next"], **self._output(catcher, caught)},
                mock=_error(error),
                status="CAUGHT_ERROR",
                retries=max([each["MaxAttempts"] for each in retriers], default=0),
            )

    def _decisions(self, state: State) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each case of a choice: the decisions that it knows, and one that it does not."""
        text = " ".join(each["Condition"] for each in state["Choices"])
        words = re.findall(r"decision = '(\w+)'", text)
        for word in [*words, "another"] if words else [""]:
            yield word, self._input | {"decision": word} if word else self._input

    def _choice(self, state: State, given: dict[str, Any]) -> str:
        for rule in state["Choices"]:
            if self._values(rule["Condition"], given=given) is True:
                return str(rule["Next"])
        return str(state["Default"])

    def _leaving(self, state: State, result: Any) -> Answer:
        following = {"next": state["Next"]} if "Next" in state else {}
        return following | self._output(state, {"result": result} if result is not None else {})

    def _output(self, state: State, more: dict[str, Any]) -> Answer:
        return {"output": self._values(state["Output"], more)} if "Output" in state else {}

    def _after(self, name: str, state: State, result: Any) -> dict[str, Any]:
        """Return the variables once a state has ended well."""
        more = {"result": result} if result is not None else {}
        assigned: dict[str, Any] = self._values(state.get("Assign", {}), more, name=name)
        return self._variables | assigned

    def _result(self, name: str, state: State) -> dict[str, Any]:
        """Return what the service answers; a function of this project is called."""
        if name in _FUNCTIONS:
            event = self._values(state["Arguments"]["Payload"], name=name)
            return {"Payload": _FUNCTIONS[name](event, None), "StatusCode": 200}
        described = state.get("Resource", "").endswith((":describeTrainingJob", ".sync"))
        return _description() if described else {}

    def _values(
        self,
        template: Any,
        more: dict[str, Any] | None = None,
        *,
        given: dict[str, Any] | None = None,
        name: str = "",
    ) -> Any:
        """Evaluate every expression of a field."""
        if isinstance(template, dict):
            return {
                key: self._values(item, more, given=given, name=name)
                for key, item in template.items()
            }
        if isinstance(template, list):
            return [self._values(item, more, given=given, name=name) for item in template]
        if not (isinstance(template, str) and template.startswith("{%")):
            return template
        seen = {"input": self._input if given is None else given, **(more or {})}
        seen["context"] = self._at(name)
        expression = template.removeprefix("{%").removesuffix("%}").strip()
        said = self._reference.evaluate(expression, seen, self._variables)
        if "error" in said or "undefined" in said:
            raise ValueError(f"{name}: the reference fails on {expression}: {said}")
        return said["value"]

    def _at(self, name: str) -> dict[str, Any]:
        state = self._context["State"] | ({"Name": name} if name else {})
        resource = self._states.get(name, {}).get("Resource", "")
        task = {"Task": {"Token": "a-token"}} if resource.endswith(_WAITS) else {}
        return {**self._context, "State": state, **task}

    def _trial(  # noqa: PLR0917
        self,
        name: str,
        case: str,
        expected: Answer,
        given: Any = None,
        mock: dict[str, Any] | None = None,
        status: str = "SUCCEEDED",
        retries: int = 0,
    ) -> Trial:
        return Trial(
            name,
            case,
            self._input if given is None else given,
            self._variables,
            self._at(name),
            mock,
            {"status": status, **expected},
            retries,
        )


def _context(region: str) -> dict[str, Any]:
    machine = f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:RlTraining"
    arguments = {
        "region": region,
        "role": f"arn:aws:iam::{ACCOUNT}:role/trainer",
        "image": f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/my-rl:1",
        "entry_point": "train.py",
        "source_dir": "s3://bucket/source.tar.gz",
        "model_artifact_path": "s3://bucket/models",
        "instance_type": "ml.m5.large",
        "job_name": JOB,
        "assume_role": ROLE,
    }
    return {
        "Execution": {
            "Id": f"{machine.replace(':stateMachine:', ':execution:')}:x",
            "Input": arguments,
            "Name": "x",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/states",
            "StartTime": "2026-01-31T10:00:00.000Z",
        },
        "State": {"EnteredTime": "2026-01-31T10:00:01.000Z", "Name": "X", "RetryCount": 0},
        "StateMachine": {"Id": machine, "Name": "RlTraining"},
    }


def _description() -> dict[str, Any]:
    return {
        "TrainingJobName": JOB,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/{JOB}",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/models/output/model.tar.gz"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "FailureReason": "",
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "CreationTime": "2026-01-31T10:00:02.345Z",
        "TrainingEndTime": "2026-01-31T10:10:00Z",
        "SecondaryStatusTransitions": [{"Status": "Starting"}, {"Status": "Completed"}],
        "FinalMetricDataList": [{"MetricName": "m", "Value": 1.5}],
        "TrainingTimeInSeconds": 120,
        "BillableTimeInSeconds": 60,
        "DebugRuleEvaluationStatuses": [],
        "Environment": {"K": "v"},
        "Tags": [{"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}],
    }


def _one(error: str) -> str:
    """Return an error name that `ErrorEquals` matches; States.ALL matches any."""
    return "Mocked.Error" if error == "States.ALL" else error


def _error(error: str) -> dict[str, Any]:
    return {"errorOutput": {"error": error, "cause": CAUSE}}
