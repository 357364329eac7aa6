"""The state machine's definition: one flow from arguments to an outcome.

`definition` is the flow, as docs/architecture.md draws it; each state has a function below it.

JSONata, so that BuildRequest can hand over the whole request: an optional block is absent, never
empty. Every variable is assigned before it is read, since Step Functions fails an execution that
reads one never assigned. Errors are caught and judged: none is retried by the state itself where a
retry could create a second job.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from typing import Any

from training_job.job_name import OWNER_VARIABLE

State = dict[str, Any]


def definition(
    *,
    partition: str,
    build_request_arn: str,
    judge_attempt_arn: str,
    assume_role: bool,
    timeout_seconds: int,
) -> dict[str, Any]:
    """Return the definition in the Amazon States Language.

    Args:
        partition: of the integrations' ARNs, such as `aws`.
        build_request_arn: of the BuildRequest function.
        judge_attempt_arn: of the JudgeAttempt function.
        assume_role: whether executions may name a role to assume. The states that then call
            SageMaker stand beside those that do not, for `Credentials` cannot be absent.
        timeout_seconds: of an execution.

    Example:
        >>> made = definition(
        ...     partition="aws",
        ...     build_request_arn="arn:aws:lambda:eu-west-1:123456789012:function:BuildRequest:1",
        ...     judge_attempt_arn="arn:aws:lambda:eu-west-1:123456789012:function:JudgeAttempt:1",
        ...     assume_role=False,
        ...     timeout_seconds=86_400,
        ... )
        >>> made["StartAt"]
        'Initialise'
    """
    tasks = f"arn:{partition}:states:::"
    # With roles to assume, a choice comes before each call that has a twin.
    describe, stop = (
        ("WhoDescribes", "WhoStops") if assume_role else ("DescribeTrainingJob", "StopTrainingJob")
    )
    states = {
        "Initialise": _initialise(then="BuildRequest"),
        "BuildRequest": _build_request(tasks, build_request_arn, then="Route", broken="Failed"),
        "Route": _choose(
            create="CreateTrainingJob",
            **({"create_as_role": "CreateTrainingJobAsRole"} if assume_role else {}),
            succeed="Succeeded",
            otherwise="Failed",
        ),
        "CreateTrainingJob": _create_training_job(tasks, then="DescribeTrainingJob"),
        "DescribeTrainingJob": _describe_training_job(tasks, then="JudgeAttempt"),
        "JudgeAttempt": _judge_attempt(tasks, judge_attempt_arn, then="Verdict", broken="WhoseJob"),
        "Verdict": _choose(
            succeed="Succeeded",
            wait="WaitForJob",
            retry="WaitBeforeRetry",
            stop=stop,
            otherwise="Failed",
        ),
        "WaitForJob": _wait_for_job(then=describe),
        "WaitBeforeRetry": _wait_before_retry(then="BuildRequest"),
        "WhoseJob": _whose_job(ours=stop, in_doubt="Failed"),
        "StopTrainingJob": _stop_training_job(tasks, then="Failed"),
        "Succeeded": _succeeded(),
        "Failed": _failed(tasks, redriven="BuildRequest", unreported="FailedForGood"),
        "FailedForGood": _failed_for_good(),
    }
    if assume_role:
        states |= {
            "CreateTrainingJobAsRole": _as_role(
                _create_training_job(tasks, then="DescribeTrainingJobAsRole")
            ),
            "WhoDescribes": _who("DescribeTrainingJob"),
            "DescribeTrainingJobAsRole": _as_role(
                _describe_training_job(tasks, then="JudgeAttempt")
            ),
            "WhoStops": _who("StopTrainingJob"),
            "StopTrainingJobAsRole": _as_role(_stop_training_job(tasks, then="Failed")),
        }
    return {
        "Comment": "Trains a reinforcement-learning model on SageMaker.",
        "QueryLanguage": "JSONata",
        "StartAt": "Initialise",
        "TimeoutSeconds": timeout_seconds,
        "States": states,
    }


# --- what several states share -------------------------------------------------------------------

_CALL_TIMEOUT = 60  # seconds, of a task that ends at once; the functions themselves end within 30

_REDRIVES = (
    "($exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0)"
)
_EXECUTION = {
    "arn": "{% $states.context.Execution.Id %}",
    "started_at": "{% $states.context.Execution.StartTime %}",
    "redrives": f"{{% {_REDRIVES} %}}",
}
_NOW = "{% $states.context.State.EnteredTime %}"


def _caught(field: str, longest: int) -> str:
    """Return the expression of the Error or Cause that was caught: text, whatever it was.

    It may be absent, null or empty, and an expression that fails in a Catch ends the execution. Of
    a job that failed the cause is its whole description, which may fill a state.
    """
    found = f"$states.errorOutput.{field}"
    return f"$substring($type({found}) = 'string' ? {found} : '', 0, {longest})"


_ERROR = {
    "Error": f"{{% {_caught('Error', 256)} %}}",
    "Cause": f"{{% {_caught('Cause', 4000)} %}}",
}

# Whether a job of this name may be another's, for all that is known without the judge.
_IN_DOUBT = (
    "($plan.name_chosen and $exists($error.Error) and $not($contains($error.Error, /^States\\./))"
    f" and $not($description.Environment.{OWNER_VARIABLE} = $states.context.Execution.Id))"
)


def _invoke(
    tasks: str, function_arn: str, payload: dict[str, Any], assign: dict[str, Any], *, retries: int
) -> State:
    """Return a call of a function, repeated for Lambda's own failures.

    Never for the function's: its errors are bugs, and the same on every call. Both functions are
    pure, so calling one twice does no harm. A repeated call takes at most 4 of an execution's
    25,000 history events.
    """
    return {
        "Type": "Task",
        "Resource": f"{tasks}lambda:invoke",
        "Arguments": {"FunctionName": function_arn, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        "Assign": assign,
        "TimeoutSeconds": _CALL_TIMEOUT,
        "Retry": [
            {
                "ErrorEquals": [
                    "Lambda.ClientExecutionTimeoutException",
                    "Lambda.ServiceException",
                    "Lambda.AWSLambdaException",
                    "Lambda.SdkClientException",
                    "Lambda.TooManyRequestsException",
                    "Lambda.Unknown",
                    "Sandbox.Timedout",
                    "States.Timeout",
                ],
                "IntervalSeconds": 2,
                "BackoffRate": 2,
                "MaxAttempts": retries,
                "MaxDelaySeconds": 600,
                "JitterStrategy": "FULL",
            }
        ],
    }


def _named_failure(error: str, where: str, more: str = "''") -> dict[str, str]:
    """Return the input of `Failed` for an error of a function of ours."""
    said = f"{_caught('Error', 256)} & ' ' & {_caught('Cause', 2000)}"
    message = f"'An internal error in {where}: ' & {said} & {more}"
    job = "'job_name': $exists($attempt.job_name) ? $attempt.job_name : ''"
    return {"error": error, "cause": f"{{% $string({{'message': {message}, {job}}}) %}}"}


def _choose(*, otherwise: str, **states: str) -> State:
    """Return the choice of the state that a function's decision names."""
    choices = [
        {"Condition": f"{{% $states.input.decision = '{decision}' %}}", "Next": state}
        for decision, state in states.items()
    ]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def _who(state: str) -> State:
    """Return the choice between a state and its twin that assumes the role."""
    as_role = {"Condition": "{% $role != '' %}", "Next": f"{state}AsRole"}
    return {"Type": "Choice", "Choices": [as_role], "Default": state}


