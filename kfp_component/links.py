"""Links into the AWS console, in every partition."""

from urllib.parse import quote

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

# https://docs.aws.amazon.com/general/latest/gr/rande.html
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def execution_link(execution_arn: str) -> str:
    """The execution's page in the Step Functions console."""
    _, partition, _, region, *_ = execution_arn.split(":")
    return f"{_home(partition, region, 'states')}#/v2/executions/details/{execution_arn}"


def training_job_link(partition: str, region: str, job_name: str) -> str:
    """The training job's page in the SageMaker console."""
    return f"{_home(partition, region, 'sagemaker')}#/jobs/{job_name}"


def logs_link(partition: str, region: str, job_name: str) -> str:
    """The log streams of all of a training job's hosts in the CloudWatch console."""
    group = _fragment(LOG_GROUP)
    prefix = _fragment(f"{job_name}/")
    return (
        f"{_home(partition, region, 'cloudwatch')}"
        f"#logsV2:log-groups/log-group/{group}$3FlogStreamNameFilter$3D{prefix}"
    )


def _home(partition: str, region: str, service: str) -> str:
    console = _CONSOLES.get(partition, _CONSOLES["aws"])
    return f"https://{region}.{console}/{service}/home?region={region}"


def _fragment(text: str) -> str:
    """Encodes twice and writes $ for %, as the CloudWatch console does in its fragments."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
