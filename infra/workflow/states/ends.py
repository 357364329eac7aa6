"""The states in which an execution ends."""

from __future__ import annotations

from .expressions import CALL_TIMEOUT, REDRIVES, State


def succeeded() -> State:
    """Succeed with the output of the verdict, or of a dry run."""
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


def failed(tasks: str, *, redriven: str, unreported: str) -> State:
    """Fail with the error and cause of the input; once redriven since then, try again instead.

    A task that reports its own failure: a redrive starts a task again, so that it can lead back,
    while it would enter a Fail state again and fail again. The variable `redrives` is the count
    when the failure was judged.

    Args:
        tasks: How the ARN of every task begins.
        redriven: The state that tries again.
        unreported: The state that fails where the task could not.
    """
    same = f"{REDRIVES} = $redrives"
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sfn:sendTaskFailure.waitForTaskToken",
        "Arguments": {
            "TaskToken": "{% $states.context.Task.Token %}",
            "Error": f"{{% {same} ? $states.input.error : '{_REDRIVEN}' %}}",
            "Cause": f"{{% {same} ? $states.input.cause : 'The execution was redriven.' %}}",
        },
        "TimeoutSeconds": CALL_TIMEOUT,
        "Catch": [
            {"ErrorEquals": [_REDRIVEN], "Output": {}, "Next": redriven},
            {"ErrorEquals": _NOT_REPORTED, "Output": "{% $states.input %}", "Next": unreported},
        ],
        "Next": unreported,
    }


def failed_for_good() -> State:
    """Fail where `Failed` could not: a redrive ends here again."""
    return {
        "Type": "Fail",
        "Error": "{% $states.input.error %}",
        "Cause": "{% $states.input.cause %}",
    }
