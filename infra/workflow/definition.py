"""The state machine's definition: one flow from arguments to an outcome.

`definition` is the flow, as docs/architecture.md draws it; each state has a function in `states/`.

JSONata, so that BuildRequest can hand over the whole request: an optional block is absent, never
empty. Every variable is assigned before it is read, since Step Functions fails an execution that
reads one never assigned. Errors are caught and judged: none is retried by the state itself where a
retry could create a second job.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from typing import Any

from .states import ends, flow, functions, sagemaker


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
        partition: Of the integrations' ARNs, such as `aws`.
        build_request_arn: Of the BuildRequest function.
        judge_attempt_arn: Of the JudgeAttempt function.
        assume_role: Whether executions may name a role to assume. The states that then call
            SageMaker stand beside those that do not, for `Credentials` cannot be absent.
        timeout_seconds: Of an execution.

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
        "Initialise": flow.initialise(then="BuildRequest"),
        "BuildRequest": functions.build_request(
            tasks, build_request_arn, then="Route", broken="Failed"
        ),
        "Route": flow.choose(
            create="CreateTrainingJob",
            **({"create_as_role": "CreateTrainingJobAsRole"} if assume_role else {}),
            succeed="Succeeded",
            otherwise="Failed",
        ),
        "CreateTrainingJob": sagemaker.create_training_job(tasks, then="DescribeTrainingJob"),
        "DescribeTrainingJob": sagemaker.describe_training_job(tasks, then="JudgeAttempt"),
        "JudgeAttempt": functions.judge_attempt(
            tasks, judge_attempt_arn, then="Verdict", broken="WhoseJob"
        ),
        "Verdict": flow.choose(
            succeed="Succeeded",
            wait="WaitForJob",
            retry="WaitBeforeRetry",
            stop=stop,
            otherwise="Failed",
        ),
        "WaitForJob": flow.wait_for_job(then=describe),
        "WaitBeforeRetry": flow.wait_before_retry(then="BuildRequest"),
        "WhoseJob": flow.whose_job(ours=stop, in_doubt="Failed"),
        "StopTrainingJob": sagemaker.stop_training_job(tasks, then="Failed"),
        "Succeeded": ends.succeeded(),
        "Failed": ends.failed(tasks, redriven="BuildRequest", unreported="FailedForGood"),
        "FailedForGood": ends.failed_for_good(),
    }
    if assume_role:
        states |= {
            "CreateTrainingJobAsRole": sagemaker.as_role(
                sagemaker.create_training_job(tasks, then="DescribeTrainingJobAsRole")
            ),
            "WhoDescribes": flow.who("DescribeTrainingJob"),
            "DescribeTrainingJobAsRole": sagemaker.as_role(
                sagemaker.describe_training_job(tasks, then="JudgeAttempt")
            ),
            "WhoStops": flow.who("StopTrainingJob"),
            "StopTrainingJobAsRole": sagemaker.as_role(
                sagemaker.stop_training_job(tasks, then="Failed")
            ),
        }
    return {
        "Comment": "Trains a reinforcement-learning model on SageMaker. The input is described in "
        "docs/arguments.md, the ends of an execution in docs/outcomes.md.",
        "QueryLanguage": "JSONata",
        "StartAt": "Initialise",
        "TimeoutSeconds": timeout_seconds,
        "States": {
            name: {"Comment": _COMMENTS[name.removesuffix("AsRole")], **state}
            for name, state in states.items()
        },
    }


# What the console shows of a state to a person who has not read this.
_COMMENTS = {
    "Initialise": "Gives the variables their first values.",
    "BuildRequest": "Checks the arguments and turns them into the request for a training job. "
    "Nothing has been paid for yet.",
    "Route": "Creates the training job, or ends here: a dry run succeeds, wrong arguments fail.",
    "CreateTrainingJob": "Creates the training job and waits for it, while your script runs.",
    "DescribeTrainingJob": "Asks SageMaker what became of the training job.",
    "JudgeAttempt": "Decides by that: success, another attempt, a longer wait, or failure.",
    "Verdict": "Goes where JudgeAttempt decided.",
    "WaitForJob": "The training job or its debugger rules still run: waits, then looks again.",
    "WaitBeforeRetry": "There was no capacity, or AWS failed: waits, then makes another attempt.",
    "WhoseJob": "JudgeAttempt itself failed: stops the training job if it is this execution's.",
    "StopTrainingJob": "Stops the training job, so that none runs on unwatched.",
    "Succeeded": "The output says where the model is; of a dry run, what would be sent.",
    "Failed": "Fails the execution: its error and cause say why. Redrive makes another attempt.",
    "FailedForGood": "Fails the execution where Failed could not. Start a new one, do not redrive.",
    "WhoDescribes": "Asks as the state machine itself, or as the role to assume.",
    "WhoStops": "Stops the job as the state machine itself, or as the role to assume.",
}
