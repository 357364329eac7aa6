r"""The states of an iteration: one trial, from its name to its record.

A record is what training_sweep/records.py says. What became of a trial is read from the description
of its execution, never from the cause of the task, which AWS cuts at 32,768 characters.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
"""

from __future__ import annotations

from training_job.outcome.create_call import CHOOSE_ANOTHER
from training_job.request.submission import STARTED_BY
from training_job.timeouts import MIN_LOOK
from training_sweep.records import LONGEST_ERROR, LONGEST_MESSAGE

from ...workflow.states.expressions import CALL_TIMEOUT, ERROR, REDRIVES, State, caught_text
from ...workflow.states.functions import EXECUTION, invoke
from .catch import catch_everything

_PLAN_TRIAL_RETRIES = 20
"""About an hour; each repeated call takes at most 4 of the execution's 25,000 history events."""

_MARGIN = 3600
"""Seconds beyond the timeout of the execution itself, which thus always ends first."""

_LOOKS = 20
"""Looks in a row at an execution that told nothing, or starts of one: about 75 minutes."""

_LONGEST_LOOK = 3600
"""Seconds between two looks at a trial that runs on without a task that awaits it. With 5 % of the
time it has run, a day of looking takes about 1,000 history events."""

_NEVER = "(AccessDenied|not authorized|Invalid|StateMachineDoesNotExist|StateMachineDeleting)"
"""Of an error with which a start failed that will always fail."""


def _clean(text: str, longest: int) -> str:
    r"""Return the expression of a text without what would be longer in JSON: records are small."""
    return rf"""$substring($replace({text}, /\\|"|[^ -~]/, ' '), 0, {longest})"""


_NOTED = f"'trial': $trial, 'start': $start, 'redrives': {REDRIVES}"


def _success(output: str) -> str:
    """Return the expression of the record of a trial whose execution has this output."""
    return (
        f"($output := {output}; {{{_NOTED}, 'job': $output.job_name,"
        " 'value': $lookup($output.final_metrics, $objective),"
        " 'model': $substringAfter($output.model_artifact_url, $prefix),"
        " 'training': $output.training_seconds, 'billable': $output.billable_seconds})"
    )


def _failure(error: str, message: str, more: str = "", noted: str = _NOTED) -> str:
    """Return the expression of the record of a trial that failed."""
    return (
        f"{{{noted}, {more}'error': {_clean(error, LONGEST_ERROR)},"
        f" 'message': {_clean(message, LONGEST_MESSAGE)}}}"
    )


def plan_trial(tasks: str, function_arn: str, *, then: str, broken: str) -> State:
    """Ask for name and input of the trial's execution; `looks` counts vain starts before."""
    payload = {
        "arguments": "{% $states.context.Execution.Input %}",
        "execution": EXECUTION,
        "item": {"trial": "{% $states.input.trial %}", "start": "{% $states.input.start %}"},
    }
    assign = {
        "trial": "{% $states.input.trial %}",
        "start": "{% $states.input.start %}",
        "looks": "{% $exists($states.input.looks) ? $states.input.looks : 0 %}",
        "name": "{% $states.result.Payload.name %}",
        "error": {},
    }
    said = f"{caught_text('Error', 256)} & ' ' & {caught_text('Cause', 256)}"
    noted = f"'trial': $states.input.trial, 'start': $states.input.start, 'redrives': {REDRIVES}"
    message = f"'An internal error in PlanTrial: ' & {said}"
    failed = _failure("'RequestRejected'", message, noted=noted)
    caught = catch_everything(f"{{% {{'record': {failed}}} %}}", Next=broken)
    called = invoke(tasks, function_arn, payload, assign, retries=_PLAN_TRIAL_RETRIES)
    return {**called, "Catch": caught, "Next": then}


