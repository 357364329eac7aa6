"""Settings are read from a CDK context; whatever is wrong with them is said at once."""

import pytest

from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings


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
    ],
)
def test_the_text_of_the_command_line_is_read(name, text, value):
    assert getattr(read_settings({name: text}), name) == value


def test_every_problem_is_reported_at_once():
    found = problems(
        lambda_architecture="sparc",
        execution_timeout_seconds="soon",
        log_retention_days="2",
        allowed_job_roles=["admin"],
        argument_defaults={"max_runn": 60},
    )
    assert [each.split(":")[0] for each in found] == [
        "lambda_architecture",
        "execution_timeout_seconds",
        "log_retention_days",
        "allowed_job_roles[0]",
        "argument_defaults",
    ]
    assert "'arm64' or 'x86_64'; got 'sparc'" in found[0]
    assert "max_runn is not an argument" in found[-1]


def test_a_misspelt_setting_is_named_with_the_one_meant():
    assert problems(retain_dat="false") == [
        "retain_dat: there is no such setting; did you mean retain_data?"
    ]


def test_text_that_is_no_json_says_where():
    (problem,) = problems(argument_defaults="{max_run: 60}")
    assert problem.startswith("argument_defaults: should be JSON: ")
    assert problem.endswith("got '{max_run: 60}'")
