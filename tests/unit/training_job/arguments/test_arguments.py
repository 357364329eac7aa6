"""The model of the arguments: no dead argument, every accepted form, every limit."""

import json
from typing import Any

import pytest

from tests.support.arguments import CUSTOM_IMAGE, TOOLKIT_IMAGE, without
from training_job import (
    GuardRails,
    InvalidArguments,
    TrainingArguments,
    build_request,
    parse_arguments,
)
from training_job.arguments.checking import accepted, check
from training_job.arguments.model import Documented
from training_job.arguments.parsing import wording
from training_job.attempt import ExecutionContext, Progress
from training_job.request.submission import submission

DOCUMENTED = (
    "region endpoint_url assume_role job_name role image entry_point source_dir toolkit "
    "toolkit_version framework metric_definitions training_input_mode hyperparameters "
    "instance_type instance_count volume_size max_run model_artifact_path output_encryption_key "
    "vpc_security_group_ids vpc_subnets spot_instance max_wait_time checkpoint_config "
    "debug_hook_config debug_rule_config tags"
).split()
EXTRAS = (
    "network_isolation traffic_encryption environment inputs initial_model instance_groups "
    "keep_alive tensorboard_path capacity_wait fallback_instance_types max_attempts "
    "fail_on_rule_issues dry_run"
).split()

IN_A_VPC = CUSTOM_IMAGE | {"vpc_subnets": "subnet-1", "vpc_security_group_ids": "sg-1"}

GROUPS = [
    {"InstanceGroupName": "trainer", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    {"InstanceGroupName": "rollouts", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 4},
]

# For each argument: base arguments, and another valid value that must make a difference.
OTHER: dict[str, tuple[dict[str, Any], Any]] = {
    "region": (TOOLKIT_IMAGE, "eu-west-1"),
    "endpoint_url": (CUSTOM_IMAGE, "https://vpce-1.states.us-east-1.vpce.amazonaws.com"),
    "assume_role": (CUSTOM_IMAGE, "arn:aws:iam::111122223333:role/Submitter"),
    "job_name": (CUSTOM_IMAGE, "my-job"),
    "role": (CUSTOM_IMAGE, "arn:aws:iam::123456789012:role/Other"),
    "image": (CUSTOM_IMAGE, "123456789012.dkr.ecr.us-east-1.amazonaws.com/other:2"),
    "entry_point": (CUSTOM_IMAGE, "code/main.py"),
    "source_dir": (CUSTOM_IMAGE, "s3://bucket/other.tar.gz"),
    "toolkit": (TOOLKIT_IMAGE | {"toolkit_version": "0.11", "framework": "mxnet"}, "coach"),
    "toolkit_version": (TOOLKIT_IMAGE, "0.8.5"),
    "framework": (TOOLKIT_IMAGE, "pytorch"),
    "metric_definitions": (CUSTOM_IMAGE, {"reward": "reward: (.*)"}),
    "training_input_mode": (CUSTOM_IMAGE, "Pipe"),
    "hyperparameters": (CUSTOM_IMAGE, {"lr": 0.1}),
    "instance_type": (CUSTOM_IMAGE, "ml.c5.xlarge"),
    "instance_count": (CUSTOM_IMAGE, 2),
    "volume_size": (CUSTOM_IMAGE, 31),
    "max_run": (CUSTOM_IMAGE, 3600),
    "model_artifact_path": (CUSTOM_IMAGE, "s3://elsewhere"),
    "output_encryption_key": (CUSTOM_IMAGE, "alias/key"),
    "vpc_security_group_ids": (IN_A_VPC, "sg-1,sg-2"),
    "vpc_subnets": (IN_A_VPC, "subnet-1,subnet-2"),
    "spot_instance": (CUSTOM_IMAGE, True),
    "max_wait_time": (CUSTOM_IMAGE | {"spot_instance": True}, 90_000),
    "checkpoint_config": (CUSTOM_IMAGE, {"S3Uri": "s3://bucket/checkpoints"}),
    "debug_hook_config": (CUSTOM_IMAGE, {"LocalPath": "/opt/ml/tensors"}),
    "debug_rule_config": (
        CUSTOM_IMAGE,
        [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "1.dkr.ecr/x"}],
    ),
    "tags": (CUSTOM_IMAGE, {"team": "rl"}),
    "network_isolation": (CUSTOM_IMAGE, True),
    "traffic_encryption": (CUSTOM_IMAGE, True),
    "environment": (CUSTOM_IMAGE, {"A": "1"}),
    "inputs": (CUSTOM_IMAGE, {"train": "s3://bucket/episodes"}),
    "initial_model": (CUSTOM_IMAGE, "s3://bucket/model.tar.gz"),
    "instance_groups": (without(CUSTOM_IMAGE, "instance_type"), GROUPS),
    "keep_alive": (CUSTOM_IMAGE, 600),
    "tensorboard_path": (CUSTOM_IMAGE, "s3://bucket/tensorboard"),
    "capacity_wait": (CUSTOM_IMAGE, 3600),
    "fallback_instance_types": (CUSTOM_IMAGE, ["ml.m5.2xlarge"]),
    "max_attempts": (CUSTOM_IMAGE, 1),
    "fail_on_rule_issues": (CUSTOM_IMAGE, True),
    "dry_run": (CUSTOM_IMAGE, True),
}
# Their place is not the request: the launcher's client (its own tests), the state that calls
# SageMaker and the judge, both of which get what BuildRequest returns.
BESIDE_THE_REQUEST = {"assume_role", "fallback_instance_types", "max_attempts"} | {
    "capacity_wait",
    "fail_on_rule_issues",
    "dry_run",
}
LAUNCHER_ONLY = {"endpoint_url"}


