"""The states that call a function of ours: BuildRequest and JudgeAttempt, and what they share."""

from __future__ import annotations

from typing import Any

from .expressions import CALL_TIMEOUT, IN_DOUBT, REDRIVES, State, caught_text

EXECUTION = {
    "arn": "{% $states.context.Execution.Id %}",
    "started_at": "{% $states.context.Execution.StartTime %}",
    "redrives": f"{{% {REDRIVES} %}}",
}

_NOW = "{% $states.context.State.EnteredTime %}"

_BUILD_REQUEST_RETRIES = 20
"""About an hour with full jitter: no job is running that could be lost meanwhile."""


def build_request(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    """Check the arguments and build the next request."""
    payload = {
        "arguments": "{% $states.context.Execution.Input %}",
        "execution": EXECUTION,
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
        "redrives": f"{{% {REDRIVES} %}}",
    }
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"redrives": f"{{% {REDRIVES} %}}"},
        "Output": named_failure("RequestRejected", "BuildRequest", facts=_JOB),
        "Next": broken,
    }
    called = invoke(tasks, function_arn, payload, assign, retries=_BUILD_REQUEST_RETRIES)
    return {**called, "Catch": [caught], "Next": then}


_JUDGE_ATTEMPT_RETRIES = 100
"""About eight hours, so that a job that has ended well is not called failed for Lambda's sake."""

# Where JudgeAttempt fails: its name is used up, and whatever became of the job is not counted.
_UNJUDGED = (
    "{% $merge([$progress, {'names': ($exists($progress.names) ? $progress.names : 0) + 1,"
    " 'instance': 0, 'calls': 0, 'looks': 0, 'budget_from': $count($progress.jobs), 'free': 0}]) %}"
)

_LEFT_ALONE = (
    f"({IN_DOUBT} ? ' Whose job of this name that is, if there is one, is not known, so it was"
    " not stopped.' : '')"
)


def invoke(
    tasks: str, function_arn: str, payload: dict[str, Any], assign: dict[str, Any], *, retries: int
) -> State:
    """Return a call of a function, repeated for Lambda's own failures.

    Never for the function's: its errors are bugs, and the same on every call. The functions are
    pure, so calling one twice does no harm. A repeated call takes at most 4 of an execution's
    25,000 history events.
    """
    return {
        "Type": "Task",
        "Resource": f"{tasks}lambda:invoke",
        "Arguments": {"FunctionName": function_arn, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        "Assign": assign,
        "TimeoutSeconds": CALL_TIMEOUT,
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


def named_failure(error: str, where: str, more: str = "''", *, facts: str = "") -> dict[str, str]:
    """Return the input of `Failed` for an error of a state of ours."""
    said = f"{caught_text('Error', 256)} & ' ' & {caught_text('Cause', 2000)}"
    message = f"'An internal error in {where}: ' & {said} & {more}"
    return {"error": error, "cause": f"{{% $string({{'message': {message}{facts}}}) %}}"}


_JOB = ", 'job_name': $exists($attempt.job_name) ? $attempt.job_name : ''"


def judge_attempt(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    """Judge what came of an attempt."""
    payload = {
        "execution": EXECUTION,
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
        "redrives": f"{{% {REDRIVES} %}}",
    }
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"progress": _UNJUDGED, "redrives": f"{{% {REDRIVES} %}}"},
        "Output": named_failure("TrainingJobFailed", "JudgeAttempt", _LEFT_ALONE, facts=_JOB),
        "Next": broken,
    }
    called = invoke(tasks, function_arn, payload, assign, retries=_JUDGE_ATTEMPT_RETRIES)
    return {**called, "Catch": [caught], "Next": then}
