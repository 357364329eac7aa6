"""The requests that RLEstimator sends for the same arguments, and the inputs to be rejected.

parity_cases.json holds recordings of RLEstimator of the SageMaker Python SDK 2.257.7; its `meta`
tells what was removed from them.
"""

import itertools
import json
from pathlib import Path

import pytest

from tests.support.arguments import TOOLKIT_IMAGE
from training_job import InvalidArguments, build_request, parse_arguments
from training_job.arguments.images.image import TOOLKITS

CASES = json.loads(Path(__file__).with_name("parity_cases.json").read_text())
IMAGES = json.loads(
    Path(__file__).parents[3].joinpath("training_job/arguments/images/rl_images.json").read_text()
)


@pytest.mark.parametrize("case", CASES["requests"], ids=lambda case: case["name"])
def test_request_equals_the_recorded_one(case):
    arguments = parse_arguments(case["arguments"])
    request = build_request(arguments, job_name=arguments.job_name, region=arguments.region)
    assert request == case["request"]


@pytest.mark.parametrize("case", CASES["rejected"], ids=lambda case: case["name"])
def test_rejection_names_the_argument(case):
    with pytest.raises(InvalidArguments) as caught:
        parse_arguments(case["arguments"])
    named = {problem.argument for problem in caught.value.problems}
    assert named & set(case["problem_names_one_of"])


VERSIONS = sorted({version for versions in TOOLKITS.values() for version in versions})
REGIONS = sorted({region for group in IMAGES["registries"].values() for region in group})
COMBINATIONS = list(
    itertools.product(TOOLKITS, [*VERSIONS, "9.9"], ["mxnet", "pytorch", "tensorflow"])
)


@pytest.mark.parametrize(("toolkit", "version", "framework"), COMBINATIONS)
def test_image_matrix(toolkit, version, framework):
    """Every combination, in every region, on CPU and GPU: its image, or an error naming it."""
    known = TOOLKITS[toolkit].get(version, {}).get(framework)
    for region, instance_type in itertools.product(
        [*REGIONS, "eu-south-2"], ["ml.m5.xlarge", "ml.g5.xlarge"]
    ):
        chosen = {"toolkit": toolkit, "toolkit_version": version, "framework": framework}
        given = TOOLKIT_IMAGE | chosen | {"region": region, "instance_type": instance_type}
        account = known and IMAGES["registries"][known["registry"]].get(region)
        if account is None:
            with pytest.raises(InvalidArguments) as caught:
                parse_arguments(given)
            named = {problem.argument for problem in caught.value.problems}
            assert named == ({"region"} if known else named & set(chosen))
            assert named
            continue
        request = build_request(parse_arguments(given), job_name="j", region=region)
        processor = "gpu" if instance_type == "ml.g5.xlarge" else "cpu"
        image = request["AlgorithmSpecification"]["TrainingImage"]
        suffix = IMAGES["dns_suffixes"].get(region, "amazonaws.com")
        tag = known["tag"].format(processor=processor)
        assert image == f"{account}.dkr.ecr.{region}.{suffix}/{known['repository']}:{tag}"