def parse(**given: Any) -> TrainingArguments:
    return parse_arguments(given)


def request(given: dict[str, Any]) -> dict[str, Any]:
    arguments = parse_arguments(given)
    name = arguments.job_name or "job"
    return build_request(arguments, job_name=name, region=arguments.region)


def problems(given: Any, guard_rails: GuardRails | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidArguments) as caught:
        parse_arguments(given, guard_rails)
    return caught.value.problems


def submitted(given: dict[str, Any]) -> dict[str, Any]:
    arn = f"arn:aws:states:{given['region']}:123456789012:execution:RlTraining:x"
    return submission(
        given,
        guard_rails=GuardRails(),
        execution=ExecutionContext(arn, "2026-01-31T10:00:00Z"),
        progress=Progress(),
        now="2026-01-31T10:00:01Z",
    ).to_json()


def test_arguments_are_the_documented_ones_and_the_extras():
    assert list(TrainingArguments.model_fields) == DOCUMENTED + EXTRAS
    assert len(DOCUMENTED) == 28


@pytest.mark.parametrize("name", TrainingArguments.model_fields)
def test_no_dead_argument(name):
    base, other = OTHER[name]
    changed = base | {name: other}
    if name in LAUNCHER_ONLY:
        assert parse(**changed) != parse(**base)
    elif name in BESIDE_THE_REQUEST:
        assert submitted(changed) != submitted(base)
    else:
        first = base if name != "toolkit" else base | {"framework": "tensorflow"}
        first = first | ({"toolkit_version": "0.8.5"} if name == "toolkit" else {})
        assert request(changed) != request(first)


@pytest.mark.parametrize("name", TrainingArguments.model_fields)
def test_every_argument_is_documented_and_its_example_is_valid(name):
    field = TrainingArguments.model_fields[name]
    documented = [item for item in field.metadata if isinstance(item, Documented)]
    assert len(documented) == 1
    assert field.description
    base = TOOLKIT_IMAGE if name.startswith("toolkit") else OTHER[name][0]
    partner = {"vpc_security_group_ids": "sg-1", "vpc_subnets": "subnet-1"}
    beside = partner if name in partner else {}
    parse(**base | beside | {name: documented[0].example})


