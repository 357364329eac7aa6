"""The AWS clients of the launcher, made once and made again when credentials have expired.

botocore is used without boto3's layer, which costs start-up time and adds nothing here. No client
retries by itself: the launcher's own loops do, for they must go on for as long as training does.
"""

import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider
from botocore.credentials import EnvProvider
from botocore.exceptions import ClientError, NoRegionError
from botocore.httpsession import URLLib3Session
from botocore.regions import EndpointResolver
from botocore.session import Session

from kfp_component.errors import StepError

if TYPE_CHECKING:
    from botocore.client import BaseClient

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=15,
    retries={"total_max_attempts": 1},
    tcp_keepalive=True,
    user_agent_extra="sagemaker-rl-kubeflow",
)


class StatesClient(Protocol):
    """The operations of AWS Step Functions that the launcher uses."""

    def start_execution(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html."""

    def describe_execution(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html."""

    def stop_execution(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html."""

    def get_execution_history(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html."""


class LogsClient(Protocol):
    """The operations of Amazon CloudWatch Logs that the launcher uses."""

    def describe_log_streams(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html."""

    def get_log_events(self, **arguments: Any) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html."""


class Aws(Protocol):
    """What the launcher needs of AWS; a test gives it a fake."""

    @property
    def states(self) -> StatesClient:
        """AWS Step Functions."""

    @property
    def logs(self) -> LogsClient:
        """Amazon CloudWatch Logs."""

    def describe_training_job(self, job_name: str) -> dict[str, Any]:
        """Amazon SageMaker's description of a training job."""

    def renew(self) -> None:
        """Reads the credentials again, after they have expired."""


def service_time(answer: dict[str, Any]) -> float:
    """When the service gave this answer, in seconds since the epoch, by its own clock.

    Falls back on this machine's clock if the answer has no Date header.
    """
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


class BotocoreAws:
    """The real AWS, in one region.

    Args:
        region: The state machine's region.
        endpoint_url: Where to reach Step Functions, for instance a VPC endpoint; None for where
            botocore's own configuration says (``AWS_ENDPOINT_URL`` included).
    """

    def __init__(self, region: str, endpoint_url: str | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._connect()

    def renew(self) -> None:
        """Reads the credentials again and makes the clients anew.

        Raises:
            StepError: The credentials come from this process's environment, which cannot change.
        """
        credentials = self._session.get_credentials()
        if credentials is not None and credentials.method == EnvProvider.METHOD:
            raise StepError(
                "The AWS credentials in this pod's environment (AWS_ACCESS_KEY_ID and "
                "AWS_SESSION_TOKEN) have expired and cannot be renewed here. What was started goes "
                "on; with fresh credentials, a retry of this task joins it. A role of the pod's "
                "service account renews by itself."
            )
        self._connect()

    def _connect(self) -> None:
        self._session = Session()
        self._states: BaseClient = self._client("stepfunctions", self._endpoint_url)
        self._logs: BaseClient | None = None
        self._http: URLLib3Session | None = None

    @property
    def states(self) -> StatesClient:
        """AWS Step Functions."""
        return self._states  # type: ignore[return-value]  # botocore makes its methods at run time

    @property
    def logs(self) -> LogsClient:
        """Amazon CloudWatch Logs; made at first use, when the execution has been started."""
        if self._logs is None:
            self._logs = self._client("logs", None)
        return self._logs  # type: ignore[return-value]

    def describe_training_job(self, job_name: str) -> dict[str, Any]:
        """Calls DescribeTrainingJob by hand: a SageMaker client takes 15 MB of memory.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html

        Raises:
            ClientError: SageMaker refused, for instance because the role may not describe jobs.
        """
        if self._http is None:
            self._http = URLLib3Session(
                verify=self._session.get_config_variable("ca_bundle") or True,
                timeout=(5, 15),  # type: ignore[arg-type]  # the stubs lack the pair
            )
        answer = self._http.send(self._signed("DescribeTrainingJob", {"TrainingJobName": job_name}))
        document: dict[str, Any] = json.loads(answer.content or b"{}")
        if answer.status_code != 200:
            raise _client_error(answer.status_code, document, "DescribeTrainingJob")
        return document

    def _signed(self, operation: str, arguments: dict[str, Any]) -> Any:
        request = AWSRequest(
            method="POST",
            url=self._sagemaker_url(),
            data=json.dumps(arguments).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"SageMaker.{operation}",
            },
        )
        credentials = self._session.get_credentials()
        if credentials is not None:
            SigV4Auth(credentials.get_frozen_credentials(), "sagemaker", self._region).add_auth(
                request
            )
        return request.prepare()

    def _sagemaker_url(self) -> str:
        configured = ConfiguredEndpointProvider(
            full_config=self._session.full_config,
            scoped_config=self._session.get_scoped_config(),
            client_name="sagemaker",
        ).provide()
        if configured and not self._session.get_config_variable("ignore_configured_endpoint_urls"):
            return str(configured)
        # The session has read this table for its clients; it is not read again.
        endpoint = EndpointResolver(self._session.get_data("endpoints")).construct_endpoint(
            "api.sagemaker",  # the service's endpoint prefix
            self._region,
            use_dualstack_endpoint=bool(
                self._session.get_config_variable("use_dualstack_endpoint")
            ),
            use_fips_endpoint=bool(self._session.get_config_variable("use_fips_endpoint")),
        )
        if endpoint is None:
            raise NoRegionError
        return f"https://{endpoint['hostname']}/"

    def _client(self, service: str, endpoint_url: str | None) -> "BaseClient":
        return self._session.create_client(
            service, region_name=self._region, endpoint_url=endpoint_url, config=_CONFIG
        )


def _client_error(status: int, document: dict[str, Any], operation: str) -> ClientError:
    code = str(document.get("__type", "")).rpartition("#")[2]
    message = str(document.get("message") or document.get("Message") or "")
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        operation,
    )
