"""Settings are read from a CDK context; whatever is wrong with them is said at once."""

import json

import pytest

from infra.settings.context import checked, project_context, read_settings
from infra.settings.guard_rails import guard_rails, sweep_guard_rails
from infra.settings.model import Settings
from infra.settings.problems import InvalidSettings
from tests.support.sweep_inputs import SWEEP
from training_job import TrainingArguments, parse_arguments
from training_job.arguments.checking import Wording, accepted, check
from training_sweep.parsing import parse_sweep


def problems(**context):
    with pytest.raises(InvalidSettings) as raised:
        read_settings(context)
    return raised.value.problems


def test_no_context_is_every_default():
    settings = read_settings({})
    assert settings.state_machine_name == "RlTraining"
    assert settings.retain_data


def test_keys_of_the_cdk_are_not_settings():
    context = {
        "@aws-cdk/core:checkSecretUsage": True,
        "aws:cdk:bundling-stacks": ["**"],
        "availability-zones:account=1:region=us-east-1": [],
        "cli/telemetry": False,
    }
    assert read_settings(context) == read_settings({})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("retain_data", "false", False),
        ("execution_timeout_seconds", "7200", 7200),
        ("required_tags", "team, cost-centre", ["team", "cost-centre"]),
        ("required_tags", '["team","cost-centre"]', ["team", "cost-centre"]),
        ("required_tags", "", []),
        ("argument_defaults", '{"max_run": 60}', {"max_run": 60}),
        ("max_instance_count", "", None),
        ("max_instance_count", "4", 4),
        ("allowed_instance_types", "ml.m5.large", ["ml.m5.large"]),
        ("launcher_oidc_provider", "", None),
        ("launcher_image", "build", "build"),
        ("launcher_image", "registry.example.com/launcher:1", "registry.example.com/launcher:1"),
        ("launcher_image", "launcher:dev", "launcher:dev"),
        ("resource_tags", '{"team": "", "cost:a/b": "x"}', {"team": "", "cost:a/b": "x"}),
        ("image_repositories", "team/rl.2,my-rl", ["team/rl.2", "my-rl"]),
    ],
)
def test_the_text_of_the_command_line_is_read(name, text, value):
    assert getattr(read_settings({name: text}), name) == value


def test_every_problem_is_reported_at_once_in_words():
    assert problems(
        lambda_architecture="sparc",
        execution_timeout_seconds="soon",
        log_retention_days="2",
        allowed_job_roles=["admin"],
        network="existing",
        retain_dat="false",
    ) == [
        ("lambda_architecture", 'got "sparc"; allowed: arm64 or x86_64'),
        (
            "execution_timeout_seconds",
            'got "soon"; allowed: a whole number of seconds from 60 to 31536000, a year',
        ),
        ("vpc_id", "is required with network=existing"),
        ("subnet_ids", "is required with network=existing"),
        (
            "log_retention_days",
            'got "2"; is no period that CloudWatch Logs has; allowed: one of 1, 3, 5, 7, 14, 30, '
            "60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        (
            "allowed_job_roles",
            'allowed_job_roles[0] got "admin"; allowed: ARNs of IAM roles, such as '
            "arn:aws:iam::123456789012:role/NAME",
        ),
        ("retain_dat", "there is no such setting; did you mean retain_data?"),
    ]


def test_the_message_lists_every_problem():
    with pytest.raises(InvalidSettings) as raised:
        read_settings({"lambda_architecture": "sparc", "retain_dat": False})
    assert str(raised.value).splitlines() == [
        "These settings cannot be deployed:",
        '  - lambda_architecture: got "sparc"; allowed: arm64 or x86_64',
        "  - retain_dat: there is no such setting; did you mean retain_data?",
    ]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_can_be_unset_and_says_what_it_accepts(name):
    assert read_settings({name: ""}) == read_settings({name: None}) == read_settings({})
    assert accepted(Settings.model_fields[name]).allowed
    ((_, message),) = problems(**{name: {1: 2}})
    assert accepted(Settings.model_fields[name]).allowed in message
    assert "pattern" not in message


IN_A_VPC = {"network": "existing", "vpc_id": "vpc-0123456789abcdef0"}