ACCEPTED: list[tuple[str, Any, Any]] = [
    *[("instance_count", form, 2) for form in (2, 2.0, "2", " 2 ", "2.0")],
    *[("spot_instance", form, True) for form in (True, "True", "true", "yes", "on", "1", 1, "T")],
    *[("spot_instance", form, False) for form in (False, "False", "no", "0", 0, "off", "n")],
    *[("vpc_subnets", form, ["a", "b"]) for form in ("a,b", " a , b ", ["a", "b"], '["a", "b"]')],
    *[("hyperparameters", form, {"a": 1}) for form in ({"a": 1}, '{"a": 1}', '{"a": 1,}')],
    ("hyperparameters", "{'a': 1, 'b': 'x,}'}", {"a": 1, "b": "x,}"}),
    ("hyperparameters", '{"a": "1,]", "b": [1, 2,],}', {"a": "1,]", "b": [1, 2]}),
    *[
        ("tags", form, {"k": "v", "n": "1"})
        for form in (
            {"k": "v", "n": 1},
            '{"k": "v", "n": 1}',
            [{"Key": "k", "Value": "v"}, {"Key": "n", "Value": 1}],
        )
    ],
    ("framework", "TensorFlow", "tensorflow"),
    ("framework", "MXNet", "mxnet"),
    ("role", f" {CUSTOM_IMAGE['role']}\n", CUSTOM_IMAGE["role"]),
    ("max_run", 432_000, 432_000),
    ("volume_size", 30.0, 30),
    *[
        ("output_encryption_key", key, key)
        for key in ("alias/k", "1a2b-3c", "arn:aws:kms:us-east-1:123456789012:key/a-b")
    ],
    *[
        ("endpoint_url", url, url)
        for url in ("http://127.0.0.1:4566", "http://[::1]:1", "https://localhost")
    ],
]


@pytest.mark.parametrize(("name", "form", "value"), ACCEPTED)
def test_accepted_forms(name, form, value):
    beside = {"vpc_security_group_ids": "sg-1"} if name == "vpc_subnets" else {}
    assert getattr(parse(**CUSTOM_IMAGE | beside | {name: form}), name) == value


def test_metric_definitions_as_map_and_as_list():
    as_list = [{"Name": "a", "Regex": "a: (.*)"}, {"Name": "b", "Regex": "b: (.*)"}]
    as_map = {"a": "a: (.*)", "b": "b: (.*)"}
    for form in (as_list, as_map, json.dumps(as_list), json.dumps(as_map)):
        sent = request(CUSTOM_IMAGE | {"metric_definitions": form})
        assert sent["AlgorithmSpecification"]["MetricDefinitions"] == as_list


@pytest.mark.parametrize("name", without(dict.fromkeys(DOCUMENTED + EXTRAS), *CUSTOM_IMAGE))
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_and_blank_mean_not_given(name, nothing):
    assert parse(**CUSTOM_IMAGE | {name: nothing}) == parse(**CUSTOM_IMAGE)


def test_zero_and_false_are_values():
    assert (
        request(CUSTOM_IMAGE | {"hyperparameters": {"a": 0, "b": False, "c": None}})[
            "HyperParameters"
        ].items()
        >= {"a": "0", "b": "false", "c": "null"}.items()
    )
    assert problems(CUSTOM_IMAGE | {"instance_count": 0})[0][0] == "instance_count"


def _attributes(names):
    return {"train": {"DataSource": {"S3DataSource": {"S3Uri": "s3://b", "AttributeNames": names}}}}


