"""Every expression of the definition means the same to the local AWS and to the reference.

The local AWS evaluates JSONata with a port to Python, AWS with its own implementation of version
2.0.6, of which npm `jsonata` is the reference. Each expression is evaluated by both on values that
the functions and AWS return, and again with everything it reads absent, null, empty, one and many.
"""

import contextlib
import copy
import itertools
import json
import random
import re

import pytest

from infra.workflow.definition import definition
from lambdas import build_request, judge_attempt
from local_aws.corrections.states.expressions import jsonata as states_jsonata
from tests.support.arguments import CUSTOM_IMAGE
from tests.support.exploring.evaluation import compiled_once
from tools.reference_jsonata import ReferenceJsonata

ABSENT = object()
RANDOM = 0.37
PAIRS = 40
"""Generated inputs of each expression in which two values are not what they should be."""


@pytest.fixture(scope="module")
def reference():
    with ReferenceJsonata() as evaluator, compiled_once():
        yield evaluator


@pytest.fixture(scope="module")
def worlds(reference):
    return recorded_worlds(reference)


def made(*, assume_role):
    return definition(
        partition="aws",
        build_request_arn="arn:aws:lambda:us-east-1:123456789012:function:BuildRequest",
        judge_attempt_arn="arn:aws:lambda:us-east-1:123456789012:function:JudgeAttempt",
        assume_role=assume_role,
        timeout_seconds=1000,
    )


def expressions(value):
    if isinstance(value, dict):
        return {found for item in value.values() for found in expressions(item)}
    if isinstance(value, list):
        return {found for item in value for found in expressions(item)}
    match = re.fullmatch(r"\{%(.*)%\}", value, re.DOTALL) if isinstance(value, str) else None
    return {match[1].strip()} if match else set()


EXPRESSIONS = sorted(expressions(made(assume_role=False)) | expressions(made(assume_role=True)))

# --- what the two say ----------------------------------------------------------------------------


def by_reference(reference, expression, states, variables):
    said = reference.evaluate(expression, states, variables, RANDOM)
    if "value" in said:
        return "value", exactly(said["value"])
    return ("undefined",) if "undefined" in said else ("error",)


def by_local_aws(expression, states, variables):
    context = states["context"] | {"variables": variables}
    seen = (states["input"], context, states["result"], states["errorOutput"])
    try:
        value = states_jsonata.evaluate(f"{{% {expression} %}}", "", states_jsonata.Scope(*seen))
    except states_jsonata.states._ExecutionError as error:
        assert error.error == "States.QueryEvaluationError"
        return ("undefined",) if error.cause.endswith("(undefined).") else ("error",)
    return "value", exactly(value)