@pytest.mark.parametrize(
    ("context", "name", "says"),
    [
        ({"allowed_instance_types": "ml.m5.lrge"}, "allowed_instance_types", "ml.m5.large"),
        ({"required_tags": "aws:x"}, "required_tags", "AWS's own"),
        ({"required_tags": "MANAGED_BY_AWS"}, "required_tags", "Step Functions' own"),
        ({"required_tags": "a?"}, "required_tags", "letters, digits"),
        ({"required_tags": ",".join(map(str, range(46)))}, "required_tags", "45"),
        ({"launcher_service_accounts": "a/b"}, "launcher_service_accounts", "neither is set"),
        ({"vpc_cidr": "10.0.0.300/20", "network": "create", "endpoints": "s3"}, "vpc_cidr", "IPv4"),
        ({"vpc_cidr": "10.1.0.0/16"}, "vpc_cidr", "network=create only"),
        ({"max_instance_count": "true"}, "max_instance_count", "at least 1"),
        ({"launcher_image": "my image"}, "launcher_image", "build, or a registry path"),
        ({"launcher_image": "Build"}, "launcher_image", 'got "Build"; allowed: build, or'),
        ({"launcher_image": "true"}, "launcher_image", 'got "true"; allowed: build, or'),
        ({"resource_tags": {"aws:team": "x"}}, "resource_tags", "aws: are AWS's own"),
        ({"resource_tags": {"AWS:team": "x"}}, "resource_tags", "aws: are AWS's own"),
        ({"resource_tags": {"": "y"}}, "resource_tags", "1 to 128 of them in a key"),
        ({"resource_tags": {129 * "a": "y"}}, "resource_tags", "1 to 128 of them in a key"),
        (
            {"image_repositories": "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl"},
            "image_repositories",
            "is the path of a registry; allowed: names of ECR repositories",
        ),
        (
            {**IN_A_VPC, "subnet_ids": 2 * ["subnet-0123456789abcdef0"]},
            "subnet_ids",
            "names subnet-0123456789abcdef0 twice",
        ),
        ({"argument_defaults": "{max_run: 60}"}, "argument_defaults", "cannot be read as JSON"),
    ],
    ids=str,
)
def test_settings_that_cannot_be(context, name, says):
    ((found, message),) = problems(**context)
    assert found == name
    assert says in message


ROLE = "arn:aws:iam::123456789012:role/trainer"
GROUPS = [{"InstanceGroupName": "a", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1}]
ARGUMENTS = {
    "region": "us-east-1",
    "role": ROLE,
    "image": "rl:1",
    "entry_point": "train.py",
    "model_artifact_path": "s3://b",
}


@pytest.mark.parametrize(
    ("defaults", "settings", "says"),
    [
        ({"max_runn": 60}, {}, "max_runn: is not an argument; did you mean max_run?"),
        ({"max_run": "soon"}, {}, 'max_run: got "soon"'),
        ({"max_run": 3601}, {"max_run_limit": 3600}, "max_run: got 3601 s"),
        ({"max_wait_time": 3601}, {"max_run_limit": 3600}, "max_wait_time: got 3601 s"),
        ({"role": ROLE}, {}, "List it in allowed_job_roles, also where it is the stack's own"),
        ({"assume_role": ROLE}, {}, "List it in assumable_roles"),
        (
            {"instance_type": "ml.p4d.24xlarge"},
            {"allowed_instance_types": "ml.m5.large"},
            "instance_type: got ml.p4d.24xlarge",
        ),
        ({"instance_count": 9}, {"max_instance_count": 4}, "instance_count: got 9"),
        ({"tags": {"a": "b"}}, {"required_tags": "team"}, "tags: lack team"),
        (
            {"output_encryption_key": "alias/mine"},
            {"required_encryption_key": f"arn:aws:kms:us-east-1:{12 * '1'}:key/a-b"},
            "output_encryption_key: got alias/mine",
        ),
        ({"spot_instance": True, "max_run": 60, "max_wait_time": 5}, {}, "at least max_run"),
        (
            {"toolkit": "ray", "toolkit_version": "9.9", "framework": "tensorflow"},
            {},
            "toolkit_version: got 9.9; ray has",
        ),
        ({"toolkit": "coach", "toolkit_version": "1.6.0"}, {}, "toolkit_version: got 1.6.0"),
        ({"endpoint_url": "x"}, {}, 'endpoint_url: got "x"; allowed: an https URL'),
    ],
    ids=str,
)
def test_defaults_are_checked_as_a_callers_arguments(defaults, settings, says):
    ((name, message),) = problems(argument_defaults=defaults, **settings)
    assert name == "argument_defaults"
    assert says in message


