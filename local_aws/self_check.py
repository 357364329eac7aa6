"""Start-up checks: the private names this package relies on must be there."""

from __future__ import annotations

import importlib
import shutil
import sysconfig
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MINISTACK_VERSION = "1.5.33"
"""The one version of ministack this package fits."""

TOOLKIT_VERSION = "5.1.4"
"""The version of sagemaker-training whose behaviour is relied on."""

_NAMES = {
    "ministack.app": ("app", "_loaded_modules", "SERVICE_REGISTRY", "SERVICE_HANDLERS"),
    "ministack.core.router": ("SERVICE_PATTERNS",),
    "ministack.core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE",),
    "ministack.core.responses": (
        "AccountRegionScopedDict",
        "_service_model",
        "error_response_json",
        "get_account_id",
        "get_region",
        "json_response",
    ),
    "ministack.services.cloudwatch_logs": (
        "_log_groups",
        "_create_log_group",
        "_create_log_stream",
        "_put_log_events",
    ),
    "ministack.services.ec2": ("_ensure_defaults_initialized", "_security_groups", "_subnets"),
    "ministack.services.eventbridge": ("_put_events",),
    "ministack.services.iam": ("_roles",),
    "ministack.services.sts": ("register_session",),
}


def installation_problems() -> Iterator[str]:
    """Yield what is wrong with the installed packages; imports none of them."""
    for package, wanted in (
        ("ministack", MINISTACK_VERSION),
        ("sagemaker-training", TOOLKIT_VERSION),
    ):
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "none"
        if found != wanted:
            yield f"{package} {wanted} is needed, found {found}: pip install {package}=={wanted}"
    train = Path(sysconfig.get_path("scripts")) / "train"
    if not train.is_file():
        yield f"the command of sagemaker-training is missing: {train}"
    if not shutil.which("which"):
        yield "the command 'which' is missing; sagemaker-training calls it"


def missing_names() -> Iterator[str]:
    """Yield the names of ministack the SageMaker service needs and that do not exist."""
    for module_name, names in _NAMES.items():
        module = importlib.import_module(module_name)
        for name in names:
            if not hasattr(module, name):
                yield f"{module_name}.{name}"
