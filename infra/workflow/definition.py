"""The state machine's definition: one flow from arguments to an outcome.

    Initialise -> BuildRequest -> Route -> CreateTrainingJob -> DescribeTrainingJob
    -> JudgeAttempt -> Verdict -> Succeeded | WaitForJob | WaitBeforeRetry | Failed

ListTags finds out whose job it is that was there when the call to create one failed. `Failed` is a
task that reports its own failure: a redrive starts a task again, so that it can lead back to
BuildRequest, while it would enter a Fail state again and fail again.

JSONata, so that BuildRequest can hand over the whole request: an optional block is absent, never
empty. Every variable is assigned before it is read, since Step Functions fails an execution that
reads one never assigned. Errors are caught and judged: none is retried by the state itself where a
retry could create a second job.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from typing import Any

State = dict[str, Any]

_LAMBDA_TIMEOUT = 60  # seconds; the functions themselves end within 30
_DESCRIBE_TIMEOUT = 60  # seconds
_REPORT_TIMEOUT = 60  # seconds

_REDRIVEN = "Redriven"
_REDRIVES = (
    "($exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0)"
)
_EXECUTION = {
    "arn": "{% $states.context.Execution.Id %}",
    "started_at": "{% $states.context.Execution.StartTime %}",
    "redrives": f"{{% {_REDRIVES} %}}",
}
_NOW = "{% $states.context.State.EnteredTime %}"

# Where JudgeAttempt fails: its name is used up, and whatever became of the job is not counted.
_UNJUDGED = (
    "{% $merge([$progress, {'names': ($exists($progress.names) ? $progress.names : 0) + 1,"
    " 'instance': 0, 'calls': 0, 'called_at': '', 'looks': 0,"
    " 'budget_from': $count($progress.jobs)}]) %}"
)

# What may keep `Failed` from reporting its failure. By name, since States.ALL and States.TaskFailed
# would catch the failure that is reported, too. Errors of the SDK begin with Sfn; whether what the
# service calls InvalidToken and the like then ends in Exception is not documented:
# https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
_NOT_REPORTED = [
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.DataLimitExceeded",
    "Sfn.SfnException",
    "Sfn.AccessDeniedException",
    "Sfn.InvalidToken",
    "Sfn.InvalidTokenException",
    "Sfn.TaskDoesNotExist",
    "Sfn.TaskDoesNotExistException",
    "Sfn.TaskTimedOut",
    "Sfn.TaskTimedOutException",
    "Sfn.ThrottlingException",
    "Sfn.ValidationException",
    "Sfn.KmsAccessDeniedException",
    "Sfn.KmsInvalidStateException",
    "Sfn.KmsThrottlingException",
    "Sfn.SdkClientException",
]

# Of the description only what the judge reads: a job's hyperparameters alone may fill a state.
_DESCRIPTION = (
    "{% $states.result.{"
    + ", ".join(
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
    + ", 'AlgorithmSpecification': {'TrainingImage': AlgorithmSpecification.TrainingImage}} %}"
)

# Of a job that failed the cause is its whole description, which may fill a state.
_ERROR = {
    "Error": "{% $join([$states.errorOutput.Error]) %}",
    "Cause": "{% $join([$substring($states.errorOutput.Cause, 0, 4000)]) %}",
}

# The failure as it was, but that its message tells why the job could not be stopped.
_NOT_STOPPED = {
    "error": "{% $states.input.error %}",
    "cause": (
        "{% $string($merge([$parse($states.input.cause), {'message':"
        " $parse($states.input.cause).message & ' The job was not stopped: '"
        " & $states.errorOutput.Error & ' ' & $substring($states.errorOutput.Cause, 0, 1000)"
        "}])) %}"
    ),
}

# The tag that Step Functions gives to each job of createTrainingJob.sync; empty without one.
_OWNER = "{% $join([$states.result.Tags[Key = 'AWS_STEP_FUNCTIONS_EXECUTION_ARN'].Value]) %}"

# Lambda's own failures, never the function's: its errors are bugs, and the same on every call.
_RETRY_LAMBDA = [
    {
        "ErrorEquals": [
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
            "Lambda.Unknown",
            "Sandbox.Timedout",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 8,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
]


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
    """
    states = {
        "Initialise": _initialise(),
        "BuildRequest": _build_request(partition, build_request_arn),
        "Route": _route(assume_role=assume_role),
        **_calls_to_sagemaker(partition, ""),
        "JudgeAttempt": _judge_attempt(partition, judge_attempt_arn),
        "WhoseJob": _whose_job(assume_role=assume_role),
        "Verdict": _verdict(assume_role=assume_role),
        "WaitForJob": _wait("{% $wait %}", _first("Describe", assume_role=assume_role)),
        "WaitBeforeRetry": _wait("{% $ceil($random() * $wait) %}", "BuildRequest"),
        "Succeeded": {"Type": "Succeed", "Output": "{% $states.input.output %}"},
        "Failed": _failed(partition),
        "FailedForGood": {
            "Type": "Fail",
            "Error": "{% $states.input.error %}",
            "Cause": "{% $states.input.cause %}",
        },
    }
    if assume_role:
        states |= {
            "WhoDescribes": _who("Describe", "TrainingJob"),
            "WhoStops": _who("Stop", "TrainingJob"),
            "WhoLists": _who("List", "Tags"),
            **_calls_to_sagemaker(partition, "AsRole"),
        }
    return {
        "Comment": "Trains a reinforcement-learning model on SageMaker.",
        "QueryLanguage": "JSONata",
        "StartAt": "Initialise",
        "TimeoutSeconds": timeout_seconds,
        "States": states,
    }