@pytest.mark.parametrize(
    ("defaults", "settings"),
    [
        ({}, {"required_tags": "team", "max_run_limit": 60}),
        ({"vpc_subnets": "subnet-1"}, {}),
        ({"toolkit": "ray", "toolkit_version": "1.6.0"}, {}),
        ({"toolkit": "coach", "toolkit_version": "0.11", "framework": "mxnet"}, {}),
        ({"toolkit": "ray", "toolkit_version": "1.6.0", "framework": "tensorflow"}, {}),
        ({"toolkit_version": "0.11.0"}, {}),
        ({"spot_instance": True}, {"max_run_limit": 7200}),
        ({"role": ROLE, "entry_point": "train.py"}, {"allowed_job_roles": ROLE}),
        ({"endpoint_url": "https://vpce-1.states.eu-west-1.vpce.amazonaws.com"}, {}),
        ({"volume_size": "", "tags": None}, {"required_tags": "team"}),
    ],
    ids=str,
)
def test_defaults_may_leave_to_callers_what_callers_give(defaults, settings):
    assert read_settings({"argument_defaults": defaults, **settings})


def test_an_empty_list_is_a_choice_not_made():
    assert read_settings({"subnet_ids": [], "endpoints": [], "launcher_security_groups": []})


def test_a_wrong_limit_does_not_hide_a_contradiction_elsewhere():
    found = problems(
        allowed_instance_types="ml.m5.lrge",
        required_tags="aws:x",
        endpoints="s3",
        argument_defaults={"volume_size": 0, "instance_type": "ml.m5.large", "tags": {"a": "b"}},
    )
    assert [name for name, _ in found] == [
        "endpoints",
        "allowed_instance_types",
        "required_tags",
        "argument_defaults",
    ]
    assert "volume_size: got 0" in found[-1][1]


@pytest.mark.parametrize(
    ("limit", "value", "others"),
    [
        ("max_run_limit", "two", {"max_run": 2_000_000}),
        ("allowed_job_roles", "admin", {"role": ROLE}),
        ("assumable_roles", "admin", {"assume_role": ROLE}),
        ("max_keep_alive", "soon", {"keep_alive": 60}),
        ("max_instance_count", 0, {"instance_count": 9}),
    ],
)
def test_defaults_are_checked_but_for_the_limit_that_is_itself_wrong(limit, value, others):
    wrong = {"volume_siz": 1, "volume_size": 0, "spot_instance": "maybe"}
    found = problems(argument_defaults={**wrong, **others}, network="existing", **{limit: value})
    assert {name for name, _ in found} == {limit, "vpc_id", "subnet_ids", "argument_defaults"}
    told = [message.split(":")[0] for name, message in found if name == "argument_defaults"]
    assert sorted(told) == sorted(wrong)


@pytest.mark.parametrize(
    ("arn", "right"),
    [
        ("arn:aws:iam::123456789012:role/team/Job_1+=,.@-", True),
        ("arn:aws:iam::123456789012:roleJob", True),  # as the pattern of the API's RoleArn says
        ("arn:aws:iam::123456789012:role/Jöb", False),
        (f"arn:aws:iam::123456789012:role/{'r' * 3000}", False),
        ("arn:aws:iam::123456789012:user/Job", False),
    ],
)
@pytest.mark.parametrize("setting", ["allowed_job_roles", "assumable_roles"])
def test_a_setting_takes_the_roles_that_the_argument_takes(setting, arn, right):
    for model, given in ((Settings, {setting: [arn]}), (TrainingArguments, {"role": arn})):
        _, wrong = check(model, given, (), Wording(unknown="", page=""))
        assert {*given} & {problem.argument for problem in wrong} == (set() if right else {*given})


def test_a_right_limit_holds_for_the_defaults_while_another_is_wrong():
    defaults = {"instance_count": 9, "max_run": 601}
    found = problems(argument_defaults=defaults, max_instance_count=4, max_run_limit="two")
    assert ("argument_defaults", "instance_count: got 9; this deployment allows at most 4") in found
    assert len(found) == 2