REJECTED: list[tuple[str, Any, str]] = [
    ("instance_count", True, "whole number"),
    ("instance_count", 1.5, "got 1.5"),
    ("instance_count", "two", 'got "two"'),
    ("instance_count", 2**31, "less than or equal"),
    ("spot_instance", "maybe", "true or false"),
    ("spot_instance", 2, "true or false"),
    ("max_run", 432_001, "432000"),
    ("max_run", 2_419_201, "2419200"),
    ("max_wait_time", 432_001, "432000"),
    ("entry_point", "/train.py", "relative path"),
    ("entry_point", "../train.py", "relative path"),
    ("entry_point", "./train.py", "relative path"),
    ("entry_point", "s3://b/train.py", "relative path"),
    ("entry_point", "my train.py", "relative path"),
    ("source_dir", "s3://b/prefix/", ".tar.gz"),
    ("source_dir", "S3://b/a.tar.gz", "s3://"),
    ("source_dir", "/home/me/code", "s3://"),
    ("role", "MyRole", "ARN"),
    ("role", "arn:aws:iam::123456789012:user/me", "ARN"),
    ("job_name", "a_b", "letters"),
    ("job_name", "a" * 64, "63"),
    ("job_name", "-a", "letters"),
    ("job_name", "a-", "letters"),
    ("toolkit", "vw", "coach or ray"),
    ("toolkit_version", 1.6, "quotes"),
    ("metric_definitions", {"Name": "a", "Regex": "b"}, "list of {Name, Regex}"),
    ("metric_definitions", [{"Name": "a"}], "Regex is missing"),
    ("metric_definitions", {f"m{i}": "x" for i in range(41)}, "40"),
    ("metric_definitions", {"a": "x" * 501}, "500"),
    ("hyperparameters", ["a"], "map"),
    ("hyperparameters", "not json", "cannot be read as JSON"),
    ("hyperparameters", {"sagemaker_program": "x"}, "reserved"),
    ("hyperparameters", {f"k{i}": i for i in range(94)}, "94"),
    ("hyperparameters", {"k": "v" * 2499}, "2501"),
    ("hyperparameters", {"k" * 257: 1}, "too long"),
    ("hyperparameters", {"a": float("nan")}, "NaN"),
    ("hyperparameters", '{"a": Infinity}', "infinite"),
    ("checkpoint_config", {"LocalPath": "/x"}, "S3Uri is missing"),
    ("checkpoint_config", {"S3Uri": "s3://b", "s3uri": "x"}, "s3uri is not a key"),
    ("debug_hook_config", {"CollectionConfiguration": []}, "is not a key"),
    ("debug_hook_config", {"HookParameters": {"a": 1}}, "HookParameters.a"),
    ("debug_hook_config", {"CollectionConfigurations": [{}]}, "CollectionName is missing"),
    ("debug_rule_config", [{"RuleConfigurationName": "a"}], "RuleEvaluatorImage is missing"),
    ("debug_rule_config", {"RuleConfigurationName": "a"}, "list"),
    ("tags", {"aws:x": "1"}, "AWS's own"),
    ("tags", {"MANAGED_BY_AWS": "1"}, "Step Functions' own"),
    ("tags", {f"k{i}": "" for i in range(49)}, "49"),
    ("tags", {"a": ["b"]}, "text or a number"),
    ("tags", {"a?": "b"}, "letters, digits"),
    ("tags", [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "once"),
    ("vpc_subnets", ",".join(f"subnet-{i}" for i in range(17)), "16"),
    ("vpc_security_group_ids", [f"sg-{i}" for i in range(6)], "5"),
    ("vpc_subnets", "subnet_1", "comma-delimited"),
    ("output_encryption_key", "my key", "KMS key"),
    ("model_artifact_path", "https://b.s3.amazonaws.com/x", "s3://"),
    ("endpoint_url", "http://states.us-east-1.amazonaws.com", "https"),
    ("endpoint_url", "https://states.eu-west-1.amazonaws.com", "us-east-1"),
    ("endpoint_url", "https://[bad", "no URL"),
    ("environment", {"1A": "x"}, "names to text"),
    ("environment", {"A": 1}, "names to text"),
    ("environment", {f"A{i}": "" for i in range(101)}, "100"),
    ("environment", {"A": 1}, "got a number (not repeated here)"),
    ("environment", {"1A": "x"}, 'has the key "1A"; must be a name'),
    ("tags", {"": "x"}, 'has the key ""; must be 1 to 128'),
    ("tags", {"a b": "~"}, 'tags["a b"] got "~"; must be at most 256'),
    ("role", ["x"], "must be text; allowed"),
    ("role", 3, "must be text; write it in quotes"),
    ("checkpoint_config", {"S3Uri": "b"}, "must be an S3 URI, s3://BUCKET/PREFIX"),
    ("inputs", {"train": {"DataSource": 3}}, "inputs.train.DataSource got 3; must be a map"),
    ("inputs", {"a train": "s3://b"}, 'has the key "a train"; must be a channel\'s name'),
    ("inputs", _attributes(["a"] * 17), "AttributeNames got a list of 17; must be at most 16"),
    ("inputs", _attributes([3]), "AttributeNames[0] got 3; must be a name"),
    ("instance_type", "m5.large", "did you mean ml.m5.large?"),
    ("instance_type", "ml.m5.huge", "like it are ml.m5.large"),
    ("fallback_instance_types", ["ml.banana"], "unknown to SageMaker"),
    ("max_attempts", 11, "10"),
    ("instance_type", "ml.m5.xlarg", "ml.m5.xlarge"),
    ("region", "us-east", "region name"),
]


@pytest.mark.parametrize(("name", "value", "says"), REJECTED)
def test_rejected_values_say_what_is_allowed(name, value, says):
    beside = {"vpc_security_group_ids": "sg-1", "vpc_subnets": "subnet-1"}
    found = problems(CUSTOM_IMAGE | beside | {name: value})
    assert [argument for argument, _ in found] == [name]
    assert says in found[0][1]


@pytest.mark.parametrize("text", ["x", "RlTraining", "two words", "?!"])
@pytest.mark.parametrize("name", TrainingArguments.model_fields)
def test_a_wrong_text_is_told_what_is_meant_and_not_a_length(name, text):
    given = without(CUSTOM_IMAGE, name) | {name: text}
    _, found = check(TrainingArguments, given, (), wording(GuardRails()))
    for argument, message in found:
        assert argument == name
        assert message.endswith(
            f"allowed: {accepted(TrainingArguments.model_fields[name]).allowed}"
        )
        assert "character" not in message.partition("allowed: ")[0]


def test_all_problems_at_once_in_documented_order():
    found = problems(
        {
            "region": "us-east-1",
            "entry_point": "../x",
            "instanse_type": "ml.m5.xlarge",
            "vpc_subnets": "subnet-1",
            "spot_instance": True,
            "max_run": 100_000,
            "max_wait_time": 50,
            "tags": {"aws:a": "b"},
        }
    )
    assert [argument for argument, _ in found] == [
        "role",
        "entry_point",
        "source_dir",
        "toolkit",
        "toolkit_version",
        "framework",
        "model_artifact_path",
        "vpc_security_group_ids",
        "max_wait_time",
        "tags",
        "instanse_type",
    ]
    assert "did you mean instance_type?" in found[-1][1]


def test_no_message_repeats_environment_or_hyperparameters():
    secret = {"environment": {"PASSWORD": 12345678}, "hyperparameters": '{"token": "hunter2"'}
    text = str([message for _, message in problems(CUSTOM_IMAGE | secret)])
    assert "12345678" not in text
    assert "hunter2" not in text


def test_long_values_are_shortened():
    assert len(problems(CUSTOM_IMAGE | {"image": "x y" * 1000})[0][1]) < 250


@pytest.mark.parametrize("given", [[], "text", None, 3])
def test_what_is_no_map_is_one_problem(given):
    assert [name for name, _ in problems(given)] == ["arguments"]


def test_baked_in_code_needs_an_image_and_no_source():
    sent = request(without(CUSTOM_IMAGE, "source_dir"))["HyperParameters"]
    assert sent["sagemaker_program"] == '"train.py"'
    assert "sagemaker_submit_directory" not in sent
    assert problems(without(TOOLKIT_IMAGE, "source_dir"))[0][0] == "source_dir"


def test_network_isolation_brings_the_source_through_a_channel():
    sent = request(CUSTOM_IMAGE | {"network_isolation": True, "source_dir": "s3://b/my.tar.gz"})
    assert sent["EnableNetworkIsolation"] is True
    assert sent["HyperParameters"]["sagemaker_submit_directory"] == (
        '"/opt/ml/input/data/code/my.tar.gz"'
    )
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": "s3://b/my.tar.gz",
        "S3DataDistributionType": "FullyReplicated",
    }
    assert sent["InputDataConfig"] == [
        {"ChannelName": "code", "DataSource": {"S3DataSource": source}}
    ]
    assert "InputDataConfig" not in request(
        without(CUSTOM_IMAGE, "source_dir") | {"network_isolation": True}
    )


