"""Pages of the AWS console: an execution, its training job and its logs, in the right partition."""

from __future__ import annotations

from urllib.parse import quote

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker writes the logs of every training job, a stream for each of its hosts.
https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html"""

_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def links(execution_arn: str, job_name: str | None) -> dict[str, str]:
    """Return the console pages of an execution and, once it has a name, of its training job.

    Args:
        execution_arn: Tells partition and region.
        job_name: Name of the training job; None for none yet.

    Returns:
        URLs by `execution`, `training_job` and `logs`.
    """
    _, partition, _, region, *_ = execution_arn.split(":")
    console = f"https://{region}.{_CONSOLES.get(partition, 'console.aws.amazon.com')}"
    query = f"home?region={region}#"
    found = {"execution": f"{console}/states/{query}/v2/executions/details/{execution_arn}"}
    if job_name:
        found["training_job"] = f"{console}/sagemaker/{query}/jobs/{job_name}"
        streams = f"$3FlogStreamNameFilter$3D{_twice(f'{job_name}/')}"
        group = f"logsV2:log-groups/log-group/{_twice(LOG_GROUP)}"
        found["logs"] = f"{console}/cloudwatch/{query}{group}{streams}"
    return found


def _twice(text: str) -> str:
    """Return text as the CloudWatch console has it in its fragment: quoted twice, $ for %."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
