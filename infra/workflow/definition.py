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
        "Comment": "Trains a reinforcement-learning model on SageMaker.",
        "QueryLanguage": "JSONata",
        "StartAt": "Initialise",
        "TimeoutSeconds": timeout_seconds,
        "States": states,
    }