def test_a_hook_stores_beside_the_model_unless_told_otherwise():
    hook = request(CUSTOM_IMAGE | {"debug_hook_config": {"LocalPath": "/x"}})["DebugHookConfig"]
    assert hook == {"S3OutputPath": "s3://bucket/models", "LocalPath": "/x"}
    assert "DebugHookConfig" not in request(CUSTOM_IMAGE | {"debug_hook_config": {}})


def test_nothing_unasked_is_sent():
    assert set(request(CUSTOM_IMAGE)) == {
        "TrainingJobName",
        "RoleArn",
        "AlgorithmSpecification",
        "HyperParameters",
        "OutputDataConfig",
        "ResourceConfig",
        "StoppingCondition",
    }


class TestGuardRails:
    def test_defaults_lie_below_the_callers_values(self):
        rails = GuardRails(argument_defaults={"role": CUSTOM_IMAGE["role"], "volume_size": 99})
        given = without(CUSTOM_IMAGE, "role")
        assert parse_arguments(given, rails).volume_size == 99
        assert parse_arguments(given | {"volume_size": 5}, rails).volume_size == 5
        assert parse_arguments(given | {"volume_size": ""}, rails).volume_size == 99

    def test_a_wrong_default_is_named_as_the_deployments(self):
        found = problems(CUSTOM_IMAGE, GuardRails(argument_defaults={"volume_size": 0}))
        assert "the deployment's default" in found[0][1]

    @pytest.mark.parametrize(
        ("rails", "given", "argument"),
        [
            ({"region": "eu-west-1"}, {}, "region"),
            ({"max_run_limit": 3600}, {"max_run": 3601, "max_wait_time": 3600}, "max_run"),
            ({"max_run_limit": 90_000}, {"max_wait_time": 90_001}, "max_wait_time"),
            ({"assumable_roles": []}, {"assume_role": CUSTOM_IMAGE["role"]}, "assume_role"),
            ({"allowed_job_roles": ["arn:aws:iam::1:role/a"]}, {}, "role"),
            ({"allowed_instance_types": ["ml.c5.xlarge"]}, {}, "instance_type"),
            (
                {"allowed_instance_types": ["ml.m5.xlarge"]},
                {"fallback_instance_types": ["ml.c5.xlarge"]},
                "fallback_instance_types",
            ),
            ({"max_instance_count": 1}, {"instance_count": 2}, "instance_count"),
            ({"required_tags": ["team"]}, {"tags": {"a": "b"}}, "tags"),
            ({"required_encryption_key": "alias/k"}, {}, "output_encryption_key"),
        ],
    )
    def test_limits(self, rails, given, argument):
        found = problems(CUSTOM_IMAGE | given, GuardRails(**rails))
        assert [name for name, _ in found] == [argument]

    def test_a_waiting_time_that_is_neither_given_nor_sent_is_not_limited(self):
        rails = GuardRails(max_run_limit=3600)
        given = CUSTOM_IMAGE | {"max_run": 3600}
        assert parse_arguments(given, rails).max_run == 3600
        found = problems(given | {"spot_instance": True}, rails)
        assert [name for name, _ in found] == ["max_wait_time"]

    @pytest.mark.parametrize("value", ["soon", 0, 7_000_000])
    def test_a_wrong_time_is_told_the_deployments_own_limit(self, value):
        given = CUSTOM_IMAGE | {"max_run": value, "max_wait_time": value, "spot_instance": True}
        (_, run), (_, wait) = problems(given, GuardRails(max_run_limit=600))
        said = "allowed: a whole number of seconds from 1 to 600, this deployment's limit"
        assert run == f"got {json.dumps(value)}; {said}"
        assert wait == f"{run}, and with spot at least max_run"

    @pytest.mark.parametrize(
        ("spot", "kept"), [("True", True), (1, True), ("no", False), ("", True), ("maybe", False)]
    )
    def test_a_default_waiting_time_applies_with_spot_only(self, spot, kept):
        rails = GuardRails(argument_defaults={"spot_instance": True, "max_wait_time": 600})
        assert ("max_wait_time" in rails.defaults_below({"spot_instance": spot})) == kept

    @pytest.mark.parametrize(
        ("given", "kept"),
        [({"toolkit": "ray"}, False), ({"framework": "pytorch"}, True), ({"toolkit": ""}, True)],
    )
    def test_a_default_image_does_not_apply_where_a_toolkit_is_named(self, given, kept):
        rails = GuardRails(argument_defaults={"image": "rl:1"})
        assert ("image" in rails.defaults_below(given)) == kept

    def test_a_longer_run_may_be_allowed(self):
        rails = GuardRails(max_run_limit=2_419_200)
        given = CUSTOM_IMAGE | {"max_run": 2_419_200}
        assert parse_arguments(given, rails).max_run == 2_419_200


