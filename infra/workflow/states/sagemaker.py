"""The states that call SageMaker, as the state machine's role or as the assumed one."""

from __future__ import annotations

from training_job.job_name import OWNER_VARIABLE

from .expressions import CALL_TIMEOUT, ERROR, State, caught_text


def create_training_job(tasks: str, *, then: str) -> State:
    """Create the job and await its end. Whatever comes of that is described and judged next."""
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"error": ERROR},
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
        "TensorBoardOutputConfig",
    )
)

_NESTED = (
    "'AlgorithmSpecification': {'TrainingImage': AlgorithmSpecification.TrainingImage}, "
    f"'Environment': {{'{OWNER_VARIABLE}': Environment.{OWNER_VARIABLE}}}"
)


def describe_training_job(tasks: str, *, then: str) -> State:
    """Describe the job, whatever became of the task that created it."""
    described = f"{{% $states.result.{{{_DESCRIPTION}, {_NESTED}}} %}}"
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"description": {}, "describeError": ERROR},
        "Output": {},
        "Next": then,
    }
    return {
        "Type": "Task",
        "Resource": f"{tasks}aws-sdk:sagemaker:describeTrainingJob",
        "Arguments": {"TrainingJobName": "{% $attempt.job_name %}"},
        "TimeoutSeconds": CALL_TIMEOUT,
        "Assign": {"description": described, "describeError": {}},
        "Output": {},
        "Catch": [caught],
        "Next": then,
    }


def stop_training_job(tasks: str, *, then: str) -> State:
    """Stop the job before the execution fails.

    One that ended meanwhile, or never was, cannot be stopped: the failure stands, and its message
    tells why.
    """
    said = f"{caught_text('Error', 256)} & ' ' & {caught_text('Cause', 1000)}"
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
        "TimeoutSeconds": CALL_TIMEOUT,
        "Output": "{% $states.input %}",
        "Retry": [retry],
        "Catch": [caught],
        "Next": then,
    }


def as_role(state: State) -> State:
    """Return the twin of a state that calls SageMaker as the assumed role."""
    return {**state, "Credentials": {"RoleArn": "{% $role %}"}}
