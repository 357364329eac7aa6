"""What the local SageMaker refuses, in SageMaker's words."""

import copy

import botocore.session
import pytest

from local_aws.sagemaker.api.request_check import check_request
from local_aws.sagemaker.api.request_rules import check_rules
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.wire import without_nulls

REQUEST = {
    "TrainingJobName": "job-1",
    "RoleArn": "arn:aws:iam::123456789012:role/JobRole",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


@pytest.fixture(scope="module")
def shape():
    model = botocore.session.get_session().get_service_model("sagemaker")
    return model.operation_model("CreateTrainingJob").input_shape


def changed(**fields):
    request = copy.deepcopy(REQUEST)
    for path, value in fields.items():
        *parents, name = path.split("__")
        target = request
        for parent in parents:
            target = target[parent]
        target[name] = value
    return without_nulls(request)


def refusal(check, *arguments):
    with pytest.raises(SageMakerError) as caught:
        check(*arguments)
    return f"{caught.value.code}: {caught.value.message}"


def test_a_good_request_passes(shape):
    request = changed(
        Tags=[{"Key": "ünï cöde", "Value": ""}],
        Environment={"A_1": "any\nthing"},
        HyperParameters={"k": "v"},
        VpcConfig=None,
    )
    check_request(shape, request)
    check_rules(request)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"TrainingJobName": "bad_name"},
            "Value 'bad_name' at 'trainingJobName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        (
            {"TrainingJobName": "n" * 64},
            f"Value '{'n' * 64}' at 'trainingJobName' failed to satisfy constraint: Member must "
            "have length less than or equal to 63",
        ),
        (
            {"TrainingJobName": "trailing\n"},
            "Value 'trailing\n' at 'trainingJobName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"AlgorithmSpecification__TrainingInputMode": "Carrier pigeon"},
            "Value 'Carrier pigeon' at 'algorithmSpecification.trainingInputMode' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]",
        ),
        (
            {"StoppingCondition__MaxRuntimeInSeconds": 0},
            "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            {"Tags": [{"Key": "fine", "Value": ""}, {"Key": "", "Value": ""}]},
            "Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1",
        ),
        (
            {"Environment": {"1st": "x"}},
            "Value '1st' at 'environment' failed to satisfy constraint: Map keys must satisfy "
            "constraint: [Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]",
        ),
        (
            {"HyperParameters": {"k": "v" * 2501}},
            f"Value '{'v' * 2501}' at 'hyperParameters' failed to satisfy constraint: Map value "
            "must satisfy constraint: [Member must have length less than or equal to 2500]",
        ),
        (
            {"ResourceConfig__Colour": "red"},
            "Unknown field 'Colour' at 'resourceConfig': it is not documented",
        ),
        ({"Colour": "red"}, "Unknown field 'Colour' at 'the top level': it is not documented"),
    ],
)
def test_one_violation_of_the_model(shape, fields, message):
    expected = f"ValidationException: 1 validation error detected: {message}"
    assert refusal(check_request, shape, changed(**fields)) == expected


def test_every_violation_is_reported(shape):
    request = changed(TrainingJobName="_", OutputDataConfig={}, InputDataConfig=[])
    message = refusal(check_request, shape, request)
    assert message.startswith("ValidationException: 3 validation errors detected: ")
    for member in ("trainingJobName", "outputDataConfig.s3OutputPath", "inputDataConfig"):
        assert f"at '{member}'" in message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"ResourceConfig__InstanceCount": "1"},
            "Value '1' of type str at 'resourceConfig.instanceCount' cannot be converted to "
            "integer",
        ),
        (
            {"StoppingCondition__MaxRuntimeInSeconds": True},
            "Value True of type bool at 'stoppingCondition.maxRuntimeInSeconds' cannot be "
            "converted to integer",
        ),
        (
            {"HyperParameters": {"rate": 0.1}},
            "Value 0.1 of type float at 'hyperParameters.rate.member' cannot be converted to "
            "string",
        ),
        ({"Tags": {}}, "Value {} of type dict at 'tags' cannot be converted to list"),
    ],
)
def test_wrong_types(shape, fields, message):
    assert refusal(check_request, shape, changed(**fields)) == f"SerializationException: {message}"