@pytest.mark.parametrize("name", ["MAX_RUN", "maxrun", "max_runs"])
def test_a_name_that_is_nearly_right_is_told_the_right_one(name):
    with pytest.raises(InvalidArguments) as error:
        parse_arguments(CUSTOM_IMAGE | {name: 60})
    (problem,) = error.value.problems
    assert problem == (name, "is not an argument; did you mean max_run?")


@pytest.mark.parametrize("name", ["learning_rate", "lr", "gamma", "batch_size", "iterations"])
def test_a_hyperparameter_is_told_where_it_belongs(name):
    with pytest.raises(InvalidArguments) as error:
        parse_arguments(CUSTOM_IMAGE | {name: 1})
    (problem,) = error.value.problems
    assert "belongs in hyperparameters" in problem.message
    assert "did you mean" not in problem.message


def test_the_schema_that_an_editor_names_is_no_argument():
    assert parse_arguments(CUSTOM_IMAGE | {"$schema": "docs/arguments.schema.json"})


def with_groups(*types: str, **given: Any) -> dict[str, Any]:
    """Arguments of a job with a group of one instance for each type."""
    groups = [
        {"InstanceGroupName": f"g{number}", "InstanceType": each, "InstanceCount": 1}
        for number, each in enumerate(types)
    ]
    base = without(CUSTOM_IMAGE, "instance_type") if "toolkit" not in given else {}
    return base | {"instance_groups": groups} | given