def _initialise() -> State:
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
            "owner": {},
            "wait": 1,
            "redrives": 0,
        },
        "Next": "BuildRequest",
    }


def _build_request(partition: str, function_arn: str) -> State:
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
        "owner": {},
        "redrives": f"{{% {_REDRIVES} %}}",
    }
    return {
        **_invoke(partition, function_arn, payload, assign),
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"redrives": f"{{% {_REDRIVES} %}}"},
                "Output": _named_failure("RequestRejected", "BuildRequest, so no job was started"),
                "Next": "Failed",
            }
        ],
        "Next": "Route",
    }


def _judge_attempt(partition: str, function_arn: str) -> State:
    payload = {
        "execution": _EXECUTION,
        "plan": "{% $plan %}",
        "attempt": "{% $attempt %}",
        "progress": "{% $progress %}",
        "error": "{% $error %}",
        "description": "{% $description %}",
        "describe_error": "{% $describeError %}",
        "owner": "{% $owner %}",
        "now": _NOW,
    }
    assign = {
        "progress": "{% $states.result.Payload.progress %}",
        "wait": "{% $states.result.Payload.wait_seconds %}",
        "redrives": f"{{% {_REDRIVES} %}}",
    }
    return {
        **_invoke(partition, function_arn, payload, assign),
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"progress": _UNJUDGED, "redrives": f"{{% {_REDRIVES} %}}"},
                "Output": _named_failure("TrainingJobFailed", "JudgeAttempt"),
                "Next": "WhoseJob",
            }
        ],
        "Next": "Verdict",
    }


def _invoke(
    partition: str, function_arn: str, payload: dict[str, Any], assign: dict[str, Any]
) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Arguments": {"FunctionName": function_arn, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        "Assign": assign,
        "TimeoutSeconds": _LAMBDA_TIMEOUT,
        "Retry": _RETRY_LAMBDA,
    }


def _named_failure(error: str, where: str) -> dict[str, str]:
    """Return the input of `Failed` for an error of a function of ours."""
    message = (
        f"'An internal error in {where}: ' & $states.errorOutput.Error & ' ' & "
        "$substring($states.errorOutput.Cause, 0, 2000)"
    )
    job = "'job_name': $exists($attempt.job_name) ? $attempt.job_name : ''"
    return {"error": error, "cause": f"{{% $string({{'message': {message}, {job}}}) %}}"}


def _route(*, assume_role: bool) -> State:
    as_role = [_if("create_as_role", "CreateTrainingJobAsRole")] if assume_role else []
    return {
        "Type": "Choice",
        "Choices": [
            _if("create", "CreateTrainingJob"),
            *as_role,
            _if("succeed", "Succeeded"),
        ],
        "Default": "Failed",
    }


def _whose_job(*, assume_role: bool) -> State:
    """Leave a job alone that nobody judged, and that may be another's of the name the user chose.

    So it is where the call to create one failed, and not the job or the wait for it.
    """
    called = "$exists($error.Error) and $not($contains($error.Error, /^States\\./))"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": f"{{% $plan.name_chosen and {called} %}}", "Next": "Failed"},
        ],
        "Default": _first("Stop", assume_role=assume_role),
    }


