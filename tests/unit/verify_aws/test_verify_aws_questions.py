"""The questions, put to boto3's clients, which check each request; the answers are scripted.

What the executions and jobs are asked runs against the local AWS: test_verify_aws.py.
"""

import io
import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from infra.workflow.definition import definition
from tools.reference_jsonata import ReferenceJsonata
from tools.verify_aws.account.scene import Deployment, Scene
from tools.verify_aws.account.template import Place, Template
from tools.verify_aws.assumption import FALSE, NOT_ASKED, TRUE, ask, ask_all, find
from tools.verify_aws.assumptions.read_only import READ_ONLY
from tools.verify_aws.questions import definition as asking
from tools.verify_aws.questions import (
    endpoints,
    executions,
    policies,
    quotas,
    rehearsal,
    sweeping,
    training,
)
from training_job import build_request, parse_arguments
from training_sweep.parsing import parse_sweep
from training_sweep.trials import trials_of

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
DEFINITION = definition(
    partition="aws",
    build_request_arn=f"{LAMBDA}BuildRequest:1",
    judge_attempt_arn=f"{LAMBDA}JudgeAttempt:1",
    assume_role=True,
    timeout_seconds=1000,
)
STATES = next(each for each in READ_ONLY if each.name == "states-do-as-rehearsed")


class Body(io.BytesIO):
    def stream(self, **_):
        yield self.read()


def client(service, answer):
    """A client of boto3 whose requests go to `answer`: (operation, request) -> status, JSON."""
    made = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"max_attempts": 1}),
    )

    def send(request, **_):
        target = request.headers.get("X-Amz-Target", b"").decode().rpartition(".")[2]
        status, said = answer(target, json.loads(request.body or "{}"))
        return AWSResponse(request.url, status, {}, Body(json.dumps(said).encode()))

    made.meta.events.register("before-send.*.*", send)
    return made


def scene(template=None, **clients):
    aws = SimpleNamespace(
        partition="aws",
        region="us-east-1",
        account="123456789012",
        client=lambda service: clients[service.replace("-", "_")],
    )
    return Scene(aws, template)


class Rehearsed:
    """A TestState that does what a definition says, worked out by the rehearsal itself."""

    def __init__(self, states):
        with ReferenceJsonata() as reference:
            self.trials = rehearsal.rehearse(states, reference, region="us-east-1")
        self.asked = []

    def __call__(self, operation, request):
        assert operation == "TestState"
        if "stateName" not in request:
            return 200, {"status": "SUCCEEDED", "output": json.dumps([1])}
        given = {
            key: json.loads(request[key])
            for key in ("input", "variables", "context")
            if key in request
        }
        mock = {key: value for key, value in request.get("mock", {}).items() if "field" not in key}
        self.asked.append(request["stateName"])
        retries = request.get("stateConfiguration", {}).get("retrierRetryCount", 0)
        (trial,) = [
            each
            for each in self.trials
            if (each.state, each.mock or {}, each.input, each.retries)
            == (request["stateName"], mock, given["input"], retries)
            and each.variables == given["variables"]
        ]
        assert ("context" in given) == ("mock" in request)
        said = trial.expected
        inspected = {
            name: json.dumps(said[field])
            for name, field in {"afterArguments": "arguments", "variables": "variables"}.items()
            if field in said
        }
        plain = {key: said[key] for key in ("status", "error", "cause") if key in said}
        following = {"nextState": said["next"]} if "next" in said else {}
        output = {"output": json.dumps(said["output"])} if "output" in said else {}
        return 200, {**plain, **following, **output, "inspectionData": inspected}


def template_of(states):
    machine = {"Type": "AWS::StepFunctions::StateMachine"}
    machine["Properties"] = {"DefinitionString": json.dumps(states)}
    return Template({"Resources": {"Machine": machine}}, Place("aws", "us-east-1", "123456789012"))


@pytest.fixture(scope="module")
def rehearsed():
    return Rehearsed(DEFINITION)


