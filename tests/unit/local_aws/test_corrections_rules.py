"""The pure rules among the corrections of the embedded AWS."""

import json

import pytest

from local_aws.corrections import lambda_errors
from local_aws.corrections.iam import context as iam_context
from local_aws.corrections.states.api import definition as states_definition
from local_aws.corrections.states.execution import errors as states_errors
from local_aws.corrections.states.execution import history as states_history
from local_aws.corrections.states.execution import run as states_run
from local_aws.corrections.states.expressions import references as states_references
from local_aws.corrections.states.flow import retry as states_retry
from local_aws.corrections.states.integrations import sagemaker as states_sagemaker


@pytest.mark.parametrize(
    ("retrier", "retries", "expected"),
    [
        ({}, 0, 1),
        ({}, 3, 8),
        ({"IntervalSeconds": 60, "BackoffRate": 1}, 5, 60),
        ({"IntervalSeconds": 60}, 2, 240),  # not capped at 60 s
        ({"IntervalSeconds": 60, "MaxDelaySeconds": 100}, 2, 100),
        ({"IntervalSeconds": 60, "MaxDelaySeconds": 100, "JitterStrategy": "FULL"}, 2, 25),
        ({"IntervalSeconds": 60, "JitterStrategy": "NONE"}, 0, 60),
    ],
)
def test_delay(retrier, retries, expected):
    quarter = lambda low, high: low + (high - low) / 4  # noqa: E731
    assert states_retry.delay_seconds(retrier, retries, quarter) == expected


@pytest.mark.parametrize(
    ("error_equals", "error", "expected"),
    [
        (["States.ALL"], "Mine", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "SageMaker.AmazonSageMakerException", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["Mine"], "Other", False),
        (["States.ALL"], states_run.Ended().error, False),
    ],
)
def test_error_matches(error_equals, error, expected):
    assert states_errors.error_matches(error_equals, error) is expected


def test_size_limit_counts_utf8_bytes():
    ctx = {"State": {"Name": "S"}}
    states_errors.check_size("x" * (states_errors.MAXIMUM_BYTES - 2), "S", ctx)
    with pytest.raises(Exception, match=r"States\.DataLimitExceeded"):
        states_errors.check_size("é" * (states_errors.MAXIMUM_BYTES // 2), "S", ctx)


def machine(**states):
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


DONE = {"Type": "Succeed"}


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ([], "must be an object"),
        ({"StartAt": "A"}, "field 'States'"),
        ({"StartAt": "B", "States": {"A": DONE}}, "target: B at /StartAt"),
        (machine(A={"Type": "Tusk"}), "'Type' is missing or unknown at /States/A"),
        (machine(A={"Type": "Pass"}), "[Next, End] at /States/A"),
        (machine(A={"Type": "Pass", "End": True, "Next": "A"}), "[Next, End] at /States/A"),
        (machine(A={"Type": "Succeed", "End": True}), "no Next or End"),
        (machine(A={"Type": "Pass", "End": True, "ResultPath": "$"}), "/States/A/ResultPath"),
        (machine(A={"Type": "Task", "End": True}), "'Resource' should be specified"),
        (machine(A=DONE, B=DONE), 'State "B" is not reachable'),
        (machine(A={"Type": "Choice", "Choices": [{"Next": "B"}]}), "'Choices/Next' target: B"),
        (
            machine(
                A={
                    "Type": "Task",
                    "Resource": "arn",
                    "End": True,
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
                }
            ),
            "'Catch/Next' target: B",
        ),
        (
            machine(
                A={
                    "Type": "Task",
                    "Resource": "arn",
                    "End": True,
                    "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["Mine"]}],
                }
            ),
            "/Retry[0]/ErrorEquals",
        ),
        (
            machine(
                A={
                    "Type": "Map",
                    "End": True,
                    "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass"}}},
                }
            ),
            "/States/A/ItemProcessor/States/B",
        ),
    ],
)
def test_definition_problems(definition, problem):
    assert problem in next(states_definition.problems(definition))


def test_a_good_definition_has_no_problems():
    good = machine(
        A={
            "Type": "Choice",
            "Choices": [{"Condition": "{% true %}", "Next": "B"}],
            "Default": "C",
        },
        B={"Type": "Pass", "Output": 1, "Next": "C"},
        C=DONE,
    )
    assert list(states_definition.problems(good)) == []
    path = {"StartAt": "A", "States": {"A": {"Type": "Pass", "ResultPath": "$.a", "End": True}}}
    assert list(states_definition.problems(path)) == []


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("$states.input.phone", []),
        ("{'a': x, 'b': $y.{'k': q}}", ["x"]),
        ("$states.input.list[name = 'a'].value", []),
        ("$map($states.input.list, function($v) { $v.name })", []),
        ("$sum(prices)", ["prices"]),
        ("$a ? b : c.d", ["b", "c"]),
        ("($a := x; $a & -y)", ["x", "y"]),
        ("$x^(age)", []),
        ("$x ~> | $ | {'a': b} |", []),
        ("[one, 2, $three]", ["one"]),
    ],
)
def test_bare_names(expression, names):
    document = {"States": {"A": {"Output": {"v": ["{% " + expression + " %}"]}}}}
    found = list(states_references.unsupported_references(document))
    assert [problem.split("'")[1] for problem in found] == names
    assert all(problem.endswith("supported. at /States/A/Output/v[0]") for problem in found)


