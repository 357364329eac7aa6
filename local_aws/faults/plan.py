"""What may go wrong, as data: a plan is a pattern of job names and the faults they meet, in order.

docs/faults.md shows each fault with an example.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
ErrorCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.]{0,99}$")]
Text: TypeAlias = Annotated[str, Field(max_length=32_768)]


class InvalidPlan(ValueError):
    """A plan that cannot be followed; the text names each wrong field."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Fault(_Model):
    """One thing that goes wrong.

    Attributes:
        times: How many calls or jobs meet it.
    """

    times: int = Field(1, ge=1, le=1_000_000)


class CreateFault(Fault):
    """CreateTrainingJob answers with an error.

    Attributes:
        error: SageMaker's error code.
        message: The sentence that goes with it.
        status: HTTP status.
    """

    error: ErrorCode
    message: Text
    status: int = Field(400, ge=400, le=599)


class RejectCreate(CreateFault):
    """There is no job."""

    fault: Literal["reject_create"]
    message: Text = "Rejected by a fault plan."


class LoseAnswer(CreateFault):
    """The job is there."""

    fault: Literal["lose_answer"]
    error: ErrorCode = "InternalFailure"
    message: Text = "The answer was lost by a fault plan."
    status: int = Field(500, ge=400, le=599)


class Ending(Fault):
    """A job ends, unless it has ended before.

    Attributes:
        after_seconds: Since it was created; 0 runs no script.
    """

    after_seconds: Seconds = 0


class FailJob(Ending):
    """It fails, with this reason."""

    fault: Literal["fail_job"]
    reason: Annotated[str, Field(min_length=1, max_length=1024)]


class ExceedTime(Ending):
    """It is stopped as if its time were over."""

    fault: Literal["exceed_time"]
    limit: Literal["MaxRuntimeExceeded", "MaxWaitTimeExceeded"] = "MaxRuntimeExceeded"


class StopJob(Ending):
    """It is stopped as if a person had done it."""

    fault: Literal["stop_job"]


class InterruptSpot(Fault):
    """A managed spot job loses its instances and starts again with its checkpoints."""

    fault: Literal["interrupt_spot"]
    after_seconds: Seconds = 0


class RuleStatus(Fault):
    """DescribeTrainingJob of a job that has ended tells this status of its debugger rules."""

    fault: Literal["rule_status"]
    status: Literal["InProgress", "NoIssuesFound", "IssuesFound", "Error", "Stopping", "Stopped"]
    rule: Annotated[str, Field(min_length=1)] = "*"


class FailDescribe(Fault):
    """DescribeTrainingJob answers with an error."""

    fault: Literal["fail_describe"]
    error: ErrorCode
    message: Text = "Refused by a fault plan."
    status: int = Field(400, ge=400, le=599)


class SlowDescribe(Fault):
    """DescribeTrainingJob answers late."""

    fault: Literal["slow_describe"]
    seconds: Seconds


class DropSync(Fault):
    """The state that awaits a job ends while the job runs on: with an error, or as if all is well.

    Attributes:
        error: What the state raises; None for nothing.
    """

    fault: Literal["drop_sync"]
    error: ErrorCode | None = None
    cause: Text = ""
    after_seconds: Seconds = 0


class RejectStart(Fault):
    """A state's startExecution is refused: there is no execution.

    Attributes:
        error: Step Functions' error code.
        message: The sentence that goes with it.
        status: HTTP status.
    """

    fault: Literal["reject_start"]
    error: ErrorCode
    message: Text = "Refused by a fault plan."
    status: int = Field(400, ge=400, le=599)


class LoseExecution(Fault):
    """The state that started an execution fails, while the execution runs on.

    Attributes:
        error: Step Functions' error code.
        message: The sentence that goes with it.
        status: HTTP status.
        after_seconds: Since the start; with 0 it is the answer of the start that is lost.
    """

    fault: Literal["lose_execution"]
    error: ErrorCode = "InternalFailure"
    message: Text = "The answer was lost by a fault plan."
    status: int = Field(500, ge=400, le=599)
    after_seconds: Seconds = 0


class LimitInstances(_Model):
    """CreateTrainingJob is refused while the running jobs leave too few instances of its type.

    A standing condition: it is never used up.

    Attributes:
        instances: How many of one type the account's jobs may use at once; on-demand and managed
            spot jobs are counted apart, as by AWS.
        instance_type: Pattern of the types that are limited, each by itself.
    """

    fault: Literal["limit_instances"]
    instances: int = Field(ge=0, le=1_000_000)
    instance_type: Annotated[str, Field(min_length=1)] = "*"


AnyFault: TypeAlias = (
    LimitInstances
    | RejectCreate
    | LoseAnswer
    | FailJob
    | ExceedTime
    | StopJob
    | InterruptSpot
    | RuleStatus
    | FailDescribe
    | SlowDescribe
    | DropSync
    | RejectStart
    | LoseExecution
)


class FaultPlan(_Model):
    """What the jobs, and the nested executions, meet whose name matches.

    Attributes:
        job_name: Pattern with `*`, `?` and `[...]`; upper and lower case differ.
        faults: A call or job meets the first fault of its sort that has any `times` left.
    """

    job_name: Annotated[str, Field(min_length=1, max_length=200)]
    faults: Annotated[
        list[Annotated[AnyFault, Field(discriminator="fault")]],
        Field(min_length=1, max_length=1000),
    ]


def parse(document: bytes) -> FaultPlan:
    """Return the plan that a JSON document describes.

    Raises:
        InvalidPlan: Names each field that is wrong, what it got and what is allowed.
    """
    try:
        return FaultPlan.model_validate_json(document)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise InvalidPlan("\n".join(_problem(each) for each in problems)) from None


def _problem(error: ErrorDetails) -> str:
    # Within a fault pydantic inserts the name of its kind: faults.0.fail_job.reason
    path = [str(part) for index, part in enumerate(error["loc"]) if index != 2]
    got = repr(error["input"])[:200]
    shown = "" if error["type"] in {"missing", "json_invalid"} else f"; got {got}"
    return f"{'.'.join(path) or 'plan'}: {error['msg']}{shown}"
