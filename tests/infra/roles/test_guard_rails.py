"""The guard rails in IAM: evaluated with the synthesized policy, whoever calls SageMaker."""

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tests.support.template.deployments import ACCOUNT, GUARD_RAILS
from tests.support.template.resolving import Resolver

WITHIN = {
    "sagemaker:instancetypes": ["ml.m5.large"],
    "sagemaker:maxruntimeinseconds": "3600",
    "sagemaker:keepaliveperiod": "600",
    "sagemaker:outputkmskeyarn": GUARD_RAILS["required_encryption_key"],
    "aws:requesttag/team": "ml",
}


OLD_NAME = {
    "sagemaker:outputkmskeyarn": None,
    "sagemaker:outputkmskey": GUARD_RAILS["required_encryption_key"],
}


def without_nothing(context):
    return {key: value for key, value in context.items() if value is not None}


def decision(template, action, resource, context):
    statements = Resolver(template).policy("TrainingRole")
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/TrainingRole/execution"
    request = EvalContext(
        role, "AssumedRole", ACCOUNT, action, resource, "us-east-1", service_context=context
    )
    document = {"Version": "2012-10-17", "Statement": statements}
    return evaluate(request, [parse_policy_document(document)]).decision


def create(template, context):
    job = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/job"
    return decision(template, "sagemaker:CreateTrainingJob", job, context)


def test_a_job_within_every_guard_rail_is_allowed(templates):
    assert create(templates["everything"], WITHIN) == "Allow"


def test_a_request_may_be_known_by_the_deprecated_key_of_its_encryption(templates):
    assert create(templates["everything"], without_nothing({**WITHIN, **OLD_NAME})) == "Allow"


def test_a_warm_pool_is_not_needed_and_not_allowed_unless_a_setting_says_so(templates):
    assert create(templates["everything"], WITHIN | {"sagemaker:keepaliveperiod": "0"}) == "Allow"
    plain = without_nothing({**WITHIN, "sagemaker:keepaliveperiod": None})
    assert create(templates["everything"], plain) == "Allow"
    assert create(templates["default"], plain) == "Allow"
    assert create(templates["default"], WITHIN) != "Allow"


@pytest.mark.parametrize(
    "change",
    [
        {"sagemaker:instancetypes": ["ml.p4d.24xlarge"]},
        {"sagemaker:instancetypes": ["ml.m5.large", "ml.p4d.24xlarge"]},
        {"sagemaker:instancetypes": None},
        {"sagemaker:maxruntimeinseconds": "3601"},
        {"sagemaker:keepaliveperiod": "601"},
        {"sagemaker:outputkmskeyarn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"},
        {"sagemaker:outputkmskeyarn": None},
        {**OLD_NAME, "sagemaker:outputkmskey": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"},
        {**OLD_NAME, "sagemaker:maxruntimeinseconds": "3601"},
        {**OLD_NAME, "aws:requesttag/team": None},
        {"aws:requesttag/team": None},
    ],
    ids=str,
)
def test_a_job_beyond_a_guard_rail_is_denied(templates, change):
    assert create(templates["everything"], without_nothing({**WITHIN, **change})) != "Allow"


@pytest.mark.parametrize(
    ("role", "service", "expected"),
    [
        ("JobRole014917C6", "sagemaker.amazonaws.com", "Allow"),
        ("trainer", "sagemaker.amazonaws.com", "Allow"),
        ("JobRole014917C6", "ec2.amazonaws.com", "ImplicitDeny"),
        ("admin", "sagemaker.amazonaws.com", "ImplicitDeny"),
    ],
)
def test_only_the_job_roles_are_passed_and_only_to_sagemaker(templates, role, service, expected):
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    context = {"iam:passedtoservice": service}
    assert decision(templates["everything"], "iam:PassRole", arn, context) == expected
