"""Environment variables of a training job's processes."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.sagemaker.credentials import Credentials
from local_aws.sagemaker.files.directory import JobDirectory, checkpoint_path
from local_aws.sagemaker.job.process_marks import JOB_MARK
from local_aws.sagemaker.platform import Platform

_NOT_PASSED_ON = ("AWS_", "SM_", "SAGEMAKER_", "TRAINING_JOB_", "S3_ENDPOINT_URL")
_NOWHERE = "http://127.0.0.1:9"  # nobody listens there: a job in isolation reaches no AWS at all


def base_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables a job may inherit: none of AWS, none of another training job."""
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(_NOT_PASSED_ON)
    }


def job_environment(
    platform: Platform,
    request: Mapping[str, Any],
    arn: str,
    *,
    region: str,
    credentials: Credentials,
    directory: JobDirectory,
    mark: str,
) -> dict[str, str]:
    """Return the whole environment of one host.

    As in a container: the job's name and ARN, the request's Environment, the region, the job
    role's credentials (none in network isolation). Besides: the local endpoint, and
    `SM_CHECKPOINT_DIR`, because a real `/opt/ml/checkpoints` is not to be had everywhere.
    """
    isolated = bool(request.get("EnableNetworkIsolation"))
    endpoint_url = _NOWHERE if isolated else platform.endpoint_url
    local = {
        **base_environment(platform.environment),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "TMPDIR": f"{directory.root}/tmp",
        # What a requirements.txt asks for goes to the job, not into this Python environment.
        "PIP_TARGET": f"{directory.root}/packages",
        "PYTHONPATH": _python_path(platform, directory),
        "AWS_EC2_METADATA_DISABLED": "true",
        "SM_CHECKPOINT_DIR": directory.seen(checkpoint_path(request)),
    }
    container = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "TRAINING_JOB_NAME": request["TrainingJobName"],
        "TRAINING_JOB_ARN": arn,
        **({} if isolated else credentials.environment()),
        **(request.get("Environment") or {}),
    }
    # Last, so that no request can change it: a job that could choose another endpoint would reach
    # for the real AWS, and a PATH made for some image would find no program here.
    fixed = {
        "PATH": f"{Path(sys.executable).parent}:{platform.environment.get('PATH', os.defpath)}",
        "AWS_ENDPOINT_URL": endpoint_url,
        "S3_ENDPOINT_URL": endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        JOB_MARK: mark,
    }
    return {**local, **container, **fixed}


def _python_path(platform: Platform, directory: JobDirectory) -> str:
    inherited = platform.environment.get("PYTHONPATH", "")
    return f"{directory.root}/packages" + (f":{inherited}" if inherited else "")


def train_command() -> list[str]:
    """Return the command `train` of AWS's training toolkit, as installed for this Python."""
    return [sys.executable, str(Path(sysconfig.get_path("scripts")) / "train")]
