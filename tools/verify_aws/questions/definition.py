"""Whether Step Functions accepts the definition, and what single states do: TestState.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
Each question is put to a state first whose answer is documented: a service that answers that one
otherwise is no witness.
"""

from __future__ import annotations

import json
from typing import Any

from tools.reference_jsonata import ReferenceJsonata
from tools.verify_aws.account.scene import Scene
from tools.verify_aws.assumption import Answer, NotAsked
from tools.verify_aws.questions.rehearsal import Trial, rehearse

Probe = dict[str, Any]


def validate_definition(scene: Scene) -> Answer:
    """Return what ValidateStateMachineDefinition says of both definitions, the worse one."""
    states = scene.aws.client("stepfunctions")

    def validate(definition: dict[str, Any]) -> Answer:
        said = states.validate_state_machine_definition(
            definition=json.dumps(definition), type="STANDARD", severity="WARNING"
        )
        diagnostics = [
            {name: each.get(name, "") for name in ("severity", "code", "message", "location")}
            for each in said["diagnostics"]
        ]
        return {"result": said["result"], "diagnostics": diagnostics}

    if validate({"StartAt": "Nowhere", "States": {}})["result"] == "OK":
        raise NotAsked("ValidateStateMachineDefinition accepts a definition without states here")
    said = [validate(definition) for definition in scene.template.definitions()]
    return min(said, key=lambda each: bool(each["result"] == "OK"))


def test_states(scene: Scene) -> Answer:
    """Return what TestState says of each state, beside what the reference JSONata does."""
    client = scene.aws.client("stepfunctions")
    _check_test_state(client)
    definition = scene.template.definition()
    with ReferenceJsonata() as reference:
        trials = rehearse(definition, reference, region=scene.aws.region)
    return {
        "trials": [
            {"trial": each.title, "expected": each.expected, "seen": _try(client, definition, each)}
            for each in trials
        ]
    }


def probe_expressions(scene: Scene) -> Answer:
    """Return what TestState says of states made for one question each."""
    client = scene.aws.client("stepfunctions")
    _check_test_state(client)
    return {name: _said(client, **probe) for name, probe in PROBES.items()}


def _pass(expression: str, given: Any) -> Probe:
    return _alone({"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}, given)


def _alone(state: dict[str, Any], given: Any = None, **more: Any) -> Probe:
    text = json.dumps({"QueryLanguage": "JSONata", **state})
    return {"definition": text, "input": json.dumps(given or {}), **more}


def _catching(output: str) -> Probe:
    """Return a task with this Output, and with a Catch of everything."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f"},
        "Output": f"{{% {output} %}}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
        "Next": "End",
    }
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Call",
        "States": {"Call": task, "End": {"Type": "Succeed"}},
    }
    return {
        "definition": json.dumps(machine),
        "stateName": "Call",
        "mock": {"result": '{"Payload": {}}', "fieldValidationMode": "NONE"},
    }


PROBES: dict[str, Probe] = {
    "string": _pass("$string($states.input)", {"é": 1}),
    "null-argument": _pass("$contains($states.input.a, 'x')", {"a": None}),
    "null-count": _pass("$count($states.input.a)", {"a": None}),
    "parse-nothing": _pass("{'parsed': $exists($parse($states.input.a))}", {"b": 1}),
    "half-second": _alone({"Type": "Wait", "Seconds": "{% 1.5 %}", "End": True}),
    "not-boolean": {
        "definition": json.dumps(
            {
                "QueryLanguage": "JSONata",
                "StartAt": "Choose",
                "States": {
                    "Choose": {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% 'yes' %}", "Next": "End"}],
                        "Default": "End",
                    },
                    "End": {"Type": "Succeed"},
                },
            }
        ),
        "stateName": "Choose",
    },
    "data-limit": _catching("$pad('', 300000, 'x')"),
    "failing-output": _catching("$states.result.nothing.there"),
}


def _check_test_state(client: Any) -> None:
    control = _alone({"Type": "Pass", "Output": "{% $v %}", "End": True}, variables='{"v": [1]}')
    said = _said(client, **control)
    if said.get("output") != [1]:
        raise NotAsked(f"TestState does not know variables here: {said.get('cause', said)}")


def _try(client: Any, definition: dict[str, Any], trial: Trial) -> Answer:
    asked: dict[str, Any] = {
        "definition": json.dumps(definition),
        "stateName": trial.state,
        "input": json.dumps(trial.input),
        "variables": json.dumps(trial.variables),
    }
    if trial.mock is not None:
        # No validation of the mock: it stands for the service, and is no answer of AWS's.
        asked["mock"] = {**trial.mock, "fieldValidationMode": "NONE"}
        # A context is taken with a mock alone; a token with a task that waits for one alone.
        asked["context"] = json.dumps(trial.context)
    if trial.retries:
        asked["stateConfiguration"] = {"retrierRetryCount": trial.retries}
    return _said(client, **asked)


def _said(client: Any, **asked: Any) -> Answer:
    """Return the answer as JSON; a refusal of the request is an answer, too."""
    try:
        said = client.test_state(inspectionLevel="DEBUG", **asked)
    except client.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"ValidationException", "InvalidDefinition", "InvalidExecutionInput"}:
            return {"status": "REFUSED", "error": code, "cause": str(error)}
        raise
    inspected = said.get("inspectionData", {})
    found = {
        "status": said["status"],
        "next": said.get("nextState"),
        "error": said.get("error"),
        "cause": said.get("cause"),
        "output": _json(said.get("output")),
        "arguments": _json(inspected.get("afterArguments")),
        "variables": _json(inspected.get("variables")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