LOG = """START
Traceback (most recent call last):
  File "x", line 1, in y
OldError: seen before
Traceback (most recent call last):
  File "worker", line 9, in run
    result = handler_fn(event, context)
  File "code/main.py", line 5, in handler
    raise InvalidArguments("two\\nlines")
package.errors.InvalidArguments: two
lines
"""


def test_lambda_report():
    body = {"errorMessage": "two\nlines", "errorType": "Runtime.HandlerError"}
    report = lambda_errors.report(body, LOG, "id")
    assert report["errorType"] == "InvalidArguments"
    assert report["errorMessage"] == "two\nlines"
    assert report["requestId"] == "id"
    assert report["stackTrace"] == [
        '  File "code/main.py", line 5, in handler\n    raise InvalidArguments("two\\nlines")\n'
    ]


@pytest.mark.parametrize("log", ["", "no traceback", LOG.replace("two\nlines", "other")])
def test_lambda_report_without_its_traceback_is_left_alone(log):
    body = {"errorMessage": "two\nlines", "errorType": "Runtime.HandlerError"}
    assert lambda_errors.report(body, log, "id") == body


def test_lambda_timeout_is_left_alone():
    body = {"errorMessage": "Task timed out", "errorType": "Sandbox.Timedout"}
    assert lambda_errors.report(body, "", "id") == body


def test_condition_keys_of_a_training_job():
    request = {
        "ResourceConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "key"},
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1", "sg-2"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "OutputDataConfig": {"KmsKeyId": "arn:key"},
        "EnableNetworkIsolation": True,
        "Tags": [{"Key": "Team", "Value": "a"}],
    }
    assert iam_context.sagemaker_context(request) == {
        "sagemaker:instancetypes": ["ml.m5.large"],
        "sagemaker:volumekmskey": "key",
        "sagemaker:vpcsubnets": ["subnet-1"],
        "sagemaker:vpcsecuritygroupids": ["sg-1", "sg-2"],
        "sagemaker:maxruntimeinseconds": "60",
        "sagemaker:outputkmskey": "arn:key",
        "sagemaker:networkisolation": "true",
        "aws:requesttag/team": "a",
        "aws:tagkeys": ["Team"],
    }
    assert iam_context.sagemaker_context({"TrainingJobName": "a"}) == {}


@pytest.mark.parametrize(
    ("resource", "kind", "name"),
    [
        ("arn:aws:states:::lambda:invoke", "lambda", "invoke"),
        (
            "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "sagemaker",
            "createTrainingJob.sync",
        ),
        (
            "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob",
            "aws-sdk:sagemaker",
            "describeTrainingJob",
        ),
        ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2"),
        (
            "arn:aws:lambda:us-east-1:1:function:f",
            "lambda",
            "arn:aws:lambda:us-east-1:1:function:f",
        ),
    ],
)
def test_resource_names(resource, kind, name):
    assert states_history.resource_names(resource) == {"resourceType": kind, "resource": name}


def test_a_walk_ended_before_its_thread_began_is_not_done():
    def run():
        return states_run.Run({"executionArn": "arn"}, {}, "role", time_out=lambda: None)

    stopped, redriven = run(), run()
    states_run.begin(stopped)
    states_run.end("arn")
    assert states_run.claim("arn") is None
    states_run.begin(redriven)
    assert states_run.claim("arn") is redriven
    assert states_run.claim("arn") is None  # the thread of the first walk, late
    states_run.forget(stopped)
    states_run.end("arn")
    assert (stopped.ended.is_set(), redriven.ended.is_set()) == (True, True)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_run_notices_its_deadline():
    clock, timed_out = Clock(), []
    run = states_run.Run(
        {"executionArn": "arn"},
        {},
        "role",
        time_out=lambda: timed_out.append(True),
        deadline=5.0,
        clock=clock,
    )
    run.check()
    clock.now = 5.0
    with pytest.raises(states_run.Ended):
        run.check()
    assert timed_out == [True]


def test_unknown_fields_are_found_at_every_depth():
    import botocore.session

    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateTrainingJob").input_shape
    good = {"Tags": [{"Key": "a", "Value": "b"}], "HyperParameters": {"any": "thing"}}
    assert states_sagemaker.unknown_fields(good, shape) == []
    bad = {"tags": [], "Tags": [{"key": "a"}], "VpcConfig": {"subnets": []}}
    found = " ".join(states_sagemaker.unknown_fields(bad, shape))
    assert [name for name in ("tags", "key", "subnets") if f'"{name}"' in found] == [
        "tags",
        "key",
        "subnets",
    ]
    assert json.dumps(found).count("is not supported by Step Functions") == 3