def _as_role(state: State) -> State:
    """Return the twin of a state that calls SageMaker as the assumed role."""
    return {**state, "Credentials": {"RoleArn": "{% $role %}"}}


# --- a function for each state -------------------------------------------------------------------


def _initialise(*, then: str) -> State:
    return {
        "Type": "Pass",
        "Assign": {
            "attempt": {},
            "plan": {},
            "progress": {},
            "request": {},
            "timeout": 1,
            "role": "{% '' %}",
            "error": {},
            "description": {},
            "describeError": {},
            "wait": 1,
            "redrives": 0,
        },
        "Next": then,
    }


_BUILD_REQUEST_RETRIES = 20
"""About an hour and a half: no job is running that could be lost meanwhile."""


def _build_request(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    payload = {
        "arguments": "{% $states.context.Execution.Input %}",
        "execution": _EXECUTION,
        "progress": "{% $progress %}",
        "now": _NOW,
    }
    assign = {
        "request": "{% $states.result.Payload.request %}",
        "timeout": "{% $states.result.Payload.timeout_seconds %}",
        "role": "{% $states.result.Payload.assume_role %}",
        "plan": "{% $states.result.Payload.plan %}",
        "attempt": "{% $states.result.Payload.attempt %}",
        "error": {},
        "description": {},
        "describeError": {},
        "redrives": f"{{% {_REDRIVES} %}}",
    }
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"redrives": f"{{% {_REDRIVES} %}}"},
        "Output": _named_failure("RequestRejected", "BuildRequest, so no job was started"),
        "Next": broken,
    }
    called = _invoke(tasks, function_arn, payload, assign, retries=_BUILD_REQUEST_RETRIES)
    return {**called, "Catch": [caught], "Next": then}


