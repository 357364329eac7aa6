"""Whatever is accepted, SageMaker's service model accepts in full; whatever is not, is explained.

`make properties` runs these with 10,000 generated inputs each.
"""

import json

import botocore.session
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local_aws.sagemaker.api.request_check import check_request
from tests.support.arguments import CUSTOM_IMAGE, TOOLKIT_IMAGE, without
from training_job import (
    GuardRails,
    InvalidArguments,
    TrainingArguments,
    build_request,
    parse_arguments,
)
from training_job.arguments.images.instance_types import (
    PROCESSING_INSTANCE_TYPES,
    TRAINING_INSTANCE_TYPES,
)
from training_job.arguments.model import Documented

PROFILE = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

SAGEMAKER = botocore.session.get_session().get_service_model("sagemaker")
CREATE_TRAINING_JOB = SAGEMAKER.operation_model("CreateTrainingJob").input_shape

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.text(max_size=3)
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
        st.lists(inner, max_size=3).map(lambda value: json.dumps(value, default=str)),
    ),
    max_leaves=12,
)


def documented(name):
    metadata = TrainingArguments.model_fields[name].metadata
    return next(item for item in metadata if isinstance(item, Documented))


api_keys = st.sampled_from(
    "S3Uri LocalPath S3OutputPath HookParameters CollectionConfigurations CollectionName Name "
    "Regex CollectionParameters RuleConfigurationName RuleEvaluatorImage InstanceType "
    "VolumeSizeInGB RuleParameters Key Value DataSource S3DataSource InputMode "
    "FileSystemDataSource InstanceGroupNames InstanceGroupName InstanceCount Seed".split()
)
api_values = st.recursive(
    st.one_of(
        scalars,
        st.just("s3://bucket/key"),
        st.sampled_from(sorted(PROCESSING_INSTANCE_TYPES)[:3]),
        st.text(alphabet="\n\r\u0085\u2028 abc", max_size=6),
    ),
    lambda inner: st.one_of(
        st.dictionaries(api_keys, inner, max_size=5),
        st.lists(st.dictionaries(api_keys, inner, max_size=5), max_size=3),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=10,
)
hook = st.fixed_dictionaries(
    {},
    optional={
        "S3OutputPath": st.just("s3://b/x"),
        "LocalPath": st.text(max_size=8),
        "HookParameters": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
        "CollectionConfigurations": st.lists(
            st.fixed_dictionaries({"CollectionName": st.text(max_size=4)}), max_size=3
        ),
    },
)
group = st.fixed_dictionaries(
    {
        "InstanceGroupName": st.text(alphabet="ab\n", max_size=2),
        "InstanceType": st.sampled_from(["ml.g5.xlarge", "ml.c5.xlarge", "ml.inf1.xlarge"]),
        "InstanceCount": st.one_of(st.integers(-1, 3), st.just("2")),
    }
)
s3_source = st.fixed_dictionaries(
    {"S3Uri": st.one_of(st.just("s3://b/x"), st.text(max_size=6))},
    optional={
        "S3DataType": st.sampled_from(["S3Prefix", "ManifestFile", "Other"]),
        "S3DataDistributionType": st.sampled_from(["FullyReplicated", "ShardedByS3Key"]),
        "AttributeNames": st.lists(st.text(max_size=3), max_size=2),
        "InstanceGroupNames": st.lists(st.text(alphabet="ab", max_size=2), max_size=2),
    },
)
channel = st.one_of(
    st.just("s3://b/x"),
    st.fixed_dictionaries(
        {"DataSource": st.fixed_dictionaries({"S3DataSource": s3_source})},
        optional={
            "InputMode": st.sampled_from(["File", "Pipe", "FastFile", "file"]),
            "ContentType": st.text(max_size=4),
            "ShuffleConfig": st.fixed_dictionaries({"Seed": st.integers()}),
        },
    ),
)


def values(name):
    """Values of one argument: its example, things like it, and things unlike it."""
    special = {
        "instance_type": st.sampled_from(sorted(TRAINING_INSTANCE_TYPES)),
        "hyperparameters": st.dictionaries(st.text(max_size=8), anything, max_size=5),
        "tags": st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5),
        "environment": st.dictionaries(
            st.text(alphabet="AB1_é", max_size=4), st.text(max_size=8), max_size=3
        ),
        "debug_hook_config": hook,
        "metric_definitions": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
        "inputs": st.dictionaries(
            st.text(alphabet="ab.-_ ", max_size=4), st.one_of(channel, anything), max_size=3
        ),
        "instance_groups": st.lists(group, max_size=6),
        "vpc_subnets": st.lists(st.text(alphabet="ab-_, ", max_size=5), max_size=3),
    }.get(name, st.nothing())
    text = st.text(alphabet="s3:/ab.targz-_\né\u2028", max_size=12)
    return st.one_of(st.just(documented(name).example), special, api_values, text, anything)


@st.composite
def inputs(draw):
    typeless = without(CUSTOM_IMAGE, "instance_type")
    base = draw(st.sampled_from([CUSTOM_IMAGE, TOOLKIT_IMAGE, typeless, {}]))
    names = draw(st.lists(st.sampled_from(list(TrainingArguments.model_fields)), max_size=6))
    return base | {name: draw(values(name)) for name in names}


@PROFILE
@given(inputs())
@example(CUSTOM_IMAGE | {"debug_hook_config": {"": None}})
def test_parsed_or_explained_and_what_is_parsed_sagemaker_accepts(given):
    try:
        arguments = parse_arguments(given)
    except InvalidArguments as error:
        assert error.problems
        assert all(problem.argument and problem.message for problem in error.problems)
        return
    request = build_request(arguments, job_name="job", region=arguments.region)
    check_request(CREATE_TRAINING_JOB, json.loads(json.dumps(request)))
    assert parse_arguments(arguments.model_dump(exclude_unset=True)) == arguments


@PROFILE
@given(anything)
def test_whatever_is_given_instead_of_arguments_is_explained(given):
    try:
        parse_arguments(given)
    except InvalidArguments as error:
        assert error.problems


@PROFILE
@given(values("volume_size"), values("role"))
def test_whatever_the_deployments_defaults_are(size, role):
    rails = GuardRails(argument_defaults={"volume_size": size, "role": role})
    try:
        parse_arguments(CUSTOM_IMAGE, rails)
    except InvalidArguments as error:
        assert {problem.argument for problem in error.problems} <= {"volume_size"}


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        (TRAINING_INSTANCE_TYPES, "TrainingInstanceType"),
        (PROCESSING_INSTANCE_TYPES, "ProcessingInstanceType"),
    ],
)
def test_instance_types_are_the_service_models(table, shape):
    message = "training_job/arguments/images/instance_types.json is stale: run make generate"
    assert table == set(SAGEMAKER.shape_for(shape).enum), message