SPOT = {"EnableManagedSpotTraining": True}
GROUP = {"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}


def in_groups(*groups, **resources):
    return {"ResourceConfig": {"InstanceGroups": list(groups), "VolumeSizeInGB": 1, **resources}}


def channel(name, *groups):
    source = {"S3DataSource": {"InstanceGroupNames": list(groups)} if groups else {}}
    return {"ChannelName": name, "DataSource": source}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"StoppingCondition__MaxWaitTimeInSeconds": 60},
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining "
            "is set to true",
        ),
        (SPOT, "EnableManagedSpotTraining needs both MaxRuntimeInSeconds and"),
        (
            {**SPOT, "StoppingCondition__MaxWaitTimeInSeconds": 59},
            "It must be equal to or greater than MaxRuntimeInSeconds; got 59 and 60.",
        ),
        ({"StoppingCondition__MaxRuntimeInSeconds": 2419201}, "at most 2419200; got 2419201"),
        ({"StoppingCondition": None}, "Value null at 'stoppingCondition'"),
        ({"AlgorithmSpecification__TrainingImage": None}, "TrainingImage and AlgorithmName; got n"),
        ({"AlgorithmSpecification__AlgorithmName": "a"}, "got TrainingImage and AlgorithmName"),
        ({"AlgorithmSpecification__ContainerEntrypoint": ["sh"]}, "ContainerEntrypoint is not"),
        ({"ResourceConfig__VolumeSizeInGB": None}, "ResourceConfig.VolumeSizeInGB is required"),
        ({"ResourceConfig__InstanceCount": 0}, "InstanceCount must be at least 1; got 0"),
        (
            {"ResourceConfig__InstanceGroups": [GROUP]},
            "InstanceType or InstanceCount cannot be specified with InstanceGroups",
        ),
        (in_groups(GROUP, GROUP), "Duplicate instance group name 'g'"),
        (in_groups({**GROUP, "InstanceCount": 0}), "InstanceCount must be at least 1; got 0"),
        (
            in_groups(GROUP) | {"InputDataConfig": [channel("a", "g"), channel("b")]},
            "InstanceGroupNames must be given for all channels or for none",
        ),
        ({"InputDataConfig": [channel("a", "h")]}, "there is no instance group 'h'"),
        ({"ResourceConfig__KeepAlivePeriodInSeconds": 3601}, "at most 3600; got 3601"),
        (
            {"ResourceConfig__KeepAlivePeriodInSeconds": 1, **SPOT},
            "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining",
        ),
        (
            in_groups(GROUP, KeepAlivePeriodInSeconds=1),
            "KeepAlivePeriodInSeconds is not supported with InstanceGroups",
        ),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "Tag key 'aws:x' is reserved"),
        ({"Tags": [{"Key": "AWS:x", "Value": ""}]}, "Tag key 'AWS:x' is reserved"),
        ({"Tags": [{"Key": "x", "Value": str(n)} for n in (1, 2)]}, "Duplicate tag key 'x'"),
        (
            {
                "InputDataConfig": [
                    {"ChannelName": "c", "DataSource": {"S3DataSource": {}}} for _ in range(2)
                ]
            },
            "Duplicate channel name 'c'",
        ),
        (
            {"InputDataConfig": [{"ChannelName": "c", "DataSource": {}}]},
            "Channel 'c' must have exactly one data source; got none",
        ),
        (
            {"AlgorithmSpecification__MetricDefinitions": [{"Name": "m", "Regex": "("}]},
            "Invalid regular expression '(' of metric 'm'",
        ),
    ],
)
def test_rules_across_fields(fields, message):
    assert message in refusal(check_rules, changed(**fields))


def test_groups_and_a_warm_pool_pass():
    channels = [channel("a", "g"), channel("b", "g", "h")]
    groups = in_groups(GROUP, {**GROUP, "InstanceGroupName": "h"})
    check_rules(changed(**groups, InputDataConfig=channels))
    check_rules(changed(ResourceConfig__KeepAlivePeriodInSeconds=3600))


def test_a_spot_job_may_wait_exactly_as_long_as_it_may_run():
    check_rules(changed(**SPOT, StoppingCondition__MaxWaitTimeInSeconds=60))
