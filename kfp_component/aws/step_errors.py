"""The error of a step whose call to AWS failed for good, with what a person can do about it."""

from botocore.exceptions import NoCredentialsError

from kfp_component.aws.errors import error_code
from kfp_component.errors import BadInput, ExitCode, StepError

_DEPLOY = (
    "Deploy the stack RlTraining in that account and region (cdk deploy) and pass its output "
    "StateMachineArn."
)
_ROLE = (
    "The pod runs as its service account's role; the stack's output LauncherRoleArn is a role with "
    "every permission the launcher needs."
)


def cannot(doing: str, error: Exception) -> StepError:
    """Put an error into words: what could not be done, why, and what to do.

    Args:
        doing: What was tried, to follow "Could not": for instance "start an execution of X".
        error: What botocore raised.

    Returns:
        The error to raise; `BadInput` if the task's own arguments are the cause.

    Example:
        >>> raise cannot(f"start an execution of {arn}", error) from error  # doctest: +SKIP
    """
    code = error_code(error)
    if isinstance(error, NoCredentialsError):
        return StepError(
            f"Could not {doing}: no AWS credentials were found. Give the pod's service account an "
            "IAM role (IAM roles for service accounts, or EKS Pod Identity) or set "
            f"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from a secret. {_ROLE}"
        )
    if code in ("StateMachineDoesNotExist", "InvalidArn"):
        return BadInput(f"Could not {doing}: {_said(error)}. {_DEPLOY}")
    if code in ("InvalidExecutionInput", "ValidationException", "InvalidName"):
        return BadInput(f"Could not {doing}: {_said(error)}.")
    if code.startswith("AccessDenied"):
        return StepError(f"Could not {doing}: {_said(error)}. {_ROLE}")
    return StepError(f"Could not {doing}: {_said(error)}.", ExitCode.FAILED)


def _said(error: Exception) -> str:
    code = error_code(error)
    text = str(error).rstrip(". ")
    return text if code and code in text else f"{type(error).__name__}: {text}"
