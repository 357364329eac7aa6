"""Every IAM action that a page names is one."""

import re
from fnmatch import fnmatchcase

import pytest

from tests.unit.docs.pages import PAGES, blocks, name
from tests.unit.docs.programs import aws
from tests.unit.docs.shell import inline

SERVICES = {
    # The prefix of an action: the services of botocore whose operations it has.
    "access-analyzer": "accessanalyzer",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "ecr": "ecr",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "sts": "sts",
    "xray": "xray",
}
NO_OPERATION = {
    "iam:PassRole",  # asked of whoever gives a service a role
    "lambda:InvokeFunction",  # the operation is Invoke
    "s3:ListBucket",  # the operation is ListObjectsV2
    # Asked of whoever has a service write to a log; no operations of an SDK.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:UpdateLogDelivery",
}
"""Actions that have no operation of their name."""
CONDITION_KEYS = {
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    "sagemaker:InstanceTypes",
    "sagemaker:KeepAlivePeriod",
    "sagemaker:MaxRuntimeInSeconds",
    "sagemaker:OutputKmsKeyArn",
    "aws:RequestTag",
}
ACTION = re.compile(r"([a-z0-9-]+):([A-Z]\w*\*?|\*)")


def is_one(prefix, action):
    """Whether an action, or a pattern of actions, is one of a service's."""
    if f"{prefix}:{action}" in NO_OPERATION:
        return True
    if prefix not in SERVICES:
        return False
    operations = aws.model(SERVICES[prefix]).operation_names
    return any(fnmatchcase(operation, action) for operation in operations)


def named(page):
    """Return what stands between backticks, or in JSON between quotes, and looks like an action."""
    quoted = [
        text
        for block in blocks("json")
        if block.page == page
        for text in re.findall(r'"([^"]+)"', block.text)
    ]
    return {code for code in [*inline(page), *quoted] if ACTION.fullmatch(code)}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_action_of_iam_is_one(page):
    actions = {each for each in named(page) if each not in CONDITION_KEYS}
    assert {each for each in actions if not is_one(*ACTION.fullmatch(each).groups())} == set()


def test_the_pages_name_actions_and_what_is_none_is_noticed():
    assert len(set().union(*map(named, PAGES))) > 60
    for wrong in ("states:StartExecutions", "s3:PutObjects", "step:StartExecution", "kms:Encode*"):
        assert not is_one(*wrong.split(":"))


def test_no_exception_is_idle():
    every = set().union(*map(named, PAGES))
    assert every >= NO_OPERATION | CONDITION_KEYS
