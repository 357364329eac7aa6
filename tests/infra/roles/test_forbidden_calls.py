"""Calls that must be denied: evaluated with the synthesized policies and trusts."""

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tests.support.template.deployments import ACCOUNT, IRSA
from tests.support.template.permission_table import FORBIDDEN, JOBS, MACHINE
from tests.support.template.resolving import Resolver


def request(principal, action, resource, context):
    return EvalContext(
        principal, "AssumedRole", ACCOUNT, action, resource, "us-east-1", service_context=context
    )


@pytest.mark.parametrize("call", FORBIDDEN, ids=lambda call: f"{call.role}: {call.what}")
def test_role_may_not(templates, call):
    statements = Resolver(templates["default"]).policy(call.role)
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/{call.role}/session"
    document = parse_policy_document({"Statement": statements})
    decision = evaluate(request(role, call.action, call.resource, call.context), [document])
    assert decision.decision != "Allow"


def assumes(template, role, action, principal, context):
    """Whether a principal may assume the role under these condition keys."""
    (trust,) = [
        properties["AssumeRolePolicyDocument"]
        for name, properties in Resolver(template).resources("AWS::IAM::Role").items()
        if name.startswith(role)
    ]
    kind, name = principal
    for statement in trust["Statement"]:
        if name not in str(statement["Principal"].get(kind)):
            continue
        document = parse_policy_document({"Statement": [{**statement, "Resource": "*"}]})
        if evaluate(request("caller", action, "*", context), [document]).decision == "Allow":
            return True
    return False


ISSUER = IRSA["launcher_oidc_provider"].partition("oidc-provider/")[2]
SERVICE_ACCOUNT = {
    f"{ISSUER}:aud".lower(): "sts.amazonaws.com",
    f"{ISSUER}:sub".lower(): "system:serviceaccount:team-a:default-editor",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"sub": "system:serviceaccount:team-b:default-editor"}, False),
        ({"sub": "system:serviceaccount:team-a:pipeline-runner"}, False),
        ({"sub": "system:serviceaccount:team-a:default-editor-2"}, False),
        ({"aud": "somebody.else"}, False),
    ],
    ids=str,
)
def test_launchers_of_the_listed_service_accounts_only(templates, change, expected):
    changed = {f"{ISSUER}:{key}".lower(): value for key, value in change.items()}
    got = assumes(
        templates["existing-vpc"],
        "LauncherRole",
        "sts:AssumeRoleWithWebIdentity",
        ("Federated", ISSUER),
        {**SERVICE_ACCOUNT, **changed},
    )
    assert got is expected


POD = {
    "aws:requesttag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/ml",
    "aws:requesttag/kubernetes-namespace": "team-a",
    "aws:requesttag/kubernetes-service-account": "default-editor",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"aws:requesttag/kubernetes-namespace": "team-b"}, False),
        ({"aws:requesttag/kubernetes-namespace": "kubeflow"}, False),
        ({"aws:requesttag/kubernetes-service-account": "pipeline-runner"}, False),
        (
            {
                "aws:requesttag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/web",
            },
            False,
        ),
    ],
    ids=str,
)
def test_pods_of_the_listed_service_accounts_only(templates, change, expected):
    got = assumes(
        templates["everything"],
        "LauncherRole",
        "sts:AssumeRole",
        ("Service", "pods.eks.amazonaws.com"),
        {**POD, **change},
    )
    assert got is expected


@pytest.mark.parametrize(
    ("role", "service", "source", "expected"),
    [
        ("JobRole", "sagemaker", JOBS.replace("*", "x"), True),
        ("JobRole", "sagemaker", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:processing-job/x", True),
        ("JobRole", "sagemaker", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/x", False),
        ("JobRole", "sagemaker", "arn:aws:sagemaker:us-east-1:999999999999:training-job/x", False),
        ("TrainingRole", "states", MACHINE, True),
        ("TrainingRole", "states", f"{MACHINE}:live", True),
        ("TrainingRole", "states", f"{MACHINE}2", False),
        ("TrainingRole", "states", f"{MACHINE}2:live", False),
        ("JobRole", "states", MACHINE, False),
    ],
)
def test_services_assume_roles_for_what_they_are_for(templates, role, service, source, expected):
    context = {"aws:sourcearn": source, "aws:sourceaccount": source.split(":")[4]}
    principal = ("Service", f"{service}.amazonaws.com")
    got = assumes(templates["default"], role, "sts:AssumeRole", principal, context)
    assert got is expected
