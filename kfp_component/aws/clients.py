"""The AWS clients of the launcher, made once and made again when credentials have expired.

botocore is used without boto3's layer, which costs start-up time and adds nothing here. No client
retries by itself: the launcher's own loops do, for they must go on for as long as training does.
"""

import gzip
import json
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config
from botocore.credentials import EnvProvider
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
        """Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html."""

    def describe_execution(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html."""

    def stop_execution(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html."""

    def redrive_execution(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html."""

    def get_execution_history(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html."""


class LogsClient(Protocol):
    """The operations of Amazon CloudWatch Logs that the launcher uses."""

    def describe_log_streams(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html."""

    def get_log_events(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html."""


class SageMakerClient(Protocol):
    """The operation of Amazon SageMaker that the launcher uses."""

    def describe_training_job(self, **arguments: Any) -> dict[str, Any]:
        """Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html."""


class Aws(Protocol):
    """What the launcher needs of AWS; a test gives it a fake."""

    @property
    def states(self) -> StatesClient:
        """AWS Step Functions."""

    @property
    def logs(self) -> LogsClient:
        """Amazon CloudWatch Logs."""

    @property
    def sagemaker(self) -> SageMakerClient:
        """Amazon SageMaker."""

    def renew(self) -> None:
        """Read the credentials again, after they have expired."""


def service_time(answer: dict[str, Any]) -> float:
    """Return when the service gave this answer, in seconds since the epoch, by its own clock.

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
            botocore's own configuration says (`AWS_ENDPOINT_URL` included).
    """

    def __init__(self, region: str, endpoint_url: str | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._connect()

    def renew(self) -> None:
        """Read the credentials again and make the clients anew.

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
        self._session.get_component("data_loader").file_loader = _Models()
        self._made: dict[str, BaseClient] = {}
        self._client("stepfunctions", self._endpoint_url)

    @property
    def states(self) -> StatesClient:
        """AWS Step Functions."""
        client: StatesClient = self._client("stepfunctions", self._endpoint_url)
        return client

    @property
    def logs(self) -> LogsClient:
        """Amazon CloudWatch Logs; made at first use, when the execution has been started."""
        client: LogsClient = self._client("logs")
        return client

    @property
    def sagemaker(self) -> SageMakerClient:
        """Amazon SageMaker; made at first use too."""
        client: SageMakerClient = self._client("sagemaker")
        return client

    def _client(self, service: str, endpoint_url: str | None = None) -> Any:
        if service not in self._made:
            self._made[service] = self._session.create_client(
                service, region_name=self._region, endpoint_url=endpoint_url, config=_CONFIG
            )
        return self._made[service]


class _Models:
    """Reads botocore's models into plain dicts; its own OrderedDicts take 7 MiB more.

    It is the `file_loader` of
    https://github.com/boto/botocore/blob/develop/botocore/loaders.py .
    """

    def exists(self, file_path: str) -> bool:
        return any(Path(file_path + ending).is_file() for ending in (".json", ".json.gz"))

    def load_file(self, file_path: str) -> Any:
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            if Path(file_path + ending).is_file():
                with opened(file_path + ending, "rb") as file:
                    text = file.read().decode()  # the bytes are freed before the text is read
                return json.loads(text)
        return None