def _verdict(*, assume_role: bool) -> State:
    return {
        "Type": "Choice",
        "Choices": [
            _if("succeed", "Succeeded"),
            _if("wait", "WaitForJob"),
            _if("retry", "WaitBeforeRetry"),
            _if("identify", "WhoLists" if assume_role else "ListTags"),
            _if("stop", _first("Stop", assume_role=assume_role)),
        ],
        "Default": "Failed",
    }


def _if(decision: str, state: str) -> dict[str, str]:
    return {"Condition": f"{{% $states.input.decision = '{decision}' %}}", "Next": state}


def _first(verb: str, *, assume_role: bool) -> str:
    """Return the state that describes or stops a job, or that chooses who does."""
    return f"Who{verb}s" if assume_role else f"{verb}TrainingJob"


def _who(verb: str, what: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $role != '' %}", "Next": f"{verb}{what}AsRole"}],
        "Default": f"{verb}{what}",
    }


def _calls_to_sagemaker(partition: str, suffix: str) -> dict[str, State]:
    """Return the states that call SageMaker, as the state machine's role or as the assumed one."""
    credentials = {"Credentials": {"RoleArn": "{% $role %}"}} if suffix else {}
    name = {"TrainingJobName": "{% $attempt.job_name %}"}
    describe = f"DescribeTrainingJob{suffix}"
    sdk = f"arn:{partition}:states:::aws-sdk:sagemaker"
    return {
        f"CreateTrainingJob{suffix}": {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::sagemaker:createTrainingJob.sync",
            **credentials,
            "Arguments": "{% $request %}",
            "TimeoutSeconds": "{% $timeout %}",
            "Output": {},
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"error": _ERROR},
                    "Output": {},
                    "Next": describe,
                }
            ],
            "Next": describe,
        },
        describe: {
            "Type": "Task",
            "Resource": f"{sdk}:describeTrainingJob",
            **credentials,
            "Arguments": name,
            "TimeoutSeconds": _DESCRIBE_TIMEOUT,
            "Assign": {"description": _DESCRIPTION, "describeError": {}},
            "Output": {},
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"description": {}, "describeError": _ERROR},
                    "Output": {},
                    "Next": "JudgeAttempt",
                }
            ],
            "Next": "JudgeAttempt",
        },
        f"ListTags{suffix}": {
            "Type": "Task",
            "Resource": f"{sdk}:listTags",
            **credentials,
            "Arguments": {"ResourceArn": "{% $description.TrainingJobArn %}"},
            "TimeoutSeconds": _DESCRIBE_TIMEOUT,
            "Assign": {"owner": {"execution": _OWNER}},
            "Output": {},
            # Then the time at which the job was created has to tell.
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"owner": {"execution": "{% '' %}"}},
                    "Output": {},
                    "Next": "JudgeAttempt",
                }
            ],
            "Next": "JudgeAttempt",
        },
        f"StopTrainingJob{suffix}": {
            "Type": "Task",
            "Resource": f"{sdk}:stopTrainingJob",
            **credentials,
            "Arguments": name,
            "TimeoutSeconds": _DESCRIBE_TIMEOUT,
            "Retry": [_stop_retry()],
            "Output": "{% $states.input %}",
            # A job that ended meanwhile, or never was, cannot be stopped; the failure stands.
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": _NOT_STOPPED, "Next": "Failed"}],
            "Next": "Failed",
        },
    }


def _failed(partition: str) -> State:
    """Fail with the error and cause of the input; once redriven since then, try again instead.

    `redrives` is the count when the failure was judged, and `progress` what follows it.
    """
    same = f"{_REDRIVES} = $redrives"
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::aws-sdk:sfn:sendTaskFailure.waitForTaskToken",
        "Arguments": {
            "TaskToken": "{% $states.context.Task.Token %}",
            "Error": f"{{% {same} ? $states.input.error : '{_REDRIVEN}' %}}",
            "Cause": f"{{% {same} ? $states.input.cause : 'The execution was redriven.' %}}",
        },
        "TimeoutSeconds": _REPORT_TIMEOUT,
        "Catch": [
            {"ErrorEquals": [_REDRIVEN], "Output": {}, "Next": "BuildRequest"},
            {
                "ErrorEquals": _NOT_REPORTED,
                "Output": "{% $states.input %}",
                "Next": "FailedForGood",
            },
        ],
        "Next": "FailedForGood",
    }


def _stop_retry() -> dict[str, Any]:
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }


def _wait(seconds: str, state: str) -> State:
    return {"Type": "Wait", "Seconds": seconds, "Next": state}
