"""The extras become what the SageMaker SDK's Estimator sends for its arguments of that name.

tests/support/recordings/record_sdk_requests.py recorded sdk_requests.json.
"""

import json
from pathlib import Path

import pytest

from tests.support.arguments import CUSTOM_IMAGE, without
from training_job import build_request, parse_arguments

CASES = json.loads(Path(__file__).with_name("sdk_requests.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_request_equals_the_sdks(case):
    given = without(CUSTOM_IMAGE, "instance_type") | case["arguments"]
    sent = build_request(parse_arguments(given), job_name="job", region="us-east-1")
    assert {name: sent[name] for name in case["request"]} == case["request"]
    assert ("InputDataConfig" in sent) == ("InputDataConfig" in case["request"])
