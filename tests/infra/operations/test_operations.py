"""Notifications, what stops orphans, alarms, the dashboard, tags."""

import pytest

from tests.support.template.deployments import EVERYTHING
from tests.support.template.resolving import Resolver


def test_failures_are_told_whatever_a_catch_sees(templates):
    resolver = Resolver(templates["everything"])
    rule = ended(resolver, "Notifications", "RlTraining", "RlSweep")
    (topic,) = resolver.resources("AWS::SNS::Topic")
    assert [each["Arn"] for each in rule["Targets"]] == [resolver.place.arn("sns", topic)]
    subscription = resolver.resource("AWS::SNS::Subscription")
    assert subscription["Endpoint"] == EVERYTHING["notification_emails"][0]


@pytest.mark.parametrize(
    ("construct", "machine", "also", "function"),
    [
        ("TrainingOrphans", "RlTraining", (), "StopOrphans"),
        ("SweepsTrials", "RlSweep", ("SUCCEEDED",), "StopTrials"),
    ],
)
def test_what_an_execution_left_running_is_stopped(templates, construct, machine, also, function):
    resolver = Resolver(templates["default"])
    (target,) = ended(resolver, construct, machine, also=also)["Targets"]
    name = target["Arn"].rpartition(":")[2]
    assert name.startswith(f"{construct}{function}Function")
    (permission,) = [
        each
        for each in resolver.resources("AWS::Lambda::Permission").values()
        if each["FunctionName"] == target["Arn"]
    ]
    assert permission["Principal"] == "events.amazonaws.com"


def ended(resolver, construct, *machines, also=()):
    """The rule of the construct, which hears of every execution that did not succeed."""
    (rule,) = [
        each
        for name, each in resolver.resources("AWS::Events::Rule").items()
        if name.startswith(construct)
    ]
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": [*also, "FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [
                resolver.place.arn("states", f"stateMachine:{machine}") for machine in machines
            ],
        },
    }
    return rule


def test_alarms_watch_executions_and_functions(templates):
    alarms = Resolver(templates["default"]).resources("AWS::CloudWatch::Alarm").values()
    assert sorted((each["Namespace"], each["MetricName"]) for each in alarms) == [
        *5 * [("AWS/Lambda", "Errors")],
        ("AWS/States", "ExecutionThrottled"),
        ("AWS/States", "ExecutionsAborted"),
        *2 * [("AWS/States", "ExecutionsFailed")],
        *2 * [("AWS/States", "ExecutionsTimedOut")],
    ]
    assert all(each["AlarmActions"] for each in alarms)
    assert not Resolver(templates["existing-vpc"]).resources("AWS::CloudWatch::Alarm")


def test_alarms_and_events_may_publish_to_the_topic(templates):
    policy = Resolver(templates["default"]).resource("AWS::SNS::TopicPolicy")["PolicyDocument"]
    publishers = {
        each["Principal"]["Service"] for each in policy["Statement"] if each["Effect"] == "Allow"
    }
    assert publishers == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


def test_the_dashboard_is_a_setting(templates):
    assert not Resolver(templates["default"]).resources("AWS::CloudWatch::Dashboard")
    assert Resolver(templates["everything"]).resource("AWS::CloudWatch::Dashboard")


def test_tags_are_on_everything_that_takes_them(templates):
    resolver = Resolver(templates["everything"])
    for kind in ("AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SNS::Topic"):
        for name, each in resolver.resources(kind).items():
            if not name.startswith("CustomS3"):
                assert {"Key": "team", "Value": "ml"} in each["Tags"], name