def test_every_state_is_tried_with_each_error_and_decision(rehearsed):
    answer = asking.test_states(
        scene(template_of(DEFINITION), stepfunctions=client("stepfunctions", rehearsed))
    )
    assert set(rehearsed.asked) == set(DEFINITION["States"])
    for name, state in DEFINITION["States"].items():
        cases = [each["trial"] for each in answer["trials"] if each["trial"].split(" (")[0] == name]
        assert len(cases) >= max(1, len(state.get("Catch", [])) + len(state.get("Retry", [])))
    assert find(STATES, answer).verdict == TRUE


def test_a_state_that_does_otherwise_is_named(rehearsed):
    def otherwise(operation, request):
        status, said = rehearsed(operation, request)
        if request.get("stateName") == "Verdict":
            said["nextState"] = "FailedForGood"
        return status, said

    made = client("stepfunctions", otherwise)
    finding = find(STATES, asking.test_states(scene(template_of(DEFINITION), stepfunctions=made)))
    assert finding.verdict == FALSE
    assert "Verdict (succeed): next FailedForGood, not Succeeded" in finding.seen


def test_a_request_that_is_refused_is_an_answer(rehearsed):
    def refuses(operation, request):
        if request.get("stateName") == "WaitForJob":
            return 400, {"__type": "ValidationException", "message": "No Wait here."}
        return rehearsed(operation, request)

    made = client("stepfunctions", refuses)
    finding = find(STATES, asking.test_states(scene(template_of(DEFINITION), stepfunctions=made)))
    assert finding.verdict == FALSE
    assert "No Wait here." in finding.seen


def test_a_test_state_without_variables_is_no_witness():
    made = client("stepfunctions", lambda *_: (200, {"status": "SUCCEEDED", "output": "{}"}))
    for question in (asking.test_states, asking.probe_expressions):
        answer = ask(
            SimpleNamespace(ask=question), scene(template_of(DEFINITION), stepfunctions=made)
        )
        assert "TestState does not know variables here" in answer


def test_each_probe_is_a_request_that_test_state_has():
    def answer(_, request):
        json.loads(request["definition"])
        return 200, {"status": "SUCCEEDED", "output": "[1]"}

    found = asking.probe_expressions(scene(stepfunctions=client("stepfunctions", answer)))
    assert set(found) == set(asking.PROBES)


@pytest.mark.parametrize(("lenient", "verdict"), [(False, TRUE), (True, NOT_ASKED)])
def test_a_validation_that_accepts_anything_is_no_witness(lenient, verdict):
    def answer(_, request):
        empty = not json.loads(request["definition"])["States"]
        return 200, {"result": "FAIL" if empty and not lenient else "OK", "diagnostics": []}

    here = scene(template_of(DEFINITION), stepfunctions=client("stepfunctions", answer))
    (finding,) = ask_all(READ_ONLY[:1], here, {})
    assert finding.verdict == verdict


def test_each_definition_is_validated_and_the_worse_one_told():
    asked = []

    def answer(_, request):
        states = json.loads(request["definition"])["States"]
        asked.append(sorted(states))
        good = states and "Bad" not in states
        return 200, {"result": "OK" if good else "FAIL", "diagnostics": []}

    machine = {"Type": "AWS::StepFunctions::StateMachine"}
    resources = {
        name: machine | {"Properties": {"DefinitionString": json.dumps({"States": {name: {}}})}}
        for name in ("Good", "Bad")
    }
    template = Template({"Resources": resources}, Place("aws", "us-east-1", "123456789012"))
    here = scene(template, stepfunctions=client("stepfunctions", answer))
    assert asking.validate_definition(here)["result"] == "FAIL"
    assert asked == [[], ["Good"], ["Bad"]]


def test_each_question_is_put_once_and_a_refusal_is_not_asked():
    calls = []

    def answer(operation, _):
        calls.append(operation)
        return 400, {"__type": "AccessDeniedException", "message": "not yours"}

    here = scene(template_of(DEFINITION), stepfunctions=client("stepfunctions", answer))
    probes = [each for each in READ_ONLY if each.page == "docs/engines.md"][1:]
    findings = ask_all(probes, here, {})
    assert {each.verdict for each in findings} == {NOT_ASKED}
    assert len(findings) > 5
    assert len(calls) == 1
    assert "not yours" in findings[0].seen


