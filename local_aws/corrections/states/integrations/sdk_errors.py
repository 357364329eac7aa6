"""What a service's refusal is called in an execution: the AWS SDKs for Java give name and words.

An optimized integration speaks as version 1 of the SDK, `aws-sdk:*` as version 2. Recorded on AWS;
tests/support/recordings has the recordings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as states


@dataclass(frozen=True)
class Service:
    """A service as both SDKs name it.

    Attributes:
        optimized: Namespace and service of version 1: `StepFunctions`, `AWSStepFunctions`.
        sdk: Namespace and service of version 2: `Sfn`.
        modelled: The errors that have a class of their own, as the service's model lists them.
    """

    optimized: tuple[str, str]
    sdk: str
    modelled: frozenset[str] = frozenset()

    def optimized_error(self, code: str, message: str, status: int) -> states._ExecutionError:
        """Return the error of an optimized integration."""
        namespace, name = self.optimized
        cause = (
            f"{message} (Service: {name}; Status Code: {status}; Error Code: {code}; "
            f"Request ID: {new_uuid()}; Proxy: null)"
        )
        return states._ExecutionError(f"{namespace}.{self._class(code, name)}", cause)

    def sdk_error(self, code: str, message: str, status: int) -> states._ExecutionError:
        """Return the error of `aws-sdk:*`."""
        cause = (
            f"{message} (Service: {self.sdk}, Status Code: {status}, Request ID: {new_uuid()}) "
            "(SDK Attempt Count: 1)"
        )
        return states._ExecutionError(f"{self.sdk}.{self._class(code, self.sdk)}", cause)

    def _class(self, code: str, general: str) -> str:
        """Return the class of an error; one that the model lacks has the general class."""
        shape = code if code in self.modelled else general
        return shape if shape.endswith("Exception") else f"{shape}Exception"


SAGEMAKER = Service(
    ("SageMaker", "AmazonSageMaker"),
    "SageMaker",
    frozenset({"ConflictException", "ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"}),
)
STEP_FUNCTIONS = Service(
    ("StepFunctions", "AWSStepFunctions"),
    "Sfn",
    frozenset(
        {
            "ExecutionAlreadyExists",
            "ExecutionDoesNotExist",
            "ExecutionLimitExceeded",
            "ExecutionNotRedrivable",
            "InvalidArn",
            "InvalidExecutionInput",
            "InvalidName",
            "InvalidOutput",
            "InvalidToken",
            "StateMachineDeleting",
            "StateMachineDoesNotExist",
            "TaskDoesNotExist",
            "TaskTimedOut",
            "ValidationException",
        }
    ),
)
LAMBDA = Service(("Lambda", "AWSLambda"), "Lambda")


def corrected(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the calls of `aws-sdk:*`, so that Step Functions' own errors are named as on AWS."""

    def dispatch(info: Any, service_name: str, action: str, arguments: Any) -> Any:
        try:
            return original(info, service_name, action, arguments)
        except states._ExecutionError as error:
            namespace, _, code = error.error.rpartition(".")
            if namespace != STEP_FUNCTIONS.sdk:
                raise
            raise STEP_FUNCTIONS.sdk_error(code, error.cause, 400) from None

    return dispatch