def train(tasks: str, training_arn: str, timeout_seconds: int, *, caught: str) -> State:
    """Start the trial's execution, or join it, and await its end.

    A start by the name and with the input of an execution that runs is answered as if it were the
    first: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    return {
        "Type": "Task",
        "Resource": f"{tasks}states:startExecution.sync:2",
        "Arguments": {
            "StateMachineArn": training_arn,
            "Name": "{% $states.input.name %}",
            "Input": "{% $states.input.input %}",
        },
        "TimeoutSeconds": timeout_seconds + _MARGIN,
        "Output": f"{{% {_success('$states.result.Output')} %}}",
        "Catch": catch_everything({}, Assign={"error": ERROR}, Next=caught),
        "End": True,
    }


# Without what a record has no room for: the toolkit's words on a script that failed end with its
# command, which tells nothing of the failure, and before it may say that the error has no message.
# https://github.com/aws/sagemaker-training-toolkit/blob/master/src/sagemaker_training/errors.py
_TOLD = r"""$replace($substringBefore($told.message, '\nCommand "'), '\nErrorMessage ""', '')"""
_TOLD = f"$substringBefore({_TOLD}, ' {CHOOSE_ANOTHER}')"

# Of a failure of RlTraining the cause is JSON; of any other, whatever a person or AWS says.
_CAUSE = (
    "$cause := $type($states.result.Cause) = 'string' ? $states.result.Cause : '';"
    " $told := $states.result.Status = 'FAILED' and $contains($cause, /^\\{\"message\"/)"
    " ? $parse($cause) : {'message': $cause};"
    " $error := $type($states.result.Error) = 'string' and $states.result.Error != ''"
    " ? $states.result.Error : $states.result.Status;"
    " $message := $type($told.message) = 'string' and $told.message != ''"
    f" ? {_TOLD} : 'The execution ended ' & $states.result.Status & '.'"
)

# Stopped as the sweep was, whenever Step Functions came to it; failed in a life of the sweep before
# this one. Both clocks are Step Functions' own.
_BEFORE_REDRIVE = (
    "$exists($states.context.Execution.RedriveTime) and"
    " $toMillis($states.result.Status = 'ABORTED' ? $states.result.StartDate"
    " : $states.result.StopDate) < $toMillis($states.context.Execution.RedriveTime)"
)

_NEXT_LOOK = (
    f"$ceil($min([{_LONGEST_LOOK}, $max([{MIN_LOOK}, 0.00005 *"
    " ($toMillis($states.context.State.EnteredTime) - $toMillis($states.result.StartDate))])]))"
)

_FOUND = (
    f"($ours := $parse($states.result.Input).{STARTED_BY} = $states.context.Execution.Id;"
    " $another := {'decision': 'next', 'trial': $trial, 'start': $start + 1};"
    " $not($ours) ? $another"
    " : $states.result.Status in ['RUNNING', 'PENDING_REDRIVE']"
    f" ? {{'decision': 'wait', 'wait': {_NEXT_LOOK}}}"
    " : $states.result.Status = 'SUCCEEDED'"
    f" ? {{'decision': 'record', 'record': {_success('$parse($states.result.Output)')}}}"
    f" : {_BEFORE_REDRIVE} ? $another"
    f" : ({_CAUSE}; {{'decision': 'record', 'record': "
    + _failure("$error", "$message", "'job': $told.job_name, ")
    + "}))"
)

_DENIED = "not authorized"
_SAID = f"{caught_text('Error', 256)} & ' ' & {caught_text('Cause', 1000)}"
_START_SAID = "$error.Error & ' ' & $error.Cause"

# It is not there: its start has failed, or is not yet seen. Or it could not be looked at.
_NOT_FOUND = (
    f"($missing := $contains({caught_text('Error', 256)}, 'ExecutionDoesNotExist');"
    f" $never := $missing and $contains({_START_SAID}, /{_NEVER}/);"
    f" $words := $missing ? {_START_SAID} : {_SAID};"
    # A denial begins with who was denied, at such length that the record would not say what.
    f" $said := ($missing ? 'The execution was not started: ' : 'Its end is not known: ') &"
    f" ($contains($words, '{_DENIED}') ? '{_DENIED}' & $substringAfter($words, '{_DENIED}')"
    " : $words);"
    f" $never or $looks >= {_LOOKS} ? {{'decision': 'record', 'record': "
    + _failure("'RequestRejected'", "$said")
    + "} : {'decision': $missing ? 'start_again' : 'wait', 'trial': $trial, 'start': $start,"
    " 'looks': $looks + 1, 'wait': $ceil($random() * $min([300, 5 * $power(2, $looks)]))})"
)


def describe_trial(tasks: str, executions: str, *, then: str) -> State:
    """Decide by the description of the trial's execution what becomes of the trial."""
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sfn:describeExecution",
        "Arguments": {"ExecutionArn": f"{{% '{executions}' & $name %}}"},
        "TimeoutSeconds": CALL_TIMEOUT,
        "Assign": {"looks": 0},
        "Output": f"{{% {_FOUND} %}}",
        "Catch": catch_everything(
            f"{{% {_NOT_FOUND} %}}", Assign={"looks": "{% $looks + 1 %}"}, Next=then
        ),
        "Next": then,
    }


def wait(*, then: str) -> State:
    """Wait as long as the last look says."""
    return {"Type": "Wait", "Seconds": "{% $states.input.wait %}", "Next": then}


def recorded() -> State:
    """End the iteration with the trial's record."""
    return {"Type": "Succeed", "Output": "{% $states.input.record %}"}
