import re

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.session import Session

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
    aws, keys = BotocoreAws("us-east-1"), []

    def signed(client):
        def stop(request, **_):
            keys.append(re.search(b"Credential=([a-z]+)/", request.headers["Authorization"])[1])
            raise ConnectionError

        client.meta.events.register("before-send", stop)
        with pytest.raises(ConnectionError):
            client.describe_training_job(TrainingJobName="x")

    signed(aws.sagemaker)
    write_credentials(tmp_path, "new")
    aws.renew()
    signed(aws.sagemaker)
    assert keys == [b"old", b"new"]


def test_missing_credentials_are_looked_for_again(environment):
    BotocoreAws("us-east-1").renew()


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_{}"])
@pytest.mark.parametrize(
    ("service", "name"),
    [("states", "SFN"), ("logs", "CLOUDWATCH_LOGS"), ("sagemaker", "SAGEMAKER")],
)
def test_every_service_is_asked_where_botocore_is_told(environment, variable, service, name):
    environment.setenv(variable.format(name), "http://127.0.0.1:2")
    client = getattr(BotocoreAws("us-east-1"), service)
    assert client.meta.endpoint_url == "http://127.0.0.1:2"


def test_sagemaker_is_asked_through_the_proxy_and_trusts_the_bundle_of_the_pod(
    environment, tmp_path
):
    bundle = tmp_path / "ca.pem"
    environment.setenv("AWS_CA_BUNDLE", str(bundle))
    environment.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    session = BotocoreAws("us-east-1").sagemaker._endpoint.http_session
    assert session._verify == str(bundle)
    proxy = session._proxy_config.proxy_url_for("https://api.sagemaker.us-east-1.amazonaws.com")
    assert proxy == "http://127.0.0.1:3128"


def test_the_endpoint_of_the_task_is_for_step_functions_only(environment):
    aws = BotocoreAws("us-east-1", "https://vpce.example")
    assert aws.states.meta.endpoint_url == "https://vpce.example"
    assert aws.logs.meta.endpoint_url == "https://logs.us-east-1.amazonaws.com"
    assert aws.sagemaker.meta.endpoint_url == "https://api.sagemaker.us-east-1.amazonaws.com"


def test_models_are_read_as_botocore_reads_them(environment):
    ours = BotocoreAws("us-east-1")._session.get_component("data_loader")
    own = Session().get_component("data_loader")
    for service in ("stepfunctions", "logs", "sagemaker"):
        kinds = ("service-2", "endpoint-rule-set-1")
        for kind in kinds:
            assert ours.load_service_model(service, kind) == own.load_service_model(service, kind)
    with pytest.raises(UnknownServiceError):
        ours.load_service_model("no-such-service", "service-2")