def _create_training_job(tasks: str, *, then: str) -> State:
    """Create the job and await its end. Whatever comes of that is described and judged next."""
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"error": _ERROR},
        "Output": {},
        "Next": then,
    }
    return {
        "Type": "Task",
        "Resource": f"{tasks}sagemaker:createTrainingJob.sync",
        "Arguments": "{% $request %}",
        "TimeoutSeconds": "{% $timeout %}",
        "Output": {},
        "Catch": [caught],
        "Next": then,
    }


# Only what the judge reads: a job's hyperparameters alone may fill a state.
_DESCRIPTION = ", ".join(
    f"'{name}': {name}"
    for name in (
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "SecondaryStatus",
        "FailureReason",
        "CreationTime",
        "TrainingEndTime",
        "TrainingTimeInSeconds",
        "BillableTimeInSeconds",
        "ModelArtifacts",
        "FinalMetricDataList",
        "SecondaryStatusTransitions",
        "DebugRuleEvaluationStatuses",
    )
)
_NESTED = (
    "'AlgorithmSpecification': {'TrainingImage': AlgorithmSpecification.TrainingImage}, "
    f"'Environment': {{'{OWNER_VARIABLE}': Environment.{OWNER_VARIABLE}}}"
)


def _describe_training_job(tasks: str, *, then: str) -> State:
    described = f"{{% $states.result.{{{_DESCRIPTION}, {_NESTED}}} %}}"
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"description": {}, "describeError": _ERROR},
        "Output": {},
        "Next": then,
    }
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sagemaker:describeTrainingJob",
        "Arguments": {"TrainingJobName": "{% $attempt.job_name %}"},
        "TimeoutSeconds": _CALL_TIMEOUT,
        "Assign": {"description": described, "describeError": {}},
        "Output": {},
        "Catch": [caught],
        "Next": then,
    }


_JUDGE_ATTEMPT_RETRIES = 100
"""About eight hours, so that a job that has ended well is not called failed for Lambda's sake."""

# Where JudgeAttempt fails: its name is used up, and whatever became of the job is not counted.
_UNJUDGED = (
    "{% $merge([$progress, {'names': ($exists($progress.names) ? $progress.names : 0) + 1,"
    " 'instance': 0, 'calls': 0, 'looks': 0, 'budget_from': $count($progress.jobs)}]) %}"
)
_LEFT_ALONE = (
    f"({_IN_DOUBT} ? ' Whose job of this name that is, if there is one, is not known, so it was"
    " not stopped.' : '')"
)


def _judge_attempt(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    payload = {
        "execution": _EXECUTION,
        "plan": "{% $plan %}",
        "attempt": "{% $attempt %}",
        "progress": "{% $progress %}",
        "error": "{% $error %}",
        "description": "{% $description %}",
        "describe_error": "{% $describeError %}",
        "now": _NOW,
    }
    assign = {
        "progress": "{% $states.result.Payload.progress %}",
        "wait": "{% $states.result.Payload.wait_seconds %}",
        "redrives": f"{{% {_REDRIVES} %}}",
    }
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"progress": _UNJUDGED, "redrives": f"{{% {_REDRIVES} %}}"},
        "Output": _named_failure("TrainingJobFailed", "JudgeAttempt", _LEFT_ALONE),
        "Next": broken,
    }
    called = _invoke(tasks, function_arn, payload, assign, retries=_JUDGE_ATTEMPT_RETRIES)
    return {**called, "Catch": [caught], "Next": then}