@pytest.mark.parametrize("value", ["soon", 7_000_000])
def test_a_wrong_time_is_told_the_limit_of_these_settings(value):
    found = problems(argument_defaults={"max_run": value}, max_run_limit=600)
    assert [message.partition("; ")[2] for _, message in found] == [
        "allowed: a whole number of seconds from 1 to 600, this deployment's limit"
    ]


@pytest.mark.parametrize(
    ("settings", "given", "types"),
    [
        ({"allowed_instance_types": "ml.m5.large,ml.c5.xlarge"}, {}, ["ml.m5.large"]),
        ({"allowed_instance_types": "ml.m5.large,ml.m4.xlarge"}, {}, ["ml.m4.xlarge"]),
        ({"argument_defaults": {"instance_type": "ml.c5.xlarge"}}, {}, ["ml.c5.xlarge"]),
        ({"argument_defaults": {"instance_groups": GROUPS}}, {}, ["ml.c5.xlarge"]),
        ({}, {"instance_groups": GROUPS}, ["ml.c5.xlarge"]),
    ],
    ids=str,
)
def test_whoever_names_no_instance_type_gets_one_that_is_allowed(settings, given, types):
    allowed = {"allowed_instance_types": "ml.m5.large,ml.c5.xlarge"}
    rails = guard_rails(read_settings({**allowed, **settings}), job_roles=[ROLE])
    assert parse_arguments(ARGUMENTS | given, rails).instance_types == types


def test_the_default_of_the_description_is_the_arguments_own():
    own = TrainingArguments.model_fields["instance_type"].default
    assert f"Where {own}, " in Settings.model_fields["allowed_instance_types"].description


def test_guard_rails_too_large_for_a_functions_environment():
    roles = [f"arn:aws:iam::123456789012:role/{number:064}" for number in range(40)]
    ((name, message),) = problems(allowed_job_roles=roles)
    assert name == "allowed_job_roles"
    assert "allowed: 4096" in message
    assert read_settings({"allowed_job_roles": roles[:30]})


def test_contradictory_settings_that_were_made_directly_are_refused():
    settings = Settings(network="existing", argument_defaults={"max_run": "soon"})
    with pytest.raises(InvalidSettings) as raised:
        checked(settings)
    assert [name for name, _ in raised.value.problems] == [
        "argument_defaults",
        "vpc_id",
        "subnet_ids",
    ]


def test_the_context_of_a_project_is_what_the_cdk_cli_makes_of_its_files(monkeypatch, tmp_path):
    """The CLI itself: test_deploy_cli.py."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    files = {
        "home/.cdk.json": {"context": {"a": 1, "b": 1, "c": 1, "d": 1, "map": {"a": 1, "b": 1}}},
        "cdk.context.json": {"b": 2, "c": 2, "d": 2, "map": {"b": 2}},
        "cdk.json": {"app": "x", "context": {"c": 3, "d": 3}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    found = project_context(tmp_path, ["d=4=5", "e="])
    assert found == {"a": 1, "b": 2, "c": 3, "d": "4=5", "e": "", "map": {"a": 1, "b": 2}}
    (tmp_path / "cdk.json").write_text("{")
    with pytest.raises(ValueError, match=r"cdk\.json is not JSON"):
        project_context(tmp_path)


@pytest.mark.parametrize(("most", "parallel"), [(None, 10), (5, 5), (10, 10), (40, 10)])
def test_a_sweep_that_names_no_parallelism_is_within_the_limit(most, parallel):
    settings = read_settings({} if most is None else {"max_sweep_parallel": most})
    rails = sweep_guard_rails(guard_rails(settings, job_roles=[SWEEP["role"]]), settings)
    assert parse_sweep(SWEEP, rails).max_parallel == parallel


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("cdk.context.json", ["retain_data"]),
        ("cdk.json", []),
        ("cdk.json", {"context": ["retain_data"]}),
        (".cdk.json", {"context": None}),
    ],
)
def test_a_file_without_a_json_object_is_named(monkeypatch, tmp_path, file, content):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"{file}: not a JSON object, such as "):
        project_context(tmp_path)


def test_an_option_that_gives_no_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"got max_run_limit, dashboard; a setting is given as"):
        project_context(tmp_path, ["max_run_limit", "a=b", "dashboard"])