def exactly(value):
    """A value as text: no order is forgotten, and true is not 1; but 1.0 is 1, as in JSON."""
    if isinstance(value, float) and value.is_integer():
        return exactly(int(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{exactly(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(exactly, value)) + "]"
    return json.dumps(value)


# --- what they are asked about -------------------------------------------------------------------

CONTEXT = {
    "Execution": {
        "Id": "arn:aws:states:us-east-1:123456789012:execution:RlTraining:x",
        "Input": CUSTOM_IMAGE,
        "Name": "x",
        "RedriveCount": 0,
        "RoleArn": "arn:aws:iam::123456789012:role/states",
        "StartTime": "2026-01-31T10:00:00.000Z",
    },
    "State": {"EnteredTime": "2026-01-31T10:00:01.000Z", "Name": "X", "RetryCount": 0},
    "StateMachine": {"Id": "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining"},
    "Task": {"Token": "AAAA"},
}
DESCRIPTION = {
    "TrainingJobName": "j",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/j",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/j/output/model.tar.gz"},
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "FailureReason": "",
    "HyperParameters": {"k": "v"},
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "CreationTime": "2026-01-31T10:00:02.345Z",
    "TrainingEndTime": "2026-01-31T10:10:00Z",
    "SecondaryStatusTransitions": [{"Status": "Starting"}, {"Status": "Training"}],
    "FinalMetricDataList": [{"MetricName": "m", "Value": 1.5, "Timestamp": "2026-01-31T10:00:00Z"}],
    "TrainingTimeInSeconds": 120,
    "BillableTimeInSeconds": 60,
    "DebugRuleEvaluationStatuses": [{"RuleConfigurationName": "r"}],
    "Environment": {"K": "v"},
}
TAGS = [
    {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"},
    {"Key": "AWS_STEP_FUNCTIONS_EXECUTION_ARN", "Value": CONTEXT["Execution"]["Id"]},
]
CAUSE = "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Proxy: null)"
ERRORS = [
    {"Error": "SageMaker.AmazonSageMakerException", "Cause": CAUSE},
    {"Error": "States.TaskFailed", "Cause": json.dumps(DESCRIPTION)},
    {
        "Error": "States.TaskFailed",
        "Cause": json.dumps(DESCRIPTION | {"FailureReason": "é\U0001f600" * 3000}),
    },
    {"Error": "States.Timeout", "Cause": ""},
    {"Error": "States.Timeout"},
    {"Error": None, "Cause": None},
    {"Error": "Lambda.Unknown", "Cause": '{"errorMessage": "a \\"quoted\\" text\\n", "$": "[0]"}'},
    {},
]
"""As AWS was seen to send them, but for the two that lack what documents promise."""


def recorded_worlds(reference):
    """What each expression may see after real calls of both functions, everything at once."""
    states = made(assume_role=True)["States"]

    def values(template, seen, variables):
        if isinstance(template, dict):
            return {key: values(item, seen, variables) for key, item in template.items()}
        found = expressions(template)
        if not found:
            return template
        said = reference.evaluate(found.pop(), seen, variables)
        assert "value" in said, (template, said)
        return said["value"]

    def call(name, handler, context, variables):
        event = values(states[name]["Arguments"]["Payload"], {"context": context}, variables)
        result = {"ExecutedVersion": "$LATEST", "Payload": handler(event, None), "StatusCode": 200}
        result = json.loads(json.dumps(result))
        seen = {"context": context, "input": {}, "result": result}
        return result, variables | values(states[name]["Assign"], seen, variables)

    worlds = []
    role = "arn:aws:iam::210987654321:role/Trainer"
    for given, error in itertools.product(
        [CUSTOM_IMAGE, CUSTOM_IMAGE | {"job_name": "mine", "assume_role": role}, {}], ERRORS
    ):
        context = CONTEXT | {"Execution": CONTEXT["Execution"] | {"Input": given}}
        variables = values(states["Initialise"]["Assign"], {}, {})
        built, variables = call("BuildRequest", build_request.handler, context, variables)
        judged = {"Payload": {}}
        if given:
            seen = {"result": DESCRIPTION, "context": context}
            variables |= values(states["DescribeTrainingJob"]["Assign"], seen, variables)
            judged, variables = call("JudgeAttempt", judge_attempt.handler, context, variables)
        failure = {"error": "TrainingJobFailed", "cause": json.dumps({"message": "m.", "b": [1]})}
        payload = built["Payload"] | judged["Payload"]
        states_value = {
            "input": payload | failure,
            "result": {**DESCRIPTION, "Tags": TAGS, "StatusCode": 200, "Payload": payload},
            "errorOutput": error,
            "context": context,
        }
        variables |= {"error": error} if "Error" in error else {}
        worlds.append({"states": states_value, "variables": variables})
    return worlds


def read_values(expression, value, path=()):
    """The values of a world that an expression can mean, for it says their names, and where."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if (
            path
            and not isinstance(key, int)
            and not re.search(rf"\b{re.escape(key)}\b", expression)
        ):
            continue
        # $states and the blocks of the context are always there.
        if len(path) >= (3 if "context" in path else 2) or path == ("variables",):
            yield (*path, key), item
        if isinstance(item, dict | list):
            yield from read_values(expression, item, (*path, key))


def variants(expression, value):
    """What may stand in the place of a value."""
    return [
        *(ABSENT, None, "", "text", "é\U0001f600", "[1, 2]", 0, 1, 2.5, -1, True, False),
        *([], [value], [value, value], [[value]], [None], [1, 2, 3], {}, {"a": value}),
        *re.findall(r"'(\w+)'", expression),
    ]


def changed(world, *changes):
    """The world with values replaced; one inside another that is replaced may be gone."""
    after = copy.deepcopy(world)
    for path, value in changes:
        parent = after
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                parent = parent[key]
            if value is ABSENT:
                del parent[path[-1]]
            else:
                parent[path[-1]] = copy.deepcopy(value)
    return after


def generated(expression, world):
    """The world with each value that the expression reads replaced, alone and in pairs."""
    changes = [
        (path, variant)
        for path, value in read_values(expression, world)
        for variant in variants(expression, value)
        if variant is not ABSENT or len(path) > 2  # every variable is assigned
    ]
    chance = random.Random(expression)
    pairs = [chance.sample(changes, 2) for _ in range(PAIRS if changes else 0)]
    for change in [[change] for change in changes] + pairs:
        yield changed(world, *change)


# --- the comparison ------------------------------------------------------------------------------

KNOWN_DIFFERENCES = {
    "escapes": (
        "$string({'a': 'é'})",
        "$string writes characters beyond ASCII as they are; the port escapes them. Either is JSON"
        " and means the same.",
    ),
    "null is absent": (
        "$count($nothing)",
        "A null given to a function is a value; the port takes it for absent. $contains(null, ...)"
        " then is no error and $count(null) is 0. No expression may let a null get there.",
    ),
    "parse of nothing": (
        "$parse($states.input.none)",
        "ministack's $parse fails where there is nothing to parse, while $eval, whose place it"
        " takes, gives nothing. AWS does not say which; what is parsed is a cause that this"
        " definition or its functions wrote.",
    ),
}
"""An expression that shows each, and why it may be."""


def known_difference(reference, expression, world, wanted, ours):
    """Whether it is only by a known difference that the reference and the local AWS disagree."""
    if wanted[0] == ours[0] == "value" and "$string(" in expression and read(wanted) == read(ours):
        return True
    arguments = [
        (function, reference.evaluate(argument, **world))
        for function, argument in re.findall(r"\$(\w+)\(([$.\w]+)", expression)
    ]
    if ours == ("error",) and ("parse", {"undefined": True}) in arguments:
        return True
    return {"value": None} in [argument for _, argument in arguments]


def read(outcome):
    text = json.loads(outcome[1])
    return json.loads(text) if isinstance(text, str) else text


@pytest.fixture(autouse=True)
def same_random(monkeypatch):
    monkeypatch.setattr(random, "random", lambda: RANDOM)  # the port's $random


@pytest.mark.long
@pytest.mark.parametrize("expression", EXPRESSIONS, ids=range(len(EXPRESSIONS)))
def test_the_local_aws_and_the_reference_agree(reference, worlds, expression):
    for world in [*worlds, *generated(expression, worlds[0])]:
        wanted = by_reference(reference, expression, **world)
        ours = by_local_aws(expression, **world)
        if wanted != ours:
            assert known_difference(reference, expression, world, wanted, ours), (wanted, ours)


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES)
def test_a_known_difference_is_still_there(reference, worlds, difference):
    expression, _ = KNOWN_DIFFERENCES[difference]
    world = changed(worlds[0], (("variables", "nothing"), None))
    wanted, ours = by_reference(reference, expression, **world), by_local_aws(expression, **world)
    assert wanted != ours
    assert known_difference(reference, expression, world, wanted, ours)
