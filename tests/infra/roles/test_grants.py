"""Exactly what each role may do, and who may assume it."""

import json

import pytest

from infra.roles.launcher_trust import launcher_trust
from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from infra.stack import RULES
from tests.support.template.deployments import ACCOUNT, EVERYTHING, IRSA
from tests.support.template.permission_table import BUCKET, GRANTS, JOBS, MACHINE
from tests.support.template.resolving import Resolver


def listed(value):
    return value if isinstance(value, list) else [value]


def grants(resolver, role):
    """Action -> the resources it is allowed on, sorted."""
    found: dict[str, list[str]] = {}
    for statement in resolver.policy(role):
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            found.setdefault(action, []).extend(named(role, listed(statement["Resource"])))
    return {action: sorted(resources) for action, resources in found.items()}


def named(role, resources):
    if all(":repository/sagemaker-rl-" in resource for resource in resources):
        return ["REGISTRIES"]
    lambda_arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
    functions = {
        f"{lambda_arn}TrainingBuildRequestFunction": "BUILD_REQUEST:*",
        f"{lambda_arn}TrainingJudgeAttemptFunction": "JUDGE_ATTEMPT:*",
        f"{lambda_arn}SweepsPlanSweepFunction": "PLAN_SWEEP:*",
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{role.removesuffix('Role')}Log": "OWN_LOG",
    }
    return [
        next((name for start, name in functions.items() if resource.startswith(start)), resource)
        for resource in resources
    ]


def trust(resolver, role):
    (found,) = [
        properties["AssumeRolePolicyDocument"]["Statement"]
        for name, properties in resolver.resources("AWS::IAM::Role").items()
        if name.startswith(role)
    ]
    return found


@pytest.mark.parametrize("role", GRANTS)
def test_grants_of_the_default_deployment(templates, role):
    expected = {action: sorted(grant.on) for action, grant in GRANTS[role].items()}
    assert grants(Resolver(templates["default"]), role) == expected


def test_there_is_no_other_role(templates):
    roles = Resolver(templates["default"]).resources("AWS::IAM::Role")
    assert len(roles) == len(GRANTS)
    assert not any("ManagedPolicyArns" in role or "Policies" in role for role in roles.values())


def test_sagemaker_assumes_the_job_role_for_jobs_and_rules_of_this_account_only(templates):
    assert trust(Resolver(templates["default"]), "JobRole") == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {
                    "aws:SourceArn": [JOBS, JOBS.replace("training-job", "processing-job")]
                },
            },
        }
    ]


def test_step_functions_assumes_the_state_machine_role_for_this_machine_only(templates):
    (statement,) = trust(Resolver(templates["default"]), "TrainingRole")
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": [MACHINE, f"{MACHINE}:*"]},
    }


def test_without_a_choice_the_account_decides_who_launches(templates):
    (statement,) = trust(Resolver(templates["default"]), "LauncherRole")
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_irsa_trusts_the_listed_service_accounts_of_the_cluster(templates):
    (statement,) = trust(Resolver(templates["existing-vpc"]), "LauncherRole")
    issuer = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": IRSA["launcher_oidc_provider"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": [
                    "system:serviceaccount:kubeflow:pipeline-runner",
                    "system:serviceaccount:team-a:default-editor",
                ],
            }
        },
    }


def test_pod_identity_trusts_each_service_account_and_associates_it(templates):
    resolver = Resolver(templates["everything"])
    statements = [
        each
        for each in trust(resolver, "LauncherRole")
        if each["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    ]
    named = {
        (
            each["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-namespace"],
            each["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"],
        )
        for each in statements
    }
    assert named == {("kubeflow", "pipeline-runner"), ("team-a", "default-editor")}
    for each in statements:
        assert each["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        cluster = each["Condition"]["StringEquals"]["aws:RequestTag/eks-cluster-arn"]
        assert cluster == f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/ml"
    associated = resolver.resources("AWS::EKS::PodIdentityAssociation").values()
    assert {(each["Namespace"], each["ServiceAccount"]) for each in associated} == named


def trusted(**context):
    """The pairs that the trust policy of these settings admits, and its size."""
    settings = read_settings({"launcher_eks_cluster": "ml", **context})
    document = launcher_trust(settings, "aws", "us-east-1", ACCOUNT)
    pairs = [
        (namespace, name)
        for each in document["Statement"]
        for namespace in listed(
            each["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-namespace"]
        )
        for name in listed(
            each["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"]
        )
    ]
    return document["Statement"], pairs


def test_many_service_accounts_of_a_name_are_one_statement():
    accounts = [f"team-{number}/default-editor" for number in range(60)]
    statements, pairs = trusted(launcher_service_accounts=accounts)
    assert len(statements) == 1
    assert sorted(map("/".join, pairs)) == sorted(accounts)
    assert len(json.dumps(statements, separators=(",", ":"))) < 2048


def test_no_service_account_is_trusted_that_is_not_listed():
    accounts = ["a/x", "b/x", "a/y", "b/y", "a/z", "c/x2"]
    statements, pairs = trusted(launcher_service_accounts=accounts)
    assert sorted(map("/".join, pairs)) == sorted(accounts)
    assert len(statements) == 3


def test_a_trust_policy_that_iam_would_refuse_is_a_problem_of_the_settings():
    accounts = [f"team-{number}/default-editor" for number in range(200)]
    context = {"launcher_eks_cluster": "ml", "launcher_service_accounts": accounts}
    with pytest.raises(InvalidSettings, match=r"launcher_service_accounts: .*allowed: 2048"):
        read_settings(context, RULES)


def test_named_principals_are_trusted(templates):
    principals = [
        each["Principal"]
        for each in trust(Resolver(templates["everything"]), "LauncherRole")
        if each["Principal"] != {"Service": "pods.eks.amazonaws.com"}
    ]
    assert principals == [{"AWS": EVERYTHING["launcher_principals"][0]}]


def test_the_boundary_is_on_every_role(templates):
    roles = Resolver(templates["everything"]).resources("AWS::IAM::Role").values()
    boundaries = {role.get("PermissionsBoundary") for role in roles}
    assert boundaries == {EVERYTHING["permissions_boundary"]}


def test_assume_role_is_allowed_on_the_listed_roles_only(templates):
    everything = grants(Resolver(templates["everything"]), "TrainingRole")
    assert everything["sts:AssumeRole"] == EVERYTHING["assumable_roles"]


def test_data_of_the_settings_is_granted_by_prefix(templates):
    found = grants(Resolver(templates["everything"]), "JobRole")
    written = [f"{BUCKET}/*", "arn:aws:s3:::results/rl/*"]
    assert found["s3:PutObject"] == sorted(written)
    read = ["arn:aws:s3:::datasets/*", "arn:aws:s3:::shared/rl/*"]
    assert found["s3:GetObject"] == sorted([*written, *read])
    assert f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/rl" in found["ecr:BatchGetImage"]
    lists = {
        each["Resource"]: each.get("Condition")
        for each in Resolver(templates["everything"]).policy("JobRole")
        if each["Action"] == "s3:ListBucket"
    }
    assert lists["arn:aws:s3:::shared"] == {"StringLike": {"s3:prefix": ["rl", "rl/*"]}}
    assert lists["arn:aws:s3:::datasets"] is None