def _wait_for_job(*, then: str) -> State:
    return {"Type": "Wait", "Seconds": "{% $wait %}", "Next": then}


def _wait_before_retry(*, then: str) -> State:
    """Wait with full jitter, so that executions that fail together do not call together."""
    return {"Type": "Wait", "Seconds": "{% $ceil($random() * $wait) %}", "Next": then}


def _whose_job(*, ours: str, in_doubt: str) -> State:
    """Leave a job alone that nobody judged and that may be another's."""
    left = {"Condition": f"{{% {_IN_DOUBT} %}}", "Next": in_doubt}
    return {"Type": "Choice", "Choices": [left], "Default": ours}


def _stop_training_job(tasks: str, *, then: str) -> State:
    """Stop the job before the execution fails.

    One that ended meanwhile, or never was, cannot be stopped: the failure stands, and its message
    tells why.
    """
    said = f"{_caught('Error', 256)} & ' ' & {_caught('Cause', 1000)}"
    message = f"$parse($states.input.cause).message & ' The job was not stopped: ' & {said}"
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Output": {
            "error": "{% $states.input.error %}",
            "cause": (
                f"{{% $string($merge([$parse($states.input.cause), {{'message': {message}}}])) %}}"
            ),
        },
        "Next": then,
    }
    retry = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sagemaker:stopTrainingJob",
        "Arguments": {"TrainingJobName": "{% $attempt.job_name %}"},
        "TimeoutSeconds": _CALL_TIMEOUT,
        "Output": "{% $states.input %}",
        "Retry": [retry],
        "Catch": [caught],
        "Next": then,
    }


def _succeeded() -> State:
    return {"Type": "Succeed", "Output": "{% $states.input.output %}"}


_REDRIVEN = "Redriven"

# What may keep `Failed` from reporting its failure. By name, since States.ALL and States.TaskFailed
# would catch the failure that is reported, too. Those of Sfn are the errors that SendTaskFailure
# has in the service model, as Step Functions names them, and the one name of all that it has not.
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
_NOT_REPORTED = [
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.DataLimitExceeded",
    "Sfn.SfnException",
    "Sfn.SdkClientException",
    "Sfn.InvalidTokenException",
    "Sfn.TaskDoesNotExistException",
    "Sfn.TaskTimedOutException",
    "Sfn.KmsAccessDeniedException",
    "Sfn.KmsInvalidStateException",
    "Sfn.KmsThrottlingException",
]


def _failed(tasks: str, *, redriven: str, unreported: str) -> State:
    """Fail with the error and cause of the input; once redriven since then, try again instead.

    A task that reports its own failure: a redrive starts a task again, so that it can lead back,
    while it would enter a Fail state again and fail again. `redrives` is the count when the
    failure was judged, and `progress` what follows it.
    """
    same = f"{_REDRIVES} = $redrives"
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sfn:sendTaskFailure.waitForTaskToken",
        "Arguments": {
            "TaskToken": "{% $states.context.Task.Token %}",
            "Error": f"{{% {same} ? $states.input.error : '{_REDRIVEN}' %}}",
            "Cause": f"{{% {same} ? $states.input.cause : 'The execution was redriven.' %}}",
        },
        "TimeoutSeconds": _CALL_TIMEOUT,
        "Catch": [
            {"ErrorEquals": [_REDRIVEN], "Output": {}, "Next": redriven},
            {"ErrorEquals": _NOT_REPORTED, "Output": "{% $states.input %}", "Next": unreported},
        ],
        "Next": unreported,
    }


def _failed_for_good() -> State:
    return {
        "Type": "Fail",
        "Error": "{% $states.input.error %}",
        "Cause": "{% $states.input.cause %}",
    }
