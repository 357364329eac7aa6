import pytest

from kfp_component.aws.clients import BotocoreAws
from kfp_component.errors import StepError


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def write_credentials(tmp_path, key):
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id={key}\naws_secret_access_key=s\n"
    )


def test_expired_credentials_of_the_environment_are_final(environment):
    environment.setenv("AWS_ACCESS_KEY_ID", "a")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "s")
    with pytest.raises(StepError, match="cannot be renewed here") as caught:
        BotocoreAws("us-east-1").renew()
    assert "joins it" in str(caught.value)


def test_other_credentials_are_read_again(environment, tmp_path):
    write_credentials(tmp_path, "old")
    aws = BotocoreAws("us-east-1")
    assert aws._signed("DescribeTrainingJob", {}).headers["Authorization"].count("=old/") == 1
    write_credentials(tmp_path, "new")
    aws.renew()
    assert aws._signed("DescribeTrainingJob", {}).headers["Authorization"].count("=new/") == 1


def test_missing_credentials_are_looked_for_again(environment):
    BotocoreAws("us-east-1").renew()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://api.sagemaker.eu-west-1.amazonaws.com/"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:2"}, "http://127.0.0.1:2"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "https://api-fips.sagemaker.us-east-1.amazonaws.com/"),
    ],
)
def test_sagemaker_is_asked_where_botocore_would(environment, settings, url):
    for name, value in settings.items():
        environment.setenv(name, value)
    region = "us-east-1" if "fips" in url else "eu-west-1"
    assert BotocoreAws(region)._sagemaker_url() == url


def test_the_endpoint_of_the_task_is_for_step_functions_only(environment):
    aws = BotocoreAws("us-east-1", "https://vpce.example")
    assert aws.states.meta.endpoint_url == "https://vpce.example"
    assert aws.logs.meta.endpoint_url == "https://logs.us-east-1.amazonaws.com"
    assert aws._sagemaker_url() == "https://api.sagemaker.us-east-1.amazonaws.com/"
