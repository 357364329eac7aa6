"""What a synth checks where it knows the region: the CDK CLI says it to the app."""

import json
import subprocess

import pytest

from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from infra.settings.region import in_region
from tests.support.deploying import deployment

ROLE = "arn:aws-cn:iam::210987654321:role/submitter"
ENDPOINT = "https://vpce-1.states.{}.vpce.amazonaws.com"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"assumable_roles": ROLE},
            (
                "assumable_roles",
                f"got {ROLE}; the deployment is in eu-west-1, of the partition aws: no role is "
                "assumed across partitions",
            ),
        ),
        (
            {"argument_defaults": {"region": "us-east-1"}},
            ("argument_defaults", "region: got us-east-1; the deployment is in eu-west-1"),
        ),
        (
            {"argument_defaults": {"endpoint_url": ENDPOINT.format("us-east-1")}},
            (
                "argument_defaults",
                f"endpoint_url: got {ENDPOINT.format('us-east-1')}; the deployment is in eu-west-1",
            ),
        ),
    ],
)
def test_settings_of_another_region(settings, problem):
    assert read_settings(settings)
    with pytest.raises(InvalidSettings) as raised:
        read_settings(settings, in_region("eu-west-1"))
    assert raised.value.problems == [problem]


@pytest.mark.parametrize(
    ("region", "settings"),
    [
        ("cn-north-1", {"assumable_roles": ROLE}),
        ("xx-new-1", {"assumable_roles": ROLE}),
        ("eu-west-1", {"argument_defaults": {"region": "eu-west-1"}}),
        ("eu-west-1", {"argument_defaults": {"endpoint_url": ENDPOINT.format("eu-west-1")}}),
        ("eu-west-1", {"argument_defaults": {"endpoint_url": "http://127.0.0.1:4566"}}),
    ],
)
def test_settings_of_the_region(region, settings):
    assert read_settings(settings, in_region(region))


def test_the_app_checks_with_the_region_that_the_cdk_cli_tells(tmp_path):
    context = {**deployment.cdk_json()["context"], "assumable_roles": [ROLE]}
    with pytest.raises(subprocess.CalledProcessError) as raised:
        deployment.run(
            ["-m", "infra.app"],
            CDK_OUTDIR=str(tmp_path),
            CDK_CONTEXT_JSON=json.dumps(context),
            CDK_DEFAULT_REGION="eu-west-1",
        )
    assert "the deployment is in eu-west-1, of the partition aws" in raised.value.stderr