ENDPOINT_TEMPLATE = {
    "Resources": {
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"AvailabilityZone": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}},
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "ServiceName": {"Fn::Join": [".", ["com.amazonaws", {"Ref": "AWS::Region"}, "s3"]]},
                "VpcEndpointType": "Interface",
                "SubnetIds": [{"Ref": "Subnet"}, "subnet-0123456789abcdef0"],
                "PolicyDocument": {"Statement": []},
            },
        },
    }
}


class Ec2:
    """EC2 with two services of one name, as S3 has them."""

    def __init__(self, *kinds):
        self.kinds = kinds

    def describe_subnets(self, SubnetIds):
        return {
            "Subnets": [{"SubnetId": each, "AvailabilityZone": "us-east-1f"} for each in SubnetIds]
        }

    def get_paginator(self, _):
        details = [
            {
                "ServiceName": "com.amazonaws.us-east-1.s3",
                "ServiceType": [{"ServiceType": kind}],
                "AvailabilityZones": ["us-east-1b"],
                "VpcEndpointPolicySupported": True,
            }
            for kind in self.kinds
        ]
        return SimpleNamespace(paginate=lambda: [{"ServiceDetails": details}])


def test_endpoints_are_compared_with_the_service_of_their_kind():
    place = Place("aws", "us-east-1", "123456789012", ("us-east-1a", "us-east-1b"))
    template = Template(ENDPOINT_TEMPLATE, place)
    (both,) = endpoints.endpoint_services(scene(template, ec2=Ec2("Gateway", "Interface")))[
        "endpoints"
    ]
    assert both["zones"] == ["us-east-1b", "us-east-1f"]
    assert both["found"] == {"zones": ["us-east-1b"], "policy": True}
    (one,) = endpoints.endpoint_services(scene(template, ec2=Ec2("Gateway")))["endpoints"]
    assert one["found"] is None


def test_quotas_are_found_by_name():
    def answer(_, request):
        assert request["ServiceCode"] == "sagemaker"
        if "NextToken" not in request:
            return 200, {"Quotas": [{"QuotaName": "other", "Value": 1}], "NextToken": "MQ=="}
        name = "ml.m5.large for training job usage"
        return 200, {"Quotas": [{"QuotaName": name, "Value": 3.0}]}

    here = scene(service_quotas=client("service-quotas", answer))
    assert quotas.training_quotas(here) == {"quotas": {"ml.m5.large": 3.0}}


def test_policies_are_validated_by_their_type():
    asked = []

    def answer(_, request):
        asked.append((request["policyType"], request.get("validatePolicyResourceType")))
        json.loads(request["policyDocument"])
        return 200, {"findings": []}

    document = {"Version": "2012-10-17", "Statement": []}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}},
        "Bucket": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": document}},
    }
    template = Template({"Resources": resources}, Place("aws", "us-east-1", "123456789012"))
    answer = policies.validate_policies(
        scene(template, accessanalyzer=client("accessanalyzer", answer))
    )
    assert len(answer["policies"]) == 5
    trust = ("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument")
    identity = ("IDENTITY_POLICY", None)
    assert asked == [identity, trust, ("RESOURCE_POLICY", "AWS::S3::Bucket"), identity, trust]


@pytest.mark.parametrize("image", [None, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rl:1"])
def test_the_arguments_of_a_run_are_accepted(image):
    here = Deployment(
        scene().aws,
        {"ArtifactBucketName": "b", "JobRoleArn": "arn:aws:iam::123456789012:role/j"},
        "0a1b2c3d",
        image,
    )
    assert parse_arguments(executions.arguments(here, "alias")).image
    prebuilt = {} if image else training.PREBUILT
    parsed = parse_arguments(executions.arguments(here, "trained") | prebuilt)
    assert parsed.toolkit == (None if image else "ray")
    request = build_request(parsed, job_name=parsed.job_name, region="us-east-1")
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert "sagemaker-rl-ray-container:ray-1.6.0-tf" in str(request) or image
    swept = executions.arguments(here, "sweep") | prebuilt | sweeping.of_a_sweep({})
    assert len(trials_of(parse_sweep(swept))) == 2