def s3(uri: str, *groups: str) -> dict[str, Any]:
    named = {"InstanceGroupNames": list(groups)} if groups else {}
    return {"DataSource": {"S3DataSource": {"S3Uri": uri, **named}}}


class TestInputs:
    def test_channels_stand_beside_the_code_and_the_model(self):
        sent = request(
            CUSTOM_IMAGE
            | {"inputs": {"train": "s3://b/x"}, "initial_model": "s3://b/m.tar.gz"}
            | {"network_isolation": True}
        )
        names = [channel["ChannelName"] for channel in sent["InputDataConfig"]]
        assert names == ["train", "model", "code"]

    def test_our_names_are_refused_and_lead_to_our_arguments(self):
        found = problems(
            CUSTOM_IMAGE | {"inputs": {"model": "s3://b/x", "code": "s3://b/y", "a": 5}}
        )
        assert [name for name, _ in found] == ["inputs"] * 3
        text = " ".join(message for _, message in found)
        assert "initial_model" in text
        assert "source_dir" in text
        assert "inputs.a got 5" in text

    def test_twenty_channels_with_ours(self):
        nineteen = {f"c{number}": "s3://b/x" for number in range(19)}
        isolated = CUSTOM_IMAGE | {"inputs": nineteen, "network_isolation": True}
        assert len(request(isolated)["InputDataConfig"]) == 20
        found = problems(isolated | {"initial_model": "s3://b/m"})
        assert [name for name, _ in found] == ["inputs"]

    def test_a_channel_has_one_source_and_its_own_name(self):
        two = s3("s3://b/x")["DataSource"] | {"DatasetSource": {"DatasetArn": "arn:aws:x"}}
        for channel in ({"DataSource": {}}, {"DataSource": two}, {"S3Uri": "s3://b/x"}, 5):
            assert problems(CUSTOM_IMAGE | {"inputs": {"a": channel}})[0][0] == "inputs"
        named = s3("s3://b/x") | {"ChannelName": "b"}
        assert "Channel named" in problems(CUSTOM_IMAGE | {"inputs": {"a": named}})[0][1]

    def test_a_file_system_needs_a_vpc(self):
        keys = {"FileSystemId": "fs-0123abcd", "FileSystemAccessMode": "ro"}
        keys |= {"FileSystemType": "EFS", "DirectoryPath": "/data"}
        channel = {"DataSource": {"FileSystemDataSource": keys}}
        assert problems(CUSTOM_IMAGE | {"inputs": {"a": channel}})[0][0] == "inputs"
        sent = request(IN_A_VPC | {"inputs": {"a": channel}})
        assert sent["InputDataConfig"] == [{"ChannelName": "a", **channel}]

    @pytest.mark.parametrize(
        ("source", "mode", "wrong"),
        [
            ({"S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]}, "Pipe", 0),
            ({"S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]}, "FastFile", 1),
            ({"S3DataType": "AugmentedManifestFile"}, "File", 2),
            ({"AttributeNames": ["a"]}, "File", 1),
        ],
    )
    def test_augmented_manifests(self, source, mode, wrong):
        channel = {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/m", **source}}}
        given = CUSTOM_IMAGE | {"inputs": {"a": channel}, "training_input_mode": mode}
        if not wrong:
            assert request(given)["InputDataConfig"]
            return
        assert [name for name, _ in problems(given)] == ["inputs"] * wrong

    def test_channels_of_ours_name_every_group_where_the_callers_name_some(self):
        given = with_groups("ml.g5.xlarge", "ml.c5.xlarge", initial_model="s3://b/m")
        sent = request(given | {"inputs": {"a": s3("s3://b/x", "g1")}})["InputDataConfig"]
        groups = [each["DataSource"]["S3DataSource"]["InstanceGroupNames"] for each in sent]
        assert groups == [["g1"], ["g0", "g1"]]
        (model,) = request(given)["InputDataConfig"]
        assert "InstanceGroupNames" not in model["DataSource"]["S3DataSource"]


class TestInstanceGroups:
    def test_they_stand_instead_of_type_and_count(self):
        given = with_groups("ml.g5.xlarge") | {"instance_type": "ml.m5.xlarge", "instance_count": 2}
        given |= {"fallback_instance_types": "ml.m5.large"}
        names = [name for name, _ in problems(given)]
        assert names == ["instance_type", "instance_count", "fallback_instance_types"]

    def test_a_gpu_in_any_group_chooses_the_gpu_image(self):
        toolkit = without(TOOLKIT_IMAGE, "instance_type")
        for types, processor in (
            (("ml.c5.xlarge", "ml.g5.xlarge"), "gpu"),
            (("ml.c5.xlarge",), "cpu"),
        ):
            image = request(with_groups(*types, **toolkit))["AlgorithmSpecification"]
            assert f"-{processor}-" in image["TrainingImage"]
        found = problems(with_groups("ml.c5.xlarge", "ml.inf1.xlarge", **toolkit))
        assert [name for name, _ in found] == ["instance_groups"]

    def test_names_are_different(self):
        twice = with_groups("ml.g5.xlarge")["instance_groups"] * 2
        given = without(CUSTOM_IMAGE, "instance_type") | {"instance_groups": twice}
        assert "more than once" in problems(given)[0][1]

    def test_channels_name_known_groups_all_or_none(self):
        inputs = {"a": s3("s3://b/x", "g0"), "b": "s3://b/y", "c": s3("s3://b/z", "g7")}
        found = problems(with_groups("ml.g5.xlarge", inputs=inputs))
        assert [name for name, _ in found] == ["inputs", "inputs"]
        assert problems(CUSTOM_IMAGE | {"inputs": {"a": s3("s3://b/x", "g0")}})

    def test_guard_rails_count_and_allow_over_all_groups(self):
        rails = GuardRails(max_instance_count=1, allowed_instance_types=["ml.g5.xlarge"])
        found = problems(with_groups("ml.g5.xlarge", "ml.c5.xlarge"), rails)
        assert [name for name, _ in found] == ["instance_groups", "instance_groups"]

    def test_a_default_type_does_not_apply_to_groups_nor_default_groups_to_a_type(self):
        rails = GuardRails(argument_defaults={"instance_type": "ml.m5.large", "instance_count": 2})
        assert parse_arguments(with_groups("ml.g5.xlarge"), rails).instance_types == [
            "ml.g5.xlarge"
        ]
        rails = GuardRails(argument_defaults={"instance_groups": GROUPS})
        assert parse_arguments(CUSTOM_IMAGE, rails).instance_groups == []
        rails = GuardRails(argument_defaults={"instance_type": "ml.m5.large"})
        empty = without(CUSTOM_IMAGE, "instance_type") | {"instance_groups": []}
        assert parse_arguments(empty, rails).instance_type == "ml.m5.large"


class TestWarmPool:
    def test_not_with_spot_nor_with_groups(self):
        found = problems(CUSTOM_IMAGE | {"keep_alive": 60, "spot_instance": True})
        assert [name for name, _ in found] == ["keep_alive"]
        assert [name for name, _ in problems(with_groups("ml.g5.xlarge", keep_alive=60))] == [
            "keep_alive"
        ]

    def test_the_deployments_limit(self):
        assert problems(CUSTOM_IMAGE | {"keep_alive": 60}, GuardRails(max_keep_alive=0))
        assert parse_arguments(CUSTOM_IMAGE, GuardRails(max_keep_alive=0)).keep_alive == 0
